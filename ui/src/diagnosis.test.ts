import { expect, test } from "vitest";
import { stepFor } from "./diagnosis";

test("each cause leads to the step that mends it", () => {
  expect(stepFor("secret_wrong")).toBe("verify");
  expect(stepFor("token_refused")).toBe("token");
  expect(stepFor("tunnel_not_running")).toBe("public_url");
  expect(stepFor("app_not_running")).toBe("project");
});

// Tests that go on from one another: after one that failed, those that follow are skipped, and a picture is kept.
import { afterEach, test } from "node:test";

/**
 * For use inside of `describe`: what comes back is used in place of `test`.
 * @param {() => import("./window.js").Window | undefined} window the window to take the picture of
 * @param {string} picture its name
 */
export function inSteps(window, picture) {
  let broken = false;
  afterEach(async () => {
    if (broken) await window()?.screenshot(picture);
  });
  return (name, body) =>
    test(name, async (context) => {
      if (broken) return context.skip("an earlier step failed");
      broken = true;
      await body();
      broken = false;
    });
}

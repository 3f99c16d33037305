// Node's http and `validateEvent` of the official SDK, as an app would use them.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , port, secret] = process.argv;
// From where it is installed, which is not beside this file.
const require = createRequire(join(process.cwd(), "package.json"));
const { webhooks } = await import(pathToFileURL(require.resolve("polar-sdk-1/2026-04")));

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    try {
      await webhooks.validateEvent(Buffer.concat(parts), request.headers, secret);
      response.writeHead(202).end();
    } catch (error) {
      response.writeHead(error instanceof webhooks.PolarWebhookVerificationError ? 403 : 400).end();
    }
  });
}).listen(Number(port), "127.0.0.1");

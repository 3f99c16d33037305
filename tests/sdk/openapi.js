// Checks every sample against Polar's own description of its payloads, which is not part of this project:
//     POLAR_SETUP_SAMPLES=… npm run openapi -- openapi.json
// The file is what a Polar server answers to GET /openapi.json.

import { readFile } from "node:fs/promises";

import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

import { sampleDeliveries } from "./programs.js";

const [path] = process.argv.slice(2);
if (!path) throw new Error("Name the file with Polar's description: npm run openapi -- openapi.json");

const { components } = JSON.parse(await readFile(path, "utf8"));
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addFormat("uuid4", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
ajv.addFormat("ipvanyaddress", { validate: (text) => ajv.validate({ anyOf: [{ format: "ipv4" }, { format: "ipv6" }] }, text) });
ajv.addSchema({ $id: "https://polar.example/openapi", components });

let wrong = 0;
let checked = 0;
const unknown = [];
for (const { event, body, rule } of await sampleDeliveries()) {
  if (rule !== "polar_own") continue;
  const words = event.split(/[._]/).map((word) => word[0].toUpperCase() + word.slice(1));
  const name = `Webhook${words.join("")}Payload`;
  if (!(name in components.schemas)) {
    unknown.push(event);
    continue;
  }
  const validate = ajv.compile({ $ref: `https://polar.example/openapi#/components/schemas/${name}` });
  checked += 1;
  if (validate(JSON.parse(body))) continue;
  wrong += 1;
  console.error(event, validate.errors.map(({ instancePath, message }) => `${instancePath} ${message}`));
}
console.log(`${checked} payloads checked, ${wrong} wrong; not described there: ${unknown.join(", ") || "none"}`);
process.exitCode = wrong || !checked ? 1 : 0;

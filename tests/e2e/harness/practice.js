// A practice Polar outside of the window, so that it outlives it and can be asked what it holds.
import { crc32 } from "node:zlib";

import { built } from "./places.js";
import { Program } from "./processes.js";

export class Practice {
  static async start(environment = {}) {
    const program = new Program("polar-setup-cli practice", built.cli, ["practice", "--json"], {
      env: { ...process.env, ...environment },
    });
    const { url, token } = JSON.parse(await program.firstLine());
    return new Practice(program, url, token);
  }

  constructor(program, url, token) {
    this.program = program;
    this.url = url;
    this.token = token;
  }

  /** The webhook endpoints that it holds. */
  async endpoints() {
    const response = await fetch(new URL("/v1/webhooks/endpoints?limit=100", this.url), {
      headers: { authorization: `Bearer ${this.token}` },
    });
    if (!response.ok) throw new Error(`the practice Polar answered ${response.status}: ${await response.text()}`);
    return (await response.json()).items;
  }

  /** Changes an endpoint, as somebody on Polar's page would. */
  async changeEndpoint(id, change) {
    const response = await fetch(new URL(`/v1/webhooks/endpoints/${id}`, this.url), {
      method: "PATCH",
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: JSON.stringify(change),
    });
    if (!response.ok) throw new Error(`the practice Polar answered ${response.status}: ${await response.text()}`);
  }

  /** Lets an event of this type happen. */
  async fire(type) {
    const response = await fetch(new URL(`/practice/fire/${type}`, this.url), { method: "POST" });
    if (!response.ok) throw new Error(`the practice Polar answered ${response.status}: ${await response.text()}`);
  }

  stop() {
    return this.program.stop();
  }
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A token of the right shape, checksum included, that no Polar ever issued. */
export function unknownToken() {
  const body = Array.from({ length: 37 }, () => DIGITS[Math.floor(Math.random() * DIGITS.length)]).join("");
  let rest = crc32(body);
  let checksum = "";
  for (let place = 0; place < 6; place++) {
    checksum = DIGITS[rest % 62] + checksum;
    rest = Math.floor(rest / 62);
  }
  return `polar_oat_${body}${checksum}`;
}

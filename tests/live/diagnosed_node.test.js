// The diagnosis before real apps on Node.js: each fault is made for real, and the cause that is named must be the one that
// was made.
import { betterAuth } from "./diagnosed/better_auth.js";
import { express } from "./diagnosed/express.js";
import { hono } from "./diagnosed/hono.js";
import { inBetween } from "./diagnosed/in_between.js";
import { lookalikes } from "./diagnosed/lookalikes.js";
import { playAll } from "./diagnosed/matrix.js";
import { nodeHttp } from "./diagnosed/node_http.js";
import { vite } from "./diagnosed/vite.js";

playAll("diagnose names what is wrong on Node.js", [...express, ...nodeHttp, ...lookalikes, ...inBetween, ...hono, ...betterAuth, ...vite]);

// The diagnosis before Next.js' development server, which builds each route when it is first asked for.
import { playAll } from "./diagnosed/matrix.js";
import { next } from "./diagnosed/next.js";

playAll("diagnose names what is wrong in Next.js", next);

// Stands in for cloudflared's metrics server, or ngrok's agent API: answers at paths as the environment says (measured on
// the real programs), whatever it is started with.
import { createServer } from "node:http";

const answers = JSON.parse(process.env.STAND_IN_ANSWERS);

createServer((request, response) => {
  const answer = answers[request.url];
  if (!answer) return response.writeHead(404).end();
  // A tunnel without connections says so with 503.
  response.writeHead(answer.status ?? 200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
}).listen(0, "127.0.0.1", () => console.log("ready"));

// FastAPI with Polar's Python SDK of either generation, or with the library for everybody's webhooks.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { byHand, lacksPython, python, sdks, withOldSdk } from "./python.js";
import { OTHER_SECRET, ROUTE, SECRET } from "./scene.js";

/** The usual app; each part can be replaced. */
function app({
  sdk = sdks.documented,
  load = "load_dotenv()",
  imports = "",
  before = "",
  create = "FastAPI()",
  decorator = "app",
  method = `post("${ROUTE}", status_code=202)`,
  parameters = "request: Request",
  read = "body = await request.body()",
  headers = "dict(request.headers)",
  secret = `os.getenv("POLAR_WEBHOOK_SECRET")`,
  verify = sdk.verify("body", headers, secret),
  refusal = `raise HTTPException(403, "Invalid signature")`,
  unreadable = "",
  handle = `print("received", event)`,
  after = "",
} = {}) {
  return `import asyncio, json, os

from dotenv import load_dotenv
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
${sdk.imports}
${imports}

${load}

app = ${create}
${before}

@${decorator}.${method}
async def polar_webhook(${parameters}):
    ${read}
    try:
        event = ${verify}
    except Refused as error:
        ${refusal}${unreadable}
    ${handle}
    return {"received": True}

${after}
`;
}

const uvicorn = ({ port }) => python("-m", "uvicorn", "main:app", "--host", "127.0.0.1", "--port", `${port}`);

function scene(name, expected, parts = {}, more = {}) {
  const sdk = parts.sdk ?? sdks.documented;
  const { files, environment, ...rest } = more;
  return {
    name: `FastAPI, ${sdk.name}: ${name}`,
    expected,
    lacks: lacksPython,
    files: (known) => ({
      "main.py": app(parts),
      "requirements.txt": `fastapi==0.165.0\nuvicorn==0.54.0\npython-dotenv==1.2.4\n${sdk.package}\n`,
      ...files?.(known),
    }),
    environment: (own) => ({ ...(sdk === sdks.old && withOldSdk()), ...environment?.(own) }),
    start: uvicorn,
    ...rest,
  };
}

/** As Polar's own example has it: an event that the SDK cannot read is accepted all the same. */
const newest = {
  sdk: sdks.new,
  unreadable: `
    except Unreadable as error:
        event = error`,
};
const old = { sdk: sdks.old };
const standard = { sdk: sdks.standard };
const middleware = (body) => `@app.middleware("http")
async def middleware(request, call_next):
    ${body.split("\n").join("\n    ")}
    return await call_next(request)
`;
const otherProject = `import http.server, os
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
`;

export const fastapi = [
  scene("healthy", []),
  scene("healthy, catches nothing but wrong signatures", [], { sdk: sdks.new }),
  scene("healthy, Polar's secret, with deliveries", [], newest, { polarsSecret: null, fire: "order.paid" }),
  scene("healthy, own secret", [], old),
  scene("healthy, Polar's secret", [], standard, { polarsSecret: null }),
  scene("healthy, with deliveries", [], {}, { fire: "order.created" }),
  scene("healthy, with a login for all other paths", [], {
    before: middleware(`if request.url.path != "${ROUTE}" and "authorization" not in request.headers:
    return JSONResponse({"detail": "Not authenticated"}, 401)`),
  }),
  scene("healthy, TrustedHost knows localhost, compressed answers, CORS", [], {
    imports: `from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.middleware.trustedhost import TrustedHostMiddleware`,
    before: `app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", "shop.example.com"])
app.add_middleware(GZipMiddleware, minimum_size=1)
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example.com"])`,
  }),
  scene("healthy, a router with a prefix", [], {
    before: `router = APIRouter(prefix="/webhook")`,
    decorator: "router",
    method: `post("/polar")`,
    after: `app.include_router(router, prefix="/api")`,
  }),
  scene("healthy, the environment is older, but load_dotenv overrides it", [], { load: "load_dotenv(override=True)" }, {
    environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }),
  }),
  scene("healthy, the environment is right, and the .env is not", [], {}, {
    secret: () => OTHER_SECRET,
    environment: (own) => ({ POLAR_WEBHOOK_SECRET: own }),
  }),
  scene("healthy, headers in capitals, which FastAPI does not mind", [], {
    headers: `{name: request.headers[name] for name in ("Webhook-Id", "Webhook-Timestamp", "Webhook-Signature")}`,
  }),
  scene("healthy, headers as parameters", [], {
    parameters: "request: Request, webhook_id: str = Header(), webhook_timestamp: str = Header(), webhook_signature: str = Header()",
    headers: `{"webhook-id": webhook_id, "webhook-timestamp": webhook_timestamp, "webhook-signature": webhook_signature}`,
  }),
  scene("healthy, long work after the answer", [], {
    imports: "from fastapi import BackgroundTasks",
    before: "def work(event):\n    import time\n    time.sleep(20)",
    parameters: "request: Request, tasks: BackgroundTasks",
    handle: `if event["type"] == "order.paid":
        tasks.add_task(work, event)`,
  }),
  // Its answers do not tell whether it does anything with what arrives.
  scene("verifies nothing", [], { verify: "json.loads(body)", handle: `print(event["type"])` }, { isUnsure: true }),
  scene("healthy, json after the check", [], { handle: `print(json.dumps(await request.json()))` }),

  scene("Polar's secret", ["key_rule"], old, { polarsSecret: null }),
  scene("Polar's secret, delivered", ["key_rule"], old, { polarsSecret: null, fire: "order.paid" }),
  scene("own secret that is base64", ["key_rule"], standard, { polarsSecret: "YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXJz" }),
  scene("own secret with whsec_ before it, delivered", ["key_rule"], standard, {
    polarsSecret: "whsec_YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXJz",
    fire: "order.paid",
  }),
  // The library cannot decode it, and raises another error than that of a wrong signature.
  scene("own secret that is no base64, so it throws", ["key_rule"], standard, { polarsSecret: "our-webhook-secret-for-the-shop-202" }),
  scene("own secret that is only nearly base64", ["key_rule"], standard),
  scene("Polar's secret", ["key_rule"], {}, { polarsSecret: null }),
  scene("wrong secret in the .env", ["secret_wrong"], {}, { secret: () => OTHER_SECRET }),
  scene("secret of the production endpoint", ["secret_of_other_endpoint"], {}, {
    others: [{ url: `http://127.0.0.1:9/api/webhook/polar`, secret: OTHER_SECRET }],
    secret: () => OTHER_SECRET,
  }),
  scene("quotes taken for a part of it", ["secret_quoted"], { load: byHand(`os.environ.setdefault(*line.strip().split("=", 1))`) }, {
    secret: (own) => `"${own}"`,
  }),
  scene("a blank behind the =", ["secret_quoted"], { load: byHand(`os.environ.setdefault(*line.rstrip().split("=", 1))`) }, {
    secret: (own) => ` ${own}`,
  }),
  scene("the line's end taken for a part of it", ["secret_quoted"], { load: byHand(`os.environ.setdefault(*line.split("=", 1))`) }),
  scene("lines that end as on Windows", ["secret_quoted"], {
    load: byHand(`os.environ.setdefault(*line.rstrip("\\n").split("=", 1))`).replace(`open(".env")`, `open(".env", newline="\\n")`),
  }, {
    files: ({ port, secret, token }) => ({ ".env": `POLAR_ACCESS_TOKEN=${token}\r\nPOLAR_WEBHOOK_SECRET=${secret}\r\nPORT=${port}\r\n` }),
  }),
  scene("healthy, quoted in the .env", [], {}, { secret: (own) => `"${own}"` }),
  scene("a variable in the secret", ["secret_eaten"], {}, { polarsSecret: "a-webhook-secret-with-${a}-brace-000001" }),
  scene("what follows the # is no comment", ["secret_eaten"], { load: byHand(`os.environ.setdefault(*line.split("#")[0].strip().split("=", 1))`) }, {
    polarsSecret: "a-webhook-secret#of-forty-characters-0001",
  }),
  scene("what follows the second = is lost", ["secret_eaten"], { load: byHand(`os.environ.setdefault(*line.strip().split("=")[:2])`) }, {
    polarsSecret: "YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXI=",
  }),
  scene("base64 of the secret in the .env", ["secret_encoded_twice"], {}, { secret: (own) => Buffer.from(own).toString("base64") }),
  scene("the code encodes it, as for the library", ["secret_encoded_twice"], {
    ...old,
    imports: "import base64",
    secret: `base64.b64encode(os.environ["POLAR_WEBHOOK_SECRET"].encode()).decode()`,
  }),
  scene("another secret in the code", ["secret_not_read"], { secret: `"${OTHER_SECRET}"` }),
  scene("the secret's line is missing", ["secret_missing"], newest, { files: ({ port, token }) => ({ ".env": `POLAR_ACCESS_TOKEN=${token}\nPORT=${port}\n` }) }),
  scene("nothing loads the .env", ["secret_not_read"], { ...newest, load: "" }),
  scene("nothing loads the .env, and it throws", ["secret_not_read"], { load: "" }),
  scene("nothing loads the .env, and the name is looked up", ["secret_not_read"], { load: "", secret: `os.environ["POLAR_WEBHOOK_SECRET"]` }),
  scene("another variable in the code", ["variable_name"], { ...newest, secret: `os.getenv("POLAR_SECRET")` }),
  scene("another variable in the code, and it throws", ["variable_name"], { secret: `os.environ["POLAR_SECRET"]` }),
  scene("another variable in the code, which is there", ["variable_name"], { secret: `os.getenv("WEBHOOK_SECRET")` }, {
    files: ({ port, secret, token }) => ({
      ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\nWEBHOOK_SECRET=${OTHER_SECRET}\nPORT=${port}\n`,
    }),
  }),
  scene("the environment has an older secret", ["env_file_shadowed"], {}, { environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }) }),
  scene("the .env was changed after the start", ["not_restarted"], {}, {
    secret: () => OTHER_SECRET,
    edit: (folder, { port, token }) =>
      writeFile(join(folder, ".env"), `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${SECRET}\nPORT=${port}\n`),
  }),

  scene("json.dumps of what was parsed", ["body_reparsed"], { read: "body = json.dumps(await request.json())" }),
  scene("json.dumps without blanks", ["body_reparsed"], { read: `body = json.dumps(await request.json(), separators=(",", ":"))` }),
  scene("the model's JSON", ["body_reparsed"], {
    imports: "from typing import Any\nfrom pydantic import BaseModel",
    before: "class Event(BaseModel):\n    type: str\n    data: dict[str, Any]",
    parameters: "request: Request, payload: Event",
    read: "body = payload.model_dump_json()",
  }),
  scene("str() of what was parsed", ["body_reparsed"], { read: "body = str(await request.json())" }),
  scene("what was parsed, as it is", ["body_reparsed"], { ...standard, read: "body = await request.json()" }, { polarsSecret: null }),
  scene("a parameter that is no header's name", ["header_case"], {
    parameters: `request: Request, signature: str = Header(alias="polar-signature"), webhook_id: str = Header(), webhook_timestamp: str = Header()`,
    headers: `{"webhook-id": webhook_id, "webhook-timestamp": webhook_timestamp, "webhook-signature": signature}`,
  }),
  scene("headers with underscores", ["header_case"], {
    headers: `{name.replace("_", "-"): request.headers.get(name, "") for name in ("webhook_id", "webhook_timestamp", "webhook_signature")}`,
    refusal: `raise HTTPException(400, str(error))`,
  }),
  scene("largest body 1 kB", ["body_limit"], {
    before: middleware(`if int(request.headers.get("content-length", 0)) > 1000:
    return JSONResponse({"detail": "Request body too large"}, 413)`),
  }),
  // In the practice Polar's events there are no such people; in production neither, if the checkout was another's.
  scene("wrong secret in the .env, refused with WWW-Authenticate", ["secret_wrong"], { refuse: `raise HTTPException(401, "Could not validate credentials", headers={"WWW-Authenticate": "Bearer"})` }, { secret: () => OTHER_SECRET }),
  scene("404 for a customer that is not known", [], { handle: `raise HTTPException(404, "Customer not found")` }, { isUnsure: true }),
  scene("healthy, refuses events that it does not know", [], {
    handle: `if event["type"] != "order.paid":
        raise HTTPException(400, "Unhandled event type " + event["type"])`,
  }, { endpoint: { events: ["order.paid"] } }),
  scene("the handler throws", ["handler_throws"], { handle: `print(event["data"]["metadata"]["user_id"].upper())` }),
  scene("the handler is slow", ["slow_app"], { handle: "await asyncio.sleep(15)" }),
  scene("a model that Polar's events do not fit", [], {
    imports: "from pydantic import BaseModel",
    before: "class Order(BaseModel):\n    order_id: str\n    email: str",
    parameters: "request: Request, order: Order",
  }, { isUnsure: true }),

  scene("a middleware answers 401", ["auth_middleware"], {
    before: middleware(`if "authorization" not in request.headers:
    return JSONResponse({"detail": "Unauthorized"}, 401)`),
  }),
  scene("the router wants a bearer token", ["auth_middleware"], {
    imports: "from fastapi.security import HTTPBearer",
    before: "router = APIRouter(dependencies=[Depends(HTTPBearer())])",
    decorator: "router",
    after: "app.include_router(router)",
  }),
  scene("an API key is wanted", ["auth_middleware"], {
    before: `def api_key(x_api_key: str = Header(default="")):
    if x_api_key != "internal":
        raise HTTPException(403, "Invalid or missing API key")
`,
    method: `post("${ROUTE}", dependencies=[Depends(api_key)])`,
  }),
  scene("a middleware leads to the login", ["login_redirect"], {
    before: middleware(`if "session" not in request.cookies and not request.url.path.startswith("/login"):
    return RedirectResponse(f"/login?next={request.url.path}", 303)`),
  }),
  scene("a CSRF check answers 403", ["csrf"], {
    before: middleware(`if request.method == "POST" and request.cookies.get("csrftoken") != request.headers.get("x-csrftoken", ""):
    return JSONResponse({"detail": "CSRF token verification failed"}, 403)`),
  }),
  scene("TrustedHost knows only the shop", ["host_check"], {
    imports: "from fastapi.middleware.trustedhost import TrustedHostMiddleware",
    before: `app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com"])`,
  }),
  scene("TrustedHost knows localhost, but not the endpoint's host", ["host_check"], {
    imports: "from fastapi.middleware.trustedhost import TrustedHostMiddleware",
    before: `app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "shop.example.com"])`,
  }),
  scene("all is led to https", ["route_redirects"], {
    imports: "from fastapi.middleware.httpsredirect import HTTPSRedirectMiddleware",
    before: "app.add_middleware(HTTPSRedirectMiddleware)",
  }),
  scene("a page for everything", ["catch_all"], {
    before: `@app.api_route("/{path:path}", methods=["GET", "POST"])
def page(path: str):
    return HTMLResponse("<!doctype html><title>Shop</title><div id=root></div>")
`,
  }),
  scene("GET only", ["method_not_allowed"], { method: `get("${ROUTE}")` }),
  scene("GET only, as api_route has it", ["method_not_allowed"], { method: `api_route("${ROUTE}")` }),
  scene("the route ends with a slash", ["route_redirects"], { method: `post("${ROUTE}/")` }),
  scene("the endpoint's address ends with a slash", ["route_redirects"], {}, { endpointRoute: `${ROUTE}/` }),
  scene("the endpoint lacks /api", ["route_near_miss"], {}, { endpointRoute: "/webhook/polar" }),
  scene("the prefix stands there twice", ["route_near_miss"], {
    before: `router = APIRouter(prefix="/api")`,
    decorator: "router",
    method: `post("/webhook/polar")`,
    after: `app.include_router(router, prefix="/api")`,
  }),
  scene("the router is not included", ["route_missing"], {
    before: "router = APIRouter()",
    decorator: "router",
  }),
  scene("another project is on the port", ["other_program"], {}, {
    files: ({ port, secret, token }) => ({
      "shop/.env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\nPORT=${port}\n`,
      "shop/main.py": app(),
      "shop/requirements.txt": `fastapi==0.165.0\n${sdks.documented.package}\n`,
      "docs/requirements.txt": "mkdocs\n",
      "docs/serve.py": otherProject,
    }),
    project: "shop",
    runsIn: "docs",
    start: () => python("serve.py"),
  }),
  scene("the app is on another port", ["wrong_port"], {}, {
    apart: true,
    files: ({ secret, token, outerPort }) => ({ ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\nPORT=${outerPort}\n` }),
  }),
];

// Flask, with what it and its extensions answer.
import { lacksPython, python, sdks } from "./python.js";
import { OTHER_SECRET, ROUTE } from "./scene.js";

function app({
  sdk = sdks.documented,
  before = "",
  route = `@app.post("${ROUTE}")`,
  body = "request.get_data()",
  headers = "dict(request.headers)",
  secret = `os.environ.get("POLAR_WEBHOOK_SECRET")`,
  refusal = "abort(403)",
  unreadable = "",
  handle = `print("received", event)`,
} = {}) {
  return `import json, os

from dotenv import load_dotenv
from flask import Flask, abort, jsonify, redirect, request
${sdk.imports}

load_dotenv()
app = Flask(__name__)
${before}

${route}
def polar_webhook():
    try:
        event = ${sdk.verify(body, headers, secret)}
    except Refused:
        ${refusal}${unreadable}
    ${handle}
    return "", 202
`;
}

function scene(name, expected, parts = {}, more = {}) {
  const sdk = parts.sdk ?? sdks.documented;
  return {
    name: `Flask, ${sdk.name}: ${name}`,
    expected,
    lacks: lacksPython,
    files: () => ({ "app.py": app(parts), "requirements.txt": `Flask==3.1.3\npython-dotenv==1.2.4\n${sdk.package}\n` }),
    start: ({ port }) => python("-m", "flask", "run", "--host", "127.0.0.1", "--port", `${port}`),
    ...more,
  };
}

const newest = {
  sdk: sdks.new,
  unreadable: `
    except Unreadable as error:
        event = error`,
};
const page = (title, text) => `<!doctype html>\\n<html lang=en>\\n<title>${title}</title>\\n<h1>${title}</h1>\\n<p>${text}</p>\\n`;

export const flask = [
  scene("healthy", []),
  scene("healthy, Polar's secret, with deliveries", [], newest, { polarsSecret: null, fire: "order.paid" }),
  scene("healthy, a login for the pages", [], {
    before: `@app.before_request
def login():
    if not request.path.startswith("/api/webhook/") and "session" not in request.cookies:
        return redirect("/login")
`,
  }),
  scene("healthy, refusals are 400 and in words", [], { refusal: `return jsonify(error="invalid signature"), 400` }),

  scene("Polar's secret", ["key_rule"], {}, { polarsSecret: null }),
  scene("wrong secret in the .env", ["secret_wrong"], {}, { secret: () => OTHER_SECRET }),
  scene("the environment has an older secret", ["env_file_shadowed"], {}, { environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }) }),
  scene("json.dumps of what was parsed", ["body_reparsed"], { body: "json.dumps(request.get_json())" }),
  scene("Flask's own JSON", ["body_reparsed"], { body: "jsonify(request.get_json()).get_data()" }),
  // The names of headers are those of WSGI's environment there.
  scene("headers read from the WSGI environment under wrong names", ["header_case"], {
    headers: `{name.lower().replace("_", "-"): request.environ.get(name, "") for name in ("WEBHOOK_ID", "WEBHOOK_TIMESTAMP", "WEBHOOK_SIGNATURE")}`,
  }),
  scene("the body is looked for in the form", ["body_reparsed"], { body: `json.dumps(request.form.to_dict())` }),
  scene("largest body 1 kB", ["body_limit"], { before: `app.config["MAX_CONTENT_LENGTH"] = 1000` }),
  scene("the form's CSRF check", ["csrf"], {
    before: `@app.before_request
def csrf():
    if request.method == "POST" and "csrf_token" not in request.form:
        return ${JSON.stringify("@")}, 400
`.replace(`"@"`, `"${page("400 Bad Request", "The CSRF token is missing.")}"`),
  }),
  scene("a login for all", ["login_redirect"], {
    before: `@app.before_request
def login():
    if "session" not in request.cookies:
        return redirect("/auth/login?next=" + request.path)
`,
  }),
  scene("basic authentication for all", ["auth_middleware"], {
    before: `@app.before_request
def basic():
    if request.authorization is None:
        return "Could not verify your access level", 401, {"WWW-Authenticate": 'Basic realm="Staging"'}
`,
  }),
  scene("GET only, as route has it", ["method_not_allowed"], { route: `@app.route("${ROUTE}")` }),
  scene("the route ends with a slash", ["route_redirects"], { route: `@app.post("${ROUTE}/")` }),
  scene("the handler throws", ["handler_throws"], { handle: `print(event["data"]["metadata"]["cart"])` }),
];

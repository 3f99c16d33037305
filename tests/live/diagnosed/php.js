// PHP as it is written by hand, behind PHP's own server: the key, the headers and the .env are the developer's business.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { OTHER_SECRET, ROUTE, SECRET } from "./scene.js";

const lacksPhp = () =>
  existsSync("/usr/bin/php") && existsSync("/usr/share/php/Dotenv/autoload.php")
    ? false
    : "There is no PHP with phpdotenv. Install Debian's php-cli and php-vlucas-phpdotenv; scripts/setup does so.";

/** Composer would put it into vendor/. */
const phpdotenv = `require "Dotenv/autoload.php";
Dotenv\\Dotenv::createImmutable(__DIR__)->load();`;
const byHand = (pair) => `foreach (file(__DIR__ . "/.env"${pair.flags ?? ""}) as $line) {
    if (str_contains($line, "=")) {
        ${pair.code}
    }
}`;

function router({
  load = phpdotenv,
  before = "",
  route = ROUTE,
  method = "POST",
  payload = `file_get_contents("php://input")`,
  id = `$_SERVER["HTTP_WEBHOOK_ID"] ?? ""`,
  timestamp = `$_SERVER["HTTP_WEBHOOK_TIMESTAMP"] ?? ""`,
  header = `$_SERVER["HTTP_WEBHOOK_SIGNATURE"] ?? ""`,
  secret = `$_ENV["POLAR_WEBHOOK_SECRET"] ?? ""`,
  key = "$secret",
  expected = `base64_encode(hash_hmac("sha256", "$id.$timestamp.$payload", $key, true))`,
  isFresh = "abs(time() - (int) $timestamp) <= 300",
  refuse = `http_response_code(403);
    echo json_encode(["error" => "Invalid signature"]);
    exit;`,
  handle = `error_log("received " . $event["type"]);`,
  otherwise = `http_response_code(404);
echo "Not Found";`,
} = {}) {
  return `<?php
// Polar's webhooks.
${load}

$path = parse_url($_SERVER["REQUEST_URI"], PHP_URL_PATH);
header("Content-Type: application/json");
${before}

if ($path === "${route}" && $_SERVER["REQUEST_METHOD"] === "${method}") {
    $payload = ${payload};
    $id = ${id};
    $timestamp = ${timestamp};
    $secret = ${secret};
    $key = ${key};
    $expected = ${expected};
    $valid = ${isFresh};
    $matches = array_filter(explode(" ", ${header}), fn ($part) => hash_equals("v1,$expected", $part));
    if (!$valid || !$matches) {
        ${refuse.replaceAll("\n", "\n    ")}
    }
    $event = json_decode($payload, true);
    ${handle}
    http_response_code(202);
    exit;
}

${otherwise}
`;
}

const serve = ({ port }) => ["php", "-S", `127.0.0.1:${port}`, "router.php"];

function scene(name, expected, parts = {}, { files, ...more } = {}) {
  return {
    name: `PHP: ${name}`,
    expected,
    lacks: lacksPhp,
    files: (known) => ({
      "router.php": router(parts),
      "composer.json": JSON.stringify({ name: "acme/shop", require: { php: "^8.2", "vlucas/phpdotenv": "^5.5" } }),
      ...files?.(known),
    }),
    start: serve,
    ...more,
  };
}

const decoded = { key: `base64_decode(str_starts_with($secret, "whsec_") ? substr($secret, 6) : $secret)` };
const trimmed = (code) => byHand({ code, flags: ", FILE_IGNORE_NEW_LINES" });
const pair = `[$name, $value] = explode("=", $line, 2);`;
const env = ({ port, token, secret }, more = "") => `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${secret}\nPORT=${port}\n${more}`;
const laravel = { files: () => ({ "composer.json": JSON.stringify({ name: "acme/shop", require: { php: "^8.2", "laravel/framework": "^12.0" } }) }) };

export const php = [
  scene("healthy", []),
  scene("healthy, with deliveries", [], {}, { fire: "order.paid" }),
  scene("healthy, Polar's secret, decoded", [], decoded, { polarsSecret: null, fire: "order.created" }),
  scene("healthy, parse_ini_file, quoted", [], { load: `foreach (parse_ini_file(".env") as $name => $value) $_ENV[$name] = $value;` }, { secret: (own) => `"${own}"` }),
  scene("healthy, headers from getallheaders, in small letters", [], {
    before: "$headers = array_change_key_case(getallheaders());",
    id: `$headers["webhook-id"] ?? ""`,
    timestamp: `$headers["webhook-timestamp"] ?? ""`,
    header: `$headers["webhook-signature"] ?? ""`,
  }),
  // PHP reads the .env with each request.
  scene("healthy, the .env was changed after the start", [], {}, {
    secret: () => OTHER_SECRET,
    edit: (folder, known) => writeFile(join(folder, ".env"), env({ ...known, secret: SECRET })),
  }),
  scene("healthy, refuses with 200, as die() does", [], { refuse: `die("Invalid signature");` }),
  scene("healthy, CSRF for all but the webhook", [], {
    before: `if ($_SERVER["REQUEST_METHOD"] === "POST" && !str_starts_with($path, "/api/webhook/")) {
    http_response_code(419);
    exit("Page Expired");
}`,
  }, laravel),

  scene("Polar's secret, not decoded", ["key_rule"], {}, { polarsSecret: null }),
  scene("Polar's secret, not decoded, delivered", ["key_rule"], {}, { polarsSecret: null, fire: "order.paid" }),
  scene("Polar's secret, not decoded, refused with 200", ["key_rule"], { refuse: `die("Invalid signature");` }, { polarsSecret: null }),
  scene("own secret, decoded", ["key_rule"], decoded),
  scene("own secret with whsec_ before it, decoded, delivered", ["key_rule"], decoded, {
    polarsSecret: "whsec_YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXJz",
    fire: "order.paid",
  }),
  scene("whsec_ cut off", ["secret_cut_off"], { key: `str_replace("whsec_", "", $secret)` }, { polarsSecret: "whsec_a-webhook-secret-of-forty-characters" }),
  scene("wrong secret in the .env", ["secret_wrong"], {}, { secret: () => OTHER_SECRET }),
  scene("wrong secret in the .env, refused with 200", ["secret_wrong"], { refuse: `die("Invalid signature");` }, { secret: () => OTHER_SECRET }),
  scene("secret of the production endpoint", ["secret_of_other_endpoint"], {}, {
    others: [{ url: "http://127.0.0.1:9/api/webhook/polar", secret: OTHER_SECRET }],
    secret: () => OTHER_SECRET,
  }),
  scene("quotes taken for a part of it", ["secret_quoted"], { load: trimmed(`${pair} $_ENV[$name] = $value;`) }, { secret: (own) => `"${own}"` }),
  scene("the line's end taken for a part of it", ["secret_quoted"], { load: byHand({ code: `${pair} $_ENV[$name] = $value;` }) }),
  scene("healthy, lines that end as on Windows, which file() knows", [], { load: trimmed(`${pair} $_ENV[$name] = $value;`) }, {
    files: (known) => ({ ".env": env(known).replaceAll("\n", "\r\n") }),
  }),
  scene("lines that end as on Windows", ["secret_quoted"], {
    load: trimmed(`${pair} $_ENV[$name] = $value;`).replace(/file\(.*\) as/, `explode("\\n", file_get_contents(__DIR__ . "/.env")) as`),
  }, {
    files: (known) => ({ ".env": env(known).replaceAll("\n", "\r\n") }),
  }),
  scene("a blank around the =", ["secret_quoted"], { load: trimmed(`${pair} $_ENV[trim($name)] = $value;`) }, {
    files: (known) => ({ ".env": env(known).replace("SECRET=", "SECRET = ") }),
  }),
  scene("the # begins a comment", ["secret_eaten"], {}, { polarsSecret: "a-webhook-secret#of-forty-characters-0001" }),
  // phpdotenv leaves what it knows no variable for.
  scene("healthy, what looks like a variable in the secret", [], {}, { polarsSecret: "a-webhook-secret-with-${a}-brace-000001", secret: (own) => `"${own}"` }),
  scene("a variable in the secret", ["secret_eaten"], {}, {
    polarsSecret: "a-webhook-secret-of-${APP_NAME}-0000000001",
    files: (known) => ({ ".env": "APP_NAME=shop\n" + env({ ...known, secret: `"${known.secret}"` }) }),
  }),
  scene("what follows the second = is lost", ["secret_eaten"], { load: trimmed(`[$name, $value] = explode("=", $line); $_ENV[$name] = $value;`) }, {
    polarsSecret: "YS13ZWJob29rLXNlY3JldC1vZi1mb3J0eS1jaGFyYWN0ZXI=",
  }),
  scene("the code encodes it", ["secret_encoded_twice"], { key: "base64_encode($secret)" }),
  scene("another secret in the code", ["secret_not_read"], { secret: `"${OTHER_SECRET}"` }),
  // createImmutable fills $_ENV, and leaves the process's environment as it is.
  scene("getenv, which phpdotenv does not fill", ["secret_not_read"], { secret: `getenv("POLAR_WEBHOOK_SECRET")` }),
  scene("another variable in the code", ["variable_name"], { secret: `$_ENV["POLAR_SECRET"] ?? ""` }),
  // PHP's server hands the process's environment to getenv alone.
  scene("healthy, the environment has an older secret, which is not read", [], {}, { environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }) }),
  scene("the environment has an older secret", ["env_file_shadowed"], { secret: `getenv("POLAR_WEBHOOK_SECRET") ?: $_ENV["POLAR_WEBHOOK_SECRET"]` }, {
    environment: () => ({ POLAR_WEBHOOK_SECRET: OTHER_SECRET }),
  }),
  scene("the cached configuration has an older secret", ["env_file_shadowed"], {
    load: `$config = require __DIR__ . "/bootstrap/cache/config.php";`,
    secret: `$config["services"]["polar"]["webhook_secret"]`,
  }, {
    files: () => ({
      "bootstrap/cache/config.php": `<?php return ["services" => ["polar" => ["webhook_secret" => "${OTHER_SECRET}"]]];`,
      "config/services.php": `<?php return ["polar" => ["webhook_secret" => env("POLAR_WEBHOOK_SECRET")]];`,
      "composer.json": laravel.files()["composer.json"],
    }),
  }),

  scene("json_encode of what was decoded", ["body_reparsed"], { payload: `json_encode(json_decode(file_get_contents("php://input"), true))` }),
  scene("json_encode of objects, slashes kept", ["body_reparsed"], {
    payload: `json_encode(json_decode(file_get_contents("php://input")), JSON_UNESCAPED_SLASHES)`,
  }),
  scene("the body is looked for in $_POST", ["body_reparsed"], { payload: "json_encode($_POST)" }),
  scene("names of headers without HTTP_", ["header_case"], {
    id: `$_SERVER["WEBHOOK_ID"] ?? ""`,
    timestamp: `$_SERVER["WEBHOOK_TIMESTAMP"] ?? ""`,
    header: `$_SERVER["WEBHOOK_SIGNATURE"] ?? ""`,
    refuse: `http_response_code(400);\nexit(json_encode(["error" => $timestamp === "" ? "Missing webhook headers" : "Invalid signature"]));`,
  }),
  scene("names of headers without HTTP_, one answer for all", ["header_case"], {
    id: `$_SERVER["WEBHOOK_ID"] ?? ""`,
    timestamp: `$_SERVER["WEBHOOK_TIMESTAMP"] ?? ""`,
    header: `$_SERVER["WEBHOOK_SIGNATURE"] ?? ""`,
  }),
  scene("getallheaders in capitals", ["header_case"], {
    before: "$headers = getallheaders();",
    id: `$headers["Webhook-Id"] ?? ""`,
    timestamp: `$headers["Webhook-Timestamp"] ?? ""`,
    header: `$headers["Webhook-Signature"] ?? ""`,
  }),
  // The mistakes that hand-written checks are full of; nothing outside tells one from another.
  scene("hash_hmac as hex, in base64", [], { expected: `base64_encode(hash_hmac("sha256", "$id.$timestamp.$payload", $key))` }, { isUnsure: true }),
  scene("only the body is signed", [], { expected: `base64_encode(hash_hmac("sha256", $payload, $key, true))` }, { isUnsure: true }),
  scene("the time in milliseconds", [], { isFresh: "abs(time() * 1000 - (int) $timestamp) <= 300000" }, { isUnsure: true }),
  scene("compared without v1", [], { header: `str_replace("v1,", "", $_SERVER["HTTP_WEBHOOK_SIGNATURE"] ?? "")` }, { isUnsure: true }),

  scene("largest body 1 kB", ["body_limit"], {
    before: `if ((int) ($_SERVER["CONTENT_LENGTH"] ?? 0) > 1000) {
    http_response_code(413);
    exit(json_encode(["message" => "Payload Too Large"]));
}`,
  }),
  scene("the handler throws", ["handler_throws"], { handle: `throw new RuntimeException("SQLSTATE[HY000] [2002] Connection refused");` }),
  scene("a fatal error before all", ["handler_throws"], { before: `Polar\\Client::make();` }),
  scene("a login answers 401", ["auth_middleware"], {
    before: `if (!isset($_SERVER["HTTP_AUTHORIZATION"])) {
    http_response_code(401);
    exit(json_encode(["message" => "Unauthenticated."]));
}`,
  }, laravel),
  scene("the route's login answers 401", ["auth_middleware"], {
    before: `if ($path === "${ROUTE}" && !isset($_COOKIE["laravel_session"])) {
    http_response_code(401);
    exit(json_encode(["message" => "Unauthenticated."]));
}`,
  }, laravel),
  scene("a login leads to its page", ["login_redirect"], {
    before: `if (!isset($_COOKIE["laravel_session"])) {
    header("Location: http://localhost/login", true, 302);
    exit;
}`,
  }, laravel),
  scene("VerifyCsrfToken answers 419", ["csrf"], {
    before: `if ($_SERVER["REQUEST_METHOD"] === "POST" && !isset($_SERVER["HTTP_X_XSRF_TOKEN"])) {
    http_response_code(419);
    header("Content-Type: text/html");
    exit("<!DOCTYPE html><title>Page Expired</title><div>419</div><div>Page Expired</div>");
}`,
  }, laravel),
  scene("all is led to https", ["route_redirects"], {
    before: `if (empty($_SERVER["HTTPS"])) {
    header("Location: https://shop.example.com" . $_SERVER["REQUEST_URI"], true, 301);
    exit;
}`,
  }),
  scene("a page for everything", ["catch_all"], {
    route: "/ipn",
    otherwise: `header("Content-Type: text/html");
echo "<!DOCTYPE html><html><title>Shop</title><body>Welcome</body></html>";`,
  }),
  scene("a page for everything, and the handler is elsewhere", ["route_near_miss"], {
    route: "/hooks/polar-webhook",
    otherwise: `header("Content-Type: text/html");
echo "<!DOCTYPE html><html><title>Shop</title><body>Welcome, it is " . microtime(true) . "</body></html>";`,
  }),
  scene("GET only, as Laravel answers it", ["method_not_allowed"], {
    method: "GET",
    otherwise: `http_response_code($path === "${ROUTE}" ? 405 : 404);
echo json_encode(["message" => "The POST method is not supported for route api/webhook/polar. Supported methods: GET, HEAD."]);`,
  }, laravel),
  scene("the endpoint lacks /api", ["route_near_miss"], {}, { endpointRoute: "/webhook/polar" }),
  scene("the handler has no /api", ["route_near_miss"], { route: "/webhook/polar" }),
  scene("no such route", ["route_missing"], { route: "/ipn.php" }),
  // That limit is one for forms.
  scene("healthy, post_max_size 1 kB", [], {}, { start: ({ port }) => ["php", "-d", "post_max_size=1K", "-S", `127.0.0.1:${port}`, "router.php"] }),
  scene("another project is on the port", ["other_program"], {}, {
    project: "shop",
    runsIn: "blog",
    files: (known) => ({
      "shop/.env": env(known),
      "shop/router.php": router(),
      "shop/composer.json": JSON.stringify({ require: { "vlucas/phpdotenv": "^5.5" } }),
      "blog/composer.json": JSON.stringify({ require: { php: "^8.2" } }),
      "blog/router.php": `<?php http_response_code(404); echo "Nothing here";`,
    }),
  }),
];

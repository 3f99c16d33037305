// Django: its own CSRF page, slashes, hosts and names of headers.
import { lacksPython, python, sdks } from "./python.js";
import { OTHER_SECRET, ROUTE } from "./scene.js";

const bare = ROUTE.slice(1);

function views({
  sdk = sdks.documented,
  decorators = "@csrf_exempt\n@require_POST",
  body = "request.body",
  headers = "dict(request.headers)",
  secret = `os.environ.get("POLAR_WEBHOOK_SECRET")`,
  handle = `print("received", event)`,
}) {
  return `import json, os

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
${sdk.imports}


${decorators}
def polar_webhook(request):
    try:
        event = ${sdk.verify(body, headers, secret)}
    except Refused:
        return HttpResponse("invalid signature", status=403)
    ${handle}
    return HttpResponse(status=202)
`;
}

const settings = ({ debug = "True", hosts = "[]", more = "" }) => `import os

from dotenv import load_dotenv

load_dotenv()
DEBUG = ${debug}
SECRET_KEY = "only-for-this-test"
ALLOWED_HOSTS = ${hosts}
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = []
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
${more}
`;

function scene(name, expected, { path = bare, ...parts } = {}, more = {}) {
  const sdk = parts.sdk ?? sdks.documented;
  return {
    name: `Django, ${sdk.name}: ${name}`,
    expected,
    lacks: lacksPython,
    files: () => ({
      "manage.py": `import os, sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
execute_from_command_line(sys.argv)
`,
      "requirements.txt": `Django==5.2.19\npython-dotenv==1.2.4\n${sdk.package}\n`,
      "shop/__init__.py": "",
      "shop/settings.py": settings(parts),
      "shop/urls.py": `from django.urls import path\n\nfrom .views import polar_webhook\n\nurlpatterns = [path("${path}", polar_webhook)]\n`,
      "shop/views.py": views(parts),
    }),
    start: ({ port }) => python("manage.py", "runserver", "--noreload", "--skip-checks", `127.0.0.1:${port}`),
    ...more,
  };
}

export const django = [
  scene("healthy", []),
  scene("healthy, Polar's secret, with deliveries", [], { sdk: sdks.standard }, { polarsSecret: null, fire: "order.paid" }),
  scene("healthy, in production, with a slash", [], { debug: "False", hosts: `["localhost", "127.0.0.1"]`, path: `${bare}/` }, { endpointRoute: `${ROUTE}/` }),
  scene("healthy, headers by their names in META", [], {
    headers: `{name: request.META["HTTP_" + name.upper().replace("-", "_")] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}`,
  }),

  scene("Polar's secret", ["key_rule"], {}, { polarsSecret: null }),
  scene("wrong secret in the .env", ["secret_wrong"], {}, { secret: () => OTHER_SECRET }),
  scene("the CSRF check", ["csrf"], { decorators: "@require_POST" }),
  scene("the CSRF check, in production", ["csrf"], { decorators: "@require_POST", debug: "False", hosts: `["*"]` }),
  scene("names in META without HTTP_", ["header_case"], {
    headers: `{name: request.META.get(name.upper().replace("-", "_"), "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}`,
  }),
  scene("names in META without HTTP_, and it throws", ["header_case"], {
    headers: `{name: request.META[name.upper().replace("-", "_")] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}`,
  }),
  scene("json.dumps of what was parsed", ["body_reparsed"], { body: "json.dumps(json.loads(request.body))" }),
  // Django cannot keep what was posted while it redirects, and says so with an error while it is in DEBUG.
  scene("the route ends with a slash", ["route_redirects"], { path: `${bare}/` }),
  scene("the route ends with a slash, in production", ["route_redirects"], { path: `${bare}/`, debug: "False", hosts: `["*"]` }),
  scene("GET only", ["method_not_allowed"], { decorators: "@csrf_exempt\n@require_GET" }),
  scene("a login", ["login_redirect"], {
    decorators: "@csrf_exempt\n@login_required",
    more: `INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
MIDDLEWARE += ["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}`,
  }),
  scene("only the shop's host", ["host_check"], { hosts: `["shop.example.com"]` }),
  scene("only the shop's host, in production", ["host_check"], { debug: "False", hosts: `["shop.example.com"]` }),
  scene("all is led to https", ["route_redirects"], {
    more: `MIDDLEWARE.insert(0, "django.middleware.security.SecurityMiddleware")\nSECURE_SSL_REDIRECT = True`,
  }),
  scene("another path in urls.py", ["route_near_miss"], { path: "webhook/polar" }),
  scene("the handler throws", ["handler_throws"], { handle: `print(event["data"]["metadata"]["cart"])` }),
];

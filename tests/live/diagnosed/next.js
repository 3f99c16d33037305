// Next.js, as `next dev` starts it, with Polar's adapter and with the SDK by hand: healthy ones, and what is done wrong with
// them. What a scene may say is told in express.js. Each takes some seconds to start: there are few.
import { OTHER_SECRET, ROUTE } from "./scene.js";

const nexts = { next: "16", react: "19", "react-dom": "19" };
const adapter = { ...nexts, "@polar-sh/nextjs": "0.9.6" };
const sdk1 = { ...nexts, "@polar-sh/sdk": "1.0.1" };
const sdk0 = { ...nexts, "@polar-sh/sdk": "0.49.0" };

const nameOf = new Map([[adapter, "adapter"], [sdk1, "SDK 1.0"], [sdk0, "SDK 0.49"]]);
const FROM_ENV = "process.env.POLAR_WEBHOOK_SECRET";
const FILE = "app/api/webhook/polar/route.js";

const importOf = (packages) =>
  packages === sdk0
    ? `import { validateEvent } from "@polar-sh/sdk/webhooks";`
    : `import { webhooks } from "@polar-sh/sdk/2026-04";\n\nconst { validateEvent } = webhooks;`;

const byAdapter = () => `import { Webhooks } from "@polar-sh/nextjs";

export const POST = Webhooks({
  webhookSecret: ${FROM_ENV},
  onPayload: async (payload) => {
    console.log(payload.type);
  },
});
`;

const byHand = (packages, { exported = "export async function POST", body = "await request.text()", headers = "Object.fromEntries(request.headers)", handle = "" } = {}) => `import { NextResponse } from "next/server";
${importOf(packages)}

${exported}(request) {
  let event;
  try {
    event = await validateEvent(${body}, ${headers}, ${FROM_ENV});
  } catch {
    return NextResponse.json({ error: "Invalid signature" }, { status: 403 });
  }
  ${handle}
  console.log(event.type);
  return NextResponse.json({ received: true });
}
`;

// The older kind of route, in which Next.js reads the body first.
const inPages = (packages, { config = "", body = "JSON.stringify(request.body)" } = {}) => `${importOf(packages)}

${config}

export default async function handler(request, response) {
  if (request.method !== "POST") return response.status(405).end();
  try {
    await validateEvent(${body}, request.headers, ${FROM_ENV});
  } catch {
    return response.status(403).end();
  }
  response.status(202).end();
}
`;

const proxy = ({ name = "proxy", answer, matcher = "" }) => `import { NextResponse } from "next/server";

export function ${name}(request) {
  if (request.cookies.get("session") || request.nextUrl.pathname === "/login") return NextResponse.next();
  ${answer}
}
${matcher && `export const config = { matcher: ${matcher} };`}
`;
const TO_LOGIN = `return NextResponse.redirect(new URL("/login", request.url));`;

// The old SDK is large: to build it into each route takes long.
const common = (config = "") => ({
  "next.config.mjs": `import { join } from "node:path";

/** @type {import("next").NextConfig} */
export default { turbopack: { root: join(import.meta.dirname, "..") }, serverExternalPackages: ["@polar-sh/sdk"], ${config} };
`,
  "app/layout.js": `export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
`,
  "app/page.js": `export default function Page() {
  return <h1>Shop</h1>;
}
`,
});

function scene(name, expected, { packages = adapter, config, files = {} } = {}, more = {}) {
  const own = packages === adapter ? byAdapter() : byHand(packages);
  return {
    name: `Next.js, ${nameOf.get(packages)}: ${name}`,
    expected,
    dependencies: packages,
    // What is undefined is not there.
    files: () => Object.fromEntries(Object.entries({ ...common(config), [FILE]: own, ...files }).filter(([, text]) => text !== undefined)),
    start: () => [process.execPath, "../node_modules/next/dist/bin/next", "dev", "--hostname", "127.0.0.1"],
    // It builds a route when that is asked for first.
    ready: (url) => fetch(url + (more.endpointRoute ?? ROUTE), { redirect: "manual" }).then((answer) => answer.text()),
    ...more,
  };
}

export const next = [
  scene("healthy", []),
  // The first delivery waits until the route is built.
  scene("healthy, and never asked before", [], { config: "serverExternalPackages: []," }, { ready: undefined }),
  scene("healthy, Polar's secret, a login for the pages", [], {
    packages: sdk1,
    files: { "proxy.js": proxy({ answer: TO_LOGIN, matcher: `["/((?!api|_next|favicon.ico).*)"]` }) },
  }, { polarsSecret: null }),
  scene("healthy, basePath, with deliveries", [], { config: `basePath: "/shop",` }, { endpointRoute: `/shop${ROUTE}`, fire: "order.paid" }),
  scene("healthy, in pages/api without the body parser", [], {
    packages: sdk0,
    files: {
      [FILE]: undefined,
      "pages/api/webhook/polar.js": inPages(sdk0, {
        config: "export const config = { api: { bodyParser: false } };",
        body: `Buffer.concat(await request.toArray()).toString("utf8")`,
      }),
    },
  }),
  scene("healthy, the .env.local is right and the .env is not", [], { packages: sdk1 }, {
    files: ({ port, secret, token }) => ({
      ...common(),
      [FILE]: byHand(sdk1),
      "app/[...slug]/page.js": `export default async function Page({ params }) {\n  return <p>{(await params).slug.join(" › ")}</p>;\n}\n`,
      ".env": `POLAR_ACCESS_TOKEN=${token}\nPOLAR_WEBHOOK_SECRET=${OTHER_SECRET}\nPORT=${port}\n`,
      ".env.local": `POLAR_WEBHOOK_SECRET=${secret}\n`,
    }),
  }),

  scene("Polar's secret", ["key_rule"], {}, { polarsSecret: null }),
  scene("a $ in the secret", ["secret_eaten"], { packages: sdk1 }, { polarsSecret: "pass$word-of-forty-characters-and-some-0001" }),
  scene("an older secret in the .env.development.local", ["env_file_shadowed"], { packages: sdk1, files: { ".env.development.local": `POLAR_WEBHOOK_SECRET=${OTHER_SECRET}\n` } }),
  scene("no secret in the .env", ["secret_missing"], {}, {
    files: ({ port, token }) => ({ ...common(), [FILE]: byAdapter(), ".env": `POLAR_ACCESS_TOKEN=${token}\nPORT=${port}\n` }),
  }),
  scene("in pages/api with the body parser", ["body_reparsed"], {
    packages: sdk0,
    files: { [FILE]: undefined, "pages/api/webhook/polar.js": inPages(sdk0) },
  }),
  // A Headers object has no keys of its own: the SDK finds no header.
  scene("a Headers object in place of the headers", ["header_case"], { packages: sdk0, files: { [FILE]: byHand(sdk0, { headers: "request.headers" }) } }),

  scene("a login for everything", ["login_redirect"], { files: { "proxy.js": proxy({ answer: TO_LOGIN }) } }),
  scene("a middleware answers 401", ["auth_middleware"], {
    packages: sdk1,
    files: {
      "middleware.js": proxy({ name: "middleware", answer: `return NextResponse.json({ error: "Unauthorized" }, { status: 401 });`, matcher: `["/api/:path*"]` }),
    },
  }),
  // As Clerk's auth.protect() does it for whoever is not signed in.
  scene("a middleware answers 404", ["auth_middleware"], {
    files: {
      "proxy.js": proxy({
        answer: `return new NextResponse(null, { status: 404, headers: { "x-clerk-auth-status": "signed-out", "x-clerk-auth-reason": "protect-rewrite, session-token-and-uat-missing" } });`,
        matcher: `["/((?!_next|favicon.ico).*)"]`,
      }),
    },
  }),
  scene("trailingSlash", ["route_redirects"], { config: "trailingSlash: true," }),
  scene("basePath, and the endpoint lacks it", ["route_near_miss"], { packages: sdk1, config: `basePath: "/shop",` }),
  scene("a redirect in its configuration", ["route_redirects"], {
    packages: sdk1,
    config: `redirects: async () => [{ source: "/api/:path*", destination: "https://api.shop.example/:path*", permanent: true }],`,
  }),
  scene("a default export", ["method_not_allowed"], { packages: sdk1, files: { [FILE]: byHand(sdk1, { exported: "export default async function handler" }) } }),
  scene("a page for everything, and no route", ["catch_all"], {
    files: {
      [FILE]: undefined,
      "app/[...slug]/page.js": `export default async function Page({ params }) {\n  return <p>{(await params).slug.join(" › ")}</p>;\n}\n`,
    },
  }),
  scene("the handler throws", ["handler_throws"], { packages: sdk1, files: { [FILE]: byHand(sdk1, { handle: "console.log(event.data.metadata.cart.id);" }) } }),
];

// What the scenes in Python have in common: the interpreter, and which packages a project says that it has.
import { dirname, join } from "node:path";

const interpreter = process.env.POLAR_SETUP_PYTHON;

export const lacksPython = () =>
  interpreter ? false : "POLAR_SETUP_PYTHON is not set. Set it to the python of a venv with tests/live/requirements.txt; scripts/test does so.";

export const python = (...words) => [interpreter ?? "python3", ...words];

/** SDK 0.x has another name than 1.x, and lies beside the venv's packages: both are called polar-sdk by pip. */
export const withOldSdk = () => ({ PYTHONPATH: join(dirname(dirname(interpreter ?? "/")), "polar-sdk-0") });

/** The SDK's import, and how its error is called. */
export const sdks = {
  /** Builds its models at the first event, which takes seconds: only a few scenes use it. */
  new: {
    name: "SDK 1.0",
    package: "polar-sdk==1.0.2",
    imports: "from polar.v2026_04.webhooks import PolarWebhookError as Unreadable, PolarWebhookVerificationError as Refused, validate_event",
    verify: (body, headers, secret) => `validate_event(${body}, ${headers}, ${secret})`,
  },
  old: {
    name: "SDK 0.32",
    package: "polar-sdk==0.32.0",
    imports: "from polar_sdk.webhooks import WebhookVerificationError as Refused, validate_event",
    verify: (body, headers, secret) => `validate_event(${body}, ${headers}, ${secret})`,
  },
  /** What Polar's documentation says where there is no SDK: the library for everybody's webhooks, and base64 of the secret. */
  documented: {
    name: "as documented",
    package: "standardwebhooks==1.1.0",
    imports: "import base64\nfrom standardwebhooks.webhooks import Webhook, WebhookVerificationError as Refused",
    verify: (body, headers, secret) => `Webhook(base64.b64encode((${secret}).encode()).decode()).verify(${body}, ${headers})`,
  },
  /** The same library with the secret as it is. */
  standard: {
    name: "standardwebhooks",
    package: "standardwebhooks==1.1.0",
    imports: "from standardwebhooks.webhooks import Webhook, WebhookVerificationError as Refused",
    verify: (body, headers, secret) => `Webhook(${secret}).verify(${body}, ${headers})`,
  },
};

/** How people load a .env who know no library for it. */
export const byHand = (line) => `with open(".env") as lines:
    for line in lines:
        if "=" in line:
            ${line}`;

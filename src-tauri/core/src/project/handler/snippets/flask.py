import os

from flask import Blueprint, abort, request
from polar.v2026_04.webhooks import PolarWebhookError, PolarWebhookVerificationError, validate_event

# Register it with: app.register_blueprint(polar)
polar = Blueprint("polar", __name__)


@polar.post("{{ROUTE}}")
def polar_webhook():
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        event = validate_event(request.get_data(), headers, os.environ["{{SECRET}}"])
    except PolarWebhookVerificationError:
        abort(403)
    except PolarWebhookError as error:
        # It is from Polar, but the SDK of this version cannot read it.
        print(error)
    else:
        print(event.type)
    return "", 202

import os

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from polar.v2026_04.webhooks import PolarWebhookError, PolarWebhookVerificationError, validate_event


# In urls.py: path("{{ROUTE_BARE}}", polar_webhook)
@csrf_exempt
@require_POST
def polar_webhook(request: HttpRequest) -> HttpResponse:
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        event = validate_event(request.body, headers, os.environ["{{SECRET}}"])
    except PolarWebhookVerificationError:
        return HttpResponse(status=403)
    except PolarWebhookError as error:
        # It is from Polar, but the SDK of this version cannot read it.
        print(error)
    else:
        print(event.type)
    return HttpResponse(status=202)

import os

from fastapi import APIRouter, HTTPException, Request
from polar.v2026_04.webhooks import PolarWebhookError, PolarWebhookVerificationError, validate_event

# Include it with: app.include_router(router)
router = APIRouter()


@router.post("{{ROUTE}}", status_code=202)
async def polar_webhook(request: Request) -> None:
    try:
        event = validate_event(await request.body(), dict(request.headers), os.environ["{{SECRET}}"])
    except PolarWebhookVerificationError as error:
        raise HTTPException(403, "This delivery is not verified.") from error
    except PolarWebhookError as error:
        # It is from Polar, but the SDK of this version cannot read it.
        print(error)
    else:
        print(event.type)

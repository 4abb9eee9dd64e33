"""The JSON shape of a webhook."""

from __future__ import annotations

from typing import Final

from ._rendering import JsonObject
from ._webhooks_state import Webhook

_VERSION: Final = "2022-01"


def render_webhook(webhook: Webhook) -> JsonObject:
    """A webhook, with the secret as in every answer."""
    return {
        "id": str(webhook.id),
        "name": webhook.name,
        "url": webhook.url,
        "events": list(webhook.events),
        "enabled": webhook.enabled,
        # When the service blocks a webhook is not known, so none ever is.
        "is_blocked": False,
        "secret": webhook.secret,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
        "batchable": webhook.batchable,
        "version": _VERSION,
        "last_fired_at": webhook.last_fired_at,
        "response_code": webhook.response_code,
    }

"""Payloads as the API's documents show them, and their signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

SECRET = "Xk29fPq7Lm"

ADDRESS = "john.doe@example.com"

SUBSCRIBER: dict[str, Any] = {
    "id": "100000000000000000",
    "email": ADDRESS,
    "status": "active",
    "source": "ecommerce",
    "sent": 5,
    "opens_count": 2,
    "clicks_count": 1,
    "open_rate": 40,
    "click_rate": 20.5,
    "ip_address": None,
    "subscribed_at": "2024-07-01T01:01:01.000000Z",
    "unsubscribed_at": None,
    "created_at": "2024-07-01T01:01:01.000000Z",
    "updated_at": "2024-07-02T03:04:05.000000Z",
    "deleted_at": None,
    "forget_at": None,
    "fields": {"name": "John", "last_name": "", "city": "", "zip": ""},
    "opted_in_at": None,
    "optin_ip": None,
}
GROUP = {"id": "200000000000000000", "name": "Group Example"}
AUTOMATION = {"id": "300000000000000000", "name": "Automation Example"}
CAMPAIGN: dict[str, Any] = {
    "id": "400000000000000000",
    "name": "Campaign Example",
    "total_recipients": 100,
    "preview_url": "https://preview.example.com/1",
    "date": "2024-05-28T07:11:08.000000Z",
}


def flat(event: str = "subscriber.created", **changes: Any) -> dict[str, Any]:
    """A flat event about a subscriber."""
    return {**SUBSCRIBER, "event": event, "account_id": 7, **changes}


def nested(event: str, **parts: Any) -> dict[str, Any]:
    """A nested event about a subscriber, without the account, as in a batch."""
    return {"type": event, "subscriber": SUBSCRIBER, **parts}


def encode(payload: Any) -> bytes:
    """JSON with PHP's way to write slashes."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()


def batch(*elements: Any) -> bytes:
    """The body of a batch."""
    return encode({"events": elements, "total": len(elements)})


def sign(body: bytes, secret: str = SECRET) -> str:
    """The header `Signature`."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

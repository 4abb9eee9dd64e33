"""A webhook, events for it, and a receiver of what is delivered."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import httpx

from mailerlite_async.testing import Delivery

URL = "https://example.com/hook"
ANN = "ann@example.com"


class Receiver:
    """Answers in turn with what it is told to, 200 after that, and keeps what it gets."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = [*answers]
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.got.append((url, headers, body))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.got]


def hook(client: httpx.Client, *events: str, **body: Any) -> dict[str, Any]:
    answer = client.post("/webhooks", json={"url": URL, "events": events, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def read(client: httpx.Client, webhook: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/webhooks/{webhook['id']}").json()["data"]
    return found


def upsert(client: httpx.Client, email: str = ANN, **body: Any) -> str:
    answer = client.post("/subscribers", json={"email": email, **body})
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["data"]["id"])


def is_signed(body: bytes, secret: str, signature: str) -> bool:
    return hmac.new(secret.encode("ascii"), body, hashlib.sha256).hexdigest() == signature


def names(deliveries: list[Delivery]) -> list[str]:
    return [event for each in deliveries for event in each.events]

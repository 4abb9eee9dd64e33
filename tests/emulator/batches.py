"""Ways to write and to send batches."""

from __future__ import annotations

from typing import Any

import httpx

from mailerlite_async.testing import Emulator, VirtualClock

from .conftest import BASE_URL, HEADERS


def item(method: str, path: str, body: object = None) -> dict[str, object]:
    return {"method": method, "path": path} | ({} if body is None else {"body": body})


def upsert(email: str, **body: object) -> dict[str, object]:
    return item("POST", "api/subscribers", {"email": email, **body})


def post(client: httpx.Client, *items: object) -> httpx.Response:
    return client.post("/batch", json={"requests": items})


def run(client: httpx.Client, *items: object) -> list[dict[str, Any]]:
    """The answers to the items of a batch that is valid."""
    answer = post(client, *items)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert list(body) == ["total", "successful", "failed", "responses"]
    responses: list[dict[str, Any]] = body["responses"]
    assert all(list(response) == ["code", "body"] for response in responses)
    good = sum(response["code"] < 300 for response in responses)
    assert (body["total"], body["successful"], body["failed"]) == (len(items), good, len(items) - good)
    return responses


def errors(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 422
    body = answer.json()
    assert body["message"] == "The given data was invalid."
    found: dict[str, list[str]] = body["errors"]
    return found


def limited(**limits: int) -> tuple[Emulator, httpx.Client]:
    emulator = Emulator(clock=VirtualClock(), **limits)
    return emulator, httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers=HEADERS)

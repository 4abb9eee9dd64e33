"""An httpx transport, for both kinds of client, whose answers come from a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx

THE_END = AssertionError("nothing more should have been asked")
"""The last step of a script for a client that must stop."""

Step = httpx.Response | BaseException | Callable[[httpx.Request], httpx.Response]


class ScriptedTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Gives one step of the script for each request, the last one again and again.

    Attributes:
        requests: what was asked, in order.
    """

    def __init__(self, *script: Step) -> None:
        self._script = list(script)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a sync client."""
        self.requests.append(request)
        step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(step, BaseException):
            raise step
        if isinstance(step, httpx.Response):
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        return step(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer an async client."""
        await asyncio.sleep(0)
        return self.handle_request(request)


def reply(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    """An answer with a JSON body; underscores in the names of headers stand for dashes."""
    return httpx.Response(
        status,
        headers={
            "content-type": "application/json",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        },
        content=json.dumps(body).encode(),
    )


def query(request: httpx.Request) -> dict[str, str]:
    """The query of a request."""
    return dict(request.url.params)

"""Webhook deliveries in Starlette and FastAPI: an endpoint that answers at once, and a dependency."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import anyio

from mailerlite_async.errors import DecodeError, PayloadTooLargeError, SignatureError
from mailerlite_async.webhooks._events import Event
from mailerlite_async.webhooks._inbox import Inbox
from mailerlite_async.webhooks._parsing import DEFAULT_MAX_BYTES, received
from mailerlite_async.webhooks._reading import read_body, status_of
from mailerlite_async.webhooks._signatures import Secrets

try:
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import PlainTextResponse, Response
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        "this needs Starlette, which FastAPI brings with it: pip install 'mailerlite-async[starlette]'",
        name=_error.name,
    ) from _error

__all__ = ["endpoint", "verified_events"]


def endpoint(inbox: Inbox) -> Callable[[Request], Awaitable[Response]]:
    """A route endpoint that gives deliveries to an inbox and answers at once.

    Args:
        inbox: it must be running when deliveries come: open it in the lifespan of the application.

    Returns:
        The endpoint, for `Route(path, endpoint(inbox), methods=["POST"])` of Starlette and
        `app.add_route(path, endpoint(inbox), methods=["POST"])` of FastAPI.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """

    async def mailerlite_webhook(request: Request) -> Response:
        headers = request.headers
        try:
            answer = await inbox.take_stream(
                request.stream(), headers.get("signature"), content_length=headers.get("content-length")
            )
        except ClientDisconnect:
            return PlainTextResponse("the body did not arrive", 400)  # to nobody
        return PlainTextResponse(answer.text, answer.status)

    return mailerlite_webhook


def verified_events(
    secrets: str | Iterable[str], *, max_bytes: int = DEFAULT_MAX_BYTES, deadline: float = 2.5
) -> Callable[[Request], Awaitable[list[Event]]]:
    """A FastAPI dependency that gives the events of a verified delivery, to be stored before the answer.

    Args:
        secrets: the secret of the webhook, or those of all webhooks that deliver here.
        max_bytes: the largest body that is taken.
        deadline: seconds after which a body that is still arriving is given up.

    Returns:
        The dependency, for `events: Annotated[list[Event], Depends(verified_events(secret))]`. It answers 401 to what
        is not signed, 400 to what is malformed, 408 to what arrives too slowly and 413 to what is too large.

    Raises:
        TypeError: if a secret is not text.
        ValueError: if there is no secret, or an empty one.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    known = Secrets(secrets)

    async def mailerlite_events(request: Request) -> list[Event]:
        headers = request.headers
        try:
            with anyio.fail_after(deadline):
                body = await read_body(request.stream(), headers.get("content-length"), max_bytes)
            return received(body, headers.get("signature"), known, max_bytes)
        except (SignatureError, DecodeError, PayloadTooLargeError) as error:
            raise HTTPException(status_of(error), str(error)) from None
        except TimeoutError:
            raise HTTPException(408, "the body did not arrive in time") from None
        except ClientDisconnect:
            raise HTTPException(400, "the body did not arrive") from None

    return mailerlite_events

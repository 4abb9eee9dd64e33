"""Webhook deliveries in Starlette and FastAPI: an endpoint that answers at once, and a dependency."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mailerlite_async.webhooks._events import Event
from mailerlite_async.webhooks._inbox import Inbox
from mailerlite_async.webhooks._parsing import DEFAULT_MAX_BYTES
from mailerlite_async.webhooks._reading import AskForSecrets, FixedSecrets, RefusedError, Verifier

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
    secrets: FixedSecrets | AskForSecrets, *, max_bytes: int = DEFAULT_MAX_BYTES, deadline: float = 2.5
) -> Callable[[Request], Awaitable[list[Event]]]:
    """A FastAPI dependency that gives the events of a verified delivery, to be stored before the answer.

    Args:
        secrets: the secret of the webhook, or those of all webhooks that deliver here; or, for secrets that live in a
            database, a function without arguments that gives them at each delivery: a coroutine function, or a plain
            one, which runs in a thread. While it gives None, `""` or an empty list, deliveries cannot be verified yet:
            they are answered 503, so that MailerLite tries again. What it raises goes to the application.
        max_bytes: the largest body that is taken.
        deadline: seconds after which a body that is still arriving, or a function for the secrets that does not
            answer, is given up.

    Returns:
        The dependency, for `events: Annotated[list[Event], Depends(verified_events(secret))]`. It answers 401 to what
        is not signed, 400 to what is malformed, 408 to what arrives too slowly, 413 to what is too large, and 503 while
        there is no secret, or none in time.

    Raises:
        TypeError: if `secrets` is neither, or a secret is not text.
        ValueError: if there is no secret, or an empty one, or a number is out of range.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    verifier = Verifier(secrets, max_bytes=max_bytes, deadline=deadline)

    async def mailerlite_events(request: Request) -> list[Event]:
        headers = request.headers
        try:
            return await verifier.events(
                request.stream(), headers.get("signature"), headers.get("content-length"), (ClientDisconnect,)
            )
        except RefusedError as refused:
            raise HTTPException(refused.status, refused.text) from None

    return mailerlite_events

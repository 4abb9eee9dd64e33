"""Webhook deliveries in aiohttp.web: a handler that answers at once, and the events of a request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from mailerlite_async.webhooks._events import Event
from mailerlite_async.webhooks._inbox import Inbox
from mailerlite_async.webhooks._parsing import DEFAULT_MAX_BYTES
from mailerlite_async.webhooks._reading import AskForSecrets, FixedSecrets, RefusedError, Verifier

try:
    from aiohttp import ClientPayloadError, web
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        "this needs aiohttp: pip install 'mailerlite-async[aiohttp]'", name=_error.name
    ) from _error

__all__ = ["handler", "setup", "verified_events"]

_LOST = (ClientPayloadError, web.RequestPayloadError, ConnectionError)
_REFUSALS: dict[int, type[web.HTTPException]] = {
    400: web.HTTPBadRequest,
    401: web.HTTPUnauthorized,
    408: web.HTTPRequestTimeout,
    503: web.HTTPServiceUnavailable,
}


def handler(inbox: Inbox) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler that gives deliveries to an inbox and answers at once.

    Args:
        inbox: it must be running when deliveries come: see `setup`.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """

    async def mailerlite_webhook(request: web.Request) -> web.StreamResponse:
        try:
            answer = await inbox.take_stream(
                _chunks(request), request.headers.get("Signature"), content_length=request.content_length
            )
        except _LOST:
            return web.Response(text="the body did not arrive", status=400)
        return web.Response(text=answer.text, status=answer.status)

    return mailerlite_webhook


def setup(app: web.Application, path: str, inbox: Inbox) -> None:
    """Add the route for deliveries, and run the inbox while the application runs.

    Args:
        app: the application, before it starts.
        path: where deliveries go, such as `/webhooks/mailerlite`.
        inbox: what takes them.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """

    async def run_inbox(_: web.Application) -> AsyncIterator[None]:
        async with inbox:
            yield

    app.router.add_post(path, handler(inbox))
    app.cleanup_ctx.append(run_inbox)


def verified_events(
    secrets: FixedSecrets | AskForSecrets, *, max_bytes: int = DEFAULT_MAX_BYTES, deadline: float = 2.5
) -> Callable[[web.Request], Awaitable[list[Event]]]:
    """A function that gives the events of a verified delivery, to be stored before the answer.

    Make it once, and call it in the handler. If a middleware has read the body before, with `read`, `text` or `json` of
    the request, those bytes are taken; else the `client_max_size` of the application does not count for it.

    Args:
        secrets: the secret of the webhook, or those of all webhooks that deliver here; or, for secrets that live in a
            database, a function without arguments that gives them at each delivery: a coroutine function, or a plain
            one, which runs in a thread. While it gives None, `""` or an empty list, deliveries cannot be verified yet:
            they are answered 503, so that MailerLite tries again. What it raises goes to the application.
        max_bytes: the largest body that is taken.
        deadline: seconds after which a body that is still arriving, or a function for the secrets that does not
            answer, is given up.

    Returns:
        The function, for `events = await verified(request)`. It raises the `web.HTTPException` that answers 401 to what
        is not signed, 400 to what is malformed, 408 to what arrives too slowly, 413 to what is too large, and 503 while
        there is no secret, or none in time.

    Raises:
        TypeError: if `secrets` is neither, or a secret is not text.
        ValueError: if there is no secret, or an empty one, or a number is out of range.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    verifier = Verifier(secrets, max_bytes=max_bytes, deadline=deadline)

    async def mailerlite_events(request: web.Request) -> list[Event]:
        try:
            return await verifier.events(
                _chunks(request), request.headers.get("Signature"), request.content_length, _LOST
            )
        except RefusedError as refused:
            if refused.status == 413:
                raise web.HTTPRequestEntityTooLarge(max_bytes, request.content_length or 0, text=refused.text) from None
            raise _REFUSALS[refused.status](text=refused.text) from None

    return mailerlite_events


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    """The body piece by piece, or as a whole if somebody has read it already: the request then keeps it."""
    if request.content.at_eof():
        yield await request.read()
    else:
        async for chunk in request.content.iter_any():
            yield chunk

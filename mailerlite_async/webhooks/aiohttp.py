"""Webhook deliveries in aiohttp.web: a handler that answers at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from mailerlite_async.webhooks._inbox import Inbox

try:
    from aiohttp import ClientPayloadError, web
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        "this needs aiohttp: pip install 'mailerlite-async[aiohttp]'", name=_error.name
    ) from _error

__all__ = ["handler", "setup"]


def handler(inbox: Inbox) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler that gives deliveries to an inbox and answers at once.

    Args:
        inbox: it must be running when deliveries come: see `setup`.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """

    async def mailerlite_webhook(request: web.Request) -> web.StreamResponse:
        try:
            answer = await inbox.take_stream(
                request.content.iter_any(), request.headers.get("Signature"), content_length=request.content_length
            )
        except (ClientPayloadError, web.RequestPayloadError, ConnectionError):
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

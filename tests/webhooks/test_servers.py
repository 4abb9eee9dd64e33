"""Deliveries over real HTTP to FastAPI, Starlette and aiohttp: the emulator fires, the application answers at once."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import queue
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from mailerlite_async import MailerLite
from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.webhooks import Event, Inbox
from tests.support.fresh import run_fresh
from tests.support.web_servers import listen, serve_aiohttp, serve_asgi, url_of
from tests.webhooks.payloads import CAMPAIGN, SECRET, batch, encode, flat, nested, sign

fastapi = pytest.importorskip("fastapi", reason="fastapi is not installed: it is a tool of these tests")
pytest.importorskip("uvicorn", reason="uvicorn is not installed: it is a tool of these tests")
pytest.importorskip("aiohttp", reason="aiohttp is not installed: it is a tool of these tests")

PATH = "/webhooks/mailerlite"
PATIENCE = 20  # seconds until a test that waits for something is taken to have failed


class Desk:
    """Where events arrive; handlers wait while it is closed."""

    def __init__(self) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.opened = threading.Event()
        self.opened.set()
        self.begun = threading.Semaphore(0)

    def __call__(self, event: Event) -> None:
        self.begun.release()
        assert self.opened.wait(PATIENCE)
        self.events.put(event)

    def next(self, count: int = 1) -> list[str]:
        """The types of the events that come next."""
        return [self.events.get(timeout=PATIENCE).type for _ in range(count)]


def fastapi_app(inbox: Inbox, *, in_schema: bool = False) -> Any:
    from mailerlite_async.webhooks.starlette import endpoint

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with inbox:
            yield

    app = fastapi.FastAPI(lifespan=lifespan)
    if in_schema:
        app.post(PATH)(endpoint(inbox))
    else:
        app.add_route(PATH, endpoint(inbox), methods=["POST"])
    return app


def starlette_app(inbox: Inbox) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Route

    from mailerlite_async.webhooks.starlette import endpoint

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with inbox:
            yield

    return Starlette(routes=[Route(PATH, endpoint(inbox), methods=["POST"])], lifespan=lifespan)


def aiohttp_app(inbox: Inbox) -> Any:
    from aiohttp import web

    from mailerlite_async.webhooks.aiohttp import setup

    app = web.Application()
    setup(app, PATH, inbox)
    return app


Serve = Callable[[Inbox, socket.socket], AbstractContextManager[None]]
Post = Callable[..., httpx.Response]

SERVERS: dict[str, Serve] = {
    "fastapi": lambda inbox, listener: serve_asgi(fastapi_app(inbox), listener),
    "starlette": lambda inbox, listener: serve_asgi(starlette_app(inbox), listener),
    "aiohttp": lambda inbox, listener: serve_aiohttp(aiohttp_app(inbox), listener),
}


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Where the events arrive."""
    made = Desk()
    yield made
    made.opened.set()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """The port of the application, which is known before there is one."""
    with listen() as opened:
        yield opened


@pytest.fixture(params=["fastapi", "aiohttp"])
def serve(request: pytest.FixtureRequest) -> Serve:
    """A server of each kind; to Starlette the endpoint is the same as to FastAPI, so a few tests will do."""
    return SERVERS[request.param]


@pytest.fixture
def post(listener: socket.socket) -> Iterator[Post]:
    """Posts a delivery, signed unless told otherwise."""
    with httpx.Client(timeout=PATIENCE, trust_env=False) as client:

        def send(body: bytes, signature: str | None = None) -> httpx.Response:
            headers = {"Signature": sign(body) if signature is None else signature}
            return client.post(url_of(listener) + PATH, content=body, headers=headers)

        yield send


# -- the emulator fires ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("serve", SERVERS.values(), ids=SERVERS)
@pytest.mark.parametrize("batchable", [False, True])
def test_what_the_emulator_sends_by_itself_is_handled(
    serve: Serve, desk: Desk, listener: socket.socket, batchable: bool
) -> None:
    emulator = Emulator()
    events = ["subscriber.created", "subscriber.added_to_group", "subscriber.unsubscribed"]
    with emulator.serve() as api, MailerLite("key", base_url=api) as ml:
        hook = ml.webhooks.create(url_of(listener) + PATH, events, batchable=batchable)
        with serve(Inbox(desk, secrets=hook.secret, workers=1), listener):
            group = ml.groups.create("Romance")
            ann = ml.subscribers.upsert("ann@example.com", groups=[group.id])
            ml.subscribers.update(ann.id, status="unsubscribed")
            assert sorted(desk.next(3)) == sorted(events)
        # Handled may be sooner than noted by the sender; leaving the emulator waits for what is on its way.
    assert {delivery.status for delivery in emulator.deliveries} == {200}


def test_full_queue_is_answered_503_and_filled_by_the_next_attempt(
    serve: Serve, desk: Desk, listener: socket.socket, clock: VirtualClock
) -> None:
    emulator = Emulator(clock=clock)
    desk.opened.clear()
    with MailerLite("key", transport=emulator.transport(), clock=clock) as ml:
        hook = ml.webhooks.create(url_of(listener) + PATH, ["subscriber.created"])
        with serve(Inbox(desk, secrets=hook.secret, workers=1, size=1), listener):
            for name in ("ann", "bob", "eve"):
                ml.subscribers.upsert(f"{name}@example.com")
                emulator.deliver()
                if name == "ann":
                    assert desk.begun.acquire(timeout=PATIENCE)  # with the worker, so that the queue is empty
            assert [delivery.status for delivery in emulator.deliveries] == [200, 200, 503]
            desk.opened.set()
            assert desk.next(2) == ["subscriber.created"] * 2
            clock.advance(10)
            assert [delivery.status for delivery in emulator.deliver()] == [200]
            assert desk.next() == ["subscriber.created"]


def test_webhook_with_another_secret_is_refused(
    serve: Serve, desk: Desk, listener: socket.socket, clock: VirtualClock
) -> None:
    emulator = Emulator(clock=clock)
    with MailerLite("key", transport=emulator.transport(), clock=clock) as ml:
        hook = ml.webhooks.create(url_of(listener) + PATH, ["subscriber.created"])
        with serve(Inbox(desk, secrets=hook.secret[::-1] + "x"), listener):
            ml.subscribers.upsert("ann@example.com")
            assert [delivery.status for delivery in emulator.deliver()] == [401]
        assert ml.webhooks.get(hook.id).response_code == 401
    assert desk.events.empty()


# -- any sender --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("serve", SERVERS.values(), ids=SERVERS)
def test_answers(serve: Serve, desk: Desk, listener: socket.socket, post: Post) -> None:
    body = batch(flat(), nested("campaign.click", campaign=CAMPAIGN))
    with serve(Inbox(desk, secrets=("old", SECRET), max_bytes=10_000), listener):
        assert post(body, "").status_code == 401
        assert post(body, sign(body, "guessed")).status_code == 401
        assert post(body + b" ", sign(body)).status_code == 401
        assert post(b"{").status_code == 400
        assert post(b" " * 10_001).status_code == 413
        assert desk.events.empty()
        answer = post(body, sign(body, "old"))
        assert (answer.status_code, answer.text) == (200, "2 queued, 0 seen before")
        replayed = post(body)
        assert (replayed.status_code, replayed.text) == (200, "0 queued, 2 seen before")
        assert sorted(desk.next(2)) == ["campaign.click", "subscriber.created"]
        url = url_of(listener) + PATH
        assert httpx.post(url, content=body, trust_env=False).status_code == 401
        assert httpx.get(url, trust_env=False).status_code == 405
    assert desk.events.empty()


def test_slow_handler_keeps_nobody_waiting(serve: Serve, desk: Desk, listener: socket.socket, post: Post) -> None:
    desk.opened.clear()
    with serve(Inbox(desk, secrets=SECRET), listener):
        for number in range(20):
            assert post(encode(flat(sent=number))).status_code == 200
        assert desk.events.empty()  # all have been answered, and none has been handled
        desk.opened.set()
        assert len(desk.next(20)) == 20


def test_stopping_the_server_waits_for_what_was_taken(
    serve: Serve, desk: Desk, listener: socket.socket, post: Post
) -> None:
    desk.opened.clear()
    with serve(Inbox(desk, secrets=SECRET, workers=1), listener):
        assert post(batch(*[flat(sent=number) for number in range(5)])).status_code == 200
        assert desk.begun.acquire(timeout=PATIENCE)
        threading.Timer(0.05, desk.opened.set).start()
    assert desk.events.qsize() == 5


def converse(listener: socket.socket, *pieces: bytes) -> bytes:
    """The first line of the answer to a request that never ends."""
    with socket.create_connection(listener.getsockname(), timeout=PATIENCE) as connection:
        connection.sendall(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: localhost\r\nSignature: x\r\n")
        for piece in pieces:
            connection.sendall(piece)
        return connection.recv(4096).partition(b"\r\n")[0]


def test_too_large_a_body_is_refused_before_it_is_there(serve: Serve, desk: Desk, listener: socket.socket) -> None:
    chunk = b"3e8\r\n" + b"x" * 1000 + b"\r\n"
    with serve(Inbox(desk, secrets=SECRET, max_bytes=2500, deadline=PATIENCE), listener):
        assert b" 413 " in converse(listener, b"Content-Length: 99999999999\r\n\r\n")
        assert b" 413 " in converse(listener, b"Transfer-Encoding: chunked\r\n\r\n", chunk * 3)


def test_body_that_does_not_arrive_is_given_up(serve: Serve, desk: Desk, listener: socket.socket, post: Post) -> None:
    with serve(Inbox(desk, secrets=SECRET, deadline=0.1), listener):
        assert b" 408 " in converse(listener, b"Content-Length: 100\r\n\r\n", b"{")
        assert b" 408 " in converse(listener, b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n")


def test_client_that_goes_away_leaves_no_trace(
    serve: Serve, desk: Desk, listener: socket.socket, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(Inbox(desk, secrets=SECRET, deadline=PATIENCE), listener):
        with socket.create_connection(listener.getsockname(), timeout=PATIENCE) as connection:
            connection.sendall(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert post(encode(flat())).status_code == 200
        assert desk.next() == ["subscriber.created"]
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


def test_inbox_that_is_not_running_is_no_success(
    desk: Desk, listener: socket.socket, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    from mailerlite_async.webhooks.starlette import endpoint

    app = fastapi.FastAPI()
    app.add_route(PATH, endpoint(Inbox(desk, secrets=SECRET)), methods=["POST"])
    with serve_asgi(app, listener):
        assert post(encode(flat())).status_code == 500  # which is tried again


def test_endpoint_can_be_a_path_operation(desk: Desk, listener: socket.socket, post: Post) -> None:
    app = fastapi_app(Inbox(desk, secrets=SECRET), in_schema=True)
    with serve_asgi(app, listener):
        assert post(encode(flat())).text == "1 queued, 0 seen before"
        assert desk.next() == ["subscriber.created"]
    assert PATH in app.openapi()["paths"]


# -- the dependency ----------------------------------------------------------------------------------------------------


@pytest.fixture
def stored() -> list[list[Event]]:
    """What the path operation was given, delivery by delivery."""
    return []


def with_fastapi(
    secrets: Any, stored: list[list[Event]], listener: socket.socket, **options: Any
) -> AbstractContextManager[None]:
    """Serve an application with the dependency."""
    from mailerlite_async.webhooks.starlette import verified_events

    app = fastapi.FastAPI()
    verified = verified_events(secrets, **options)

    def receive(events: list[Event] = fastapi.Depends(verified)) -> dict[str, int]:  # noqa: B008  (FastAPI's way)
        stored.append(events)
        return {"events": len(events)}

    app.post(PATH)(receive)
    return serve_asgi(app, listener)


def with_aiohttp(
    secrets: Any, stored: list[list[Event]], listener: socket.socket, **options: Any
) -> AbstractContextManager[None]:
    """Serve an application whose handler asks for the events. It takes but small bodies elsewhere."""
    from aiohttp import web

    from mailerlite_async.webhooks.aiohttp import verified_events

    verified = verified_events(secrets, **options)

    async def receive(request: web.Request) -> web.Response:
        events = await verified(request)
        stored.append(events)
        return web.json_response({"events": len(events)})

    app = web.Application(client_max_size=10)
    app.router.add_post(PATH, receive)
    return serve_aiohttp(app, listener)


@pytest.fixture(params=[with_fastapi, with_aiohttp], ids=["fastapi", "aiohttp"])
def durable(
    request: pytest.FixtureRequest, stored: list[list[Event]], listener: socket.socket
) -> Callable[..., AbstractContextManager[None]]:
    """A server of an application that stores the events of verified deliveries."""
    return functools.partial(request.param, stored=stored, listener=listener)


Durable = Callable[..., AbstractContextManager[None]]


def test_dependency_gives_verified_events(
    durable: Durable, post: Post, listener: socket.socket, stored: list[list[Event]]
) -> None:
    body = batch(flat(), 3)
    chunk = b"3e8\r\n" + b"x" * 1000 + b"\r\n"
    with durable(["old", SECRET], max_bytes=2500, deadline=PATIENCE):
        for secret in (SECRET, "old"):
            answer = post(body, sign(body, secret))
            assert (answer.status_code, answer.json()) == (200, {"events": 2})
        assert [[event.type for event in events] for events in stored] == [["subscriber.created", ""]] * 2
        assert (post(body, "").status_code, post(body, sign(body, "other")).status_code) == (401, 401)
        assert (post(b"[]").status_code, post(b" " * 2501).status_code) == (400, 413)
        assert "unexpected delivery at $: an object was expected" in post(b"[]").text
        assert b" 413 " in converse(listener, b"Content-Length: 99999999999\r\n\r\n")
        assert b" 413 " in converse(listener, b"Transfer-Encoding: chunked\r\n\r\n", chunk * 3)
    assert len(stored) == 2


def test_dependency_gives_up_a_body_that_does_not_arrive(
    durable: Durable, listener: socket.socket, stored: list[list[Event]]
) -> None:
    with durable(SECRET, deadline=0.1):
        assert b" 408 " in converse(listener, b"Content-Length: 100\r\n\r\n", b"{")
        assert b" 408 " in converse(listener, b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n")
    assert stored == []


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_dependency_asks_for_the_secrets_at_each_delivery(
    durable: Durable, post: Post, stored: list[list[Event]], is_coroutine: bool
) -> None:
    current: list[str] = []

    async def ask() -> list[str]:
        return current

    body = encode(flat())
    with durable(ask if is_coroutine else lambda: current):
        refused = post(body)
        assert refused.status_code == 503
        assert "there is no secret yet to verify deliveries with" in refused.text
        current.append("other")
        assert post(body).status_code == 401
        current.append(SECRET)
        assert post(body).status_code == 200
    assert [event.type for events in stored for event in events] == ["subscriber.created"]


def test_dependency_does_not_wait_for_secrets_for_ever(durable: Durable, post: Post, stored: list[list[Event]]) -> None:
    async def ask() -> str:
        await asyncio.sleep(PATIENCE)
        return SECRET

    with durable(ask, deadline=0.1):
        refused = post(encode(flat()))
    assert (refused.status_code, stored) == (503, [])
    assert "the secrets did not come in time" in refused.text


@pytest.mark.parametrize("error", [ConnectionError, TimeoutError, LookupError])
def test_failure_to_get_the_secrets_is_the_applications(
    durable: Durable, post: Post, stored: list[list[Event]], error: type[Exception]
) -> None:
    def ask() -> str:
        raise error

    with durable(ask):
        assert post(encode(flat())).status_code >= 500  # which is tried again; aiohttp has one of its own for time-outs
    assert stored == []


def test_client_that_goes_away_is_no_failure(
    durable: Durable, post: Post, listener: socket.socket, stored: list[list[Event]], caplog: pytest.LogCaptureFixture
) -> None:
    with durable(SECRET, deadline=PATIENCE):
        with socket.create_connection(listener.getsockname(), timeout=PATIENCE) as connection:
            connection.sendall(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert post(encode(flat())).status_code == 200
    assert len(stored) == 1
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


@pytest.mark.parametrize("read", ["read", "text", "json"])
@pytest.mark.parametrize("stored_first", [False, True])
def test_body_that_an_aiohttp_middleware_has_read_is_verified(
    desk: Desk, listener: socket.socket, post: Post, read: str, stored_first: bool
) -> None:
    from aiohttp import web

    from mailerlite_async.webhooks.aiohttp import setup, verified_events

    @web.middleware
    async def log_bodies(request: web.Request, handler: Any) -> Any:
        await getattr(request, read)()
        return await handler(request)

    verified = verified_events(SECRET)

    async def store(request: web.Request) -> web.Response:
        for event in await verified(request):
            desk.events.put(event)
        return web.Response()

    app = web.Application(middlewares=[log_bodies])
    if stored_first:
        app.router.add_post(PATH, store)
    else:
        setup(app, PATH, Inbox(desk, secrets=SECRET))
    with serve_aiohttp(app, listener):
        raw_body = encode(flat())
        assert post(raw_body).status_code == 200
        assert post(raw_body + b" ", sign(raw_body)).status_code == 401
    assert desk.next() == ["subscriber.created"]


@pytest.mark.parametrize("module", ["starlette", "aiohttp"])
def test_dependency_names_mistakes(module: str) -> None:
    verified_events = importlib.import_module(f"mailerlite_async.webhooks.{module}").verified_events
    for mistake, message in (
        ({"secrets": ""}, "secret is empty"),
        ({"secrets": []}, "secrets is empty"),
        ({"max_bytes": 0}, "max_bytes must be at least 1"),
        ({"deadline": 0}, "deadline must be more than 0 seconds"),
    ):
        with pytest.raises(ValueError, match=message):
            verified_events(**{"secrets": SECRET, **mistake})
    with pytest.raises(TypeError, match="secrets must be str or several of them, not NoneType"):
        verified_events(None)
    assert SECRET not in repr(verified_events(SECRET))


@pytest.mark.parametrize(("module", "missing"), [("starlette", "starlette"), ("aiohttp", "aiohttp")])
def test_missing_framework_is_named_with_its_extra(module: str, missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "import mailerlite_async.webhooks\n"
        f"try:\n    import mailerlite_async.webhooks.{module}\n"
        "except ModuleNotFoundError as error:\n    print(error)\n"
    )
    assert f"pip install 'mailerlite-async[{missing}]'" in run_fresh(code)

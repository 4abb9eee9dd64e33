"""The document on webhooks: each piece of code runs as printed, served by its framework and fired at by the emulator."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
import re
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailerlite_async import MailerLite
from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.webhooks import DEFAULT_MAX_BYTES, Event, Inbox, MemoryDedupeStore, parse, receive
from mailerlite_async.webhooks import _parsing as parsing
from tests.support.fresh import ROOT, run_fresh
from tests.support.redis_server import RedisServer
from tests.support.web_servers import listen, serve_aiohttp, serve_asgi, serve_wsgi, url_of
from tests.webhooks.payloads import SECRET, batch, encode, flat, sign

DOCUMENT = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
PATH = "/webhooks/mailerlite"
TOOLS = "is not installed: it is a tool of these tests, and of users who follow the recipe"


def sections() -> dict[str, list[str]]:
    """The code under each heading."""
    found = {}
    for section in re.split(r"^##+ ", DOCUMENT, flags=re.MULTILINE)[1:]:
        title, text = section.split("\n", 1)
        if blocks := re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            found[title] = blocks
    return found


BLOCKS = sections()
USED = {
    "Receive": 1,
    "Rotate the secret": 3,
    "The same event twice": 1,
    "FastAPI": 1,
    "Starlette": 1,
    "aiohttp": 1,
    "FastAPI with a database": 2,
    "aiohttp with a database": 1,
    "Flask": 1,
    "Django": 3,
    "Try it": 1,
}


def run(title: str, number: int = 0) -> dict[str, Any]:
    """The names that the code under a heading defines."""
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(BLOCKS[title][number], f"docs/webhooks.md, {title}", "exec"), names)
    return names


def test_all_code_is_run_by_the_tests_below() -> None:
    assert {title: len(blocks) for title, blocks in BLOCKS.items()} == USED


# -- what the document says --------------------------------------------------------------------------------------------


def test_table_of_events_is_what_the_parser_needs() -> None:
    table = re.findall(r"^\| `(\w+\.\w+)`[^|]*\|(.*)\|$", DOCUMENT, re.MULTILINE)
    parts = ("subscriber", "group", "automation", "campaign")
    shown = {
        name: frozenset(part for part, cell in zip(parts, row.split("|"), strict=False) if cell.strip() == "yes")
        for name, row in table
    }
    assert shown == parsing._NEEDS


def test_numbers_are_those_of_the_package() -> None:
    inbox = {name: each.default for name, each in inspect.signature(Inbox).parameters.items()}
    store = {name: each.default for name, each in inspect.signature(MemoryDedupeStore).parameters.items()}
    for text in (
        f"(`size`, {inbox['size']})",
        f"`deadline`, {inbox['deadline']} s",
        f"| `workers`, {inbox['workers']} |",
        f"`drain` seconds, {inbox['drain']:.0f} unless",
        f"`max_bytes`, {DEFAULT_MAX_BYTES // 2**20} MiB",
        f"`MemoryDedupeStore(size={store['size']:_}, ttl={store['ttl']:.0f})`",
    ):
        assert text in DOCUMENT


# -- without a framework -----------------------------------------------------------------------------------------------


class Post:
    """What the emulator posts, for a function to look at."""

    def __init__(self) -> None:
        self.bodies: list[tuple[dict[str, str], bytes]] = []

    def __call__(self, url: str, headers: Any, body: bytes) -> int:
        self.bodies.append((dict(headers), body))
        return 200


@pytest.fixture
def ml(emulator: Emulator, clock: VirtualClock) -> Iterator[MailerLite]:
    """A client of the emulator."""
    with MailerLite("key", transport=emulator.transport(), clock=clock) as client:
        yield client


def test_receive(ml: MailerLite, emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    answer = run("Receive")["answer"]
    secret = ml.webhooks.create("https://example.com", ["subscriber.unsubscribed"]).secret
    ann = ml.subscribers.upsert("ann@example.com", fields={"name": "Ann"})
    ml.subscribers.update(ann.id, status="unsubscribed")
    post = Post()
    emulator.deliver(post)
    ((headers, body),) = post.bodies
    assert answer(body, headers, secret) == 200
    assert re.fullmatch(r"Ann has left on \S+ \S+\+00:00\n", capsys.readouterr().out)
    assert answer(body, {}, secret) == answer(body + b" ", headers, secret) == 401
    assert answer(body, headers, secret[::-1]) == 401


def test_rotation_loses_nothing(ml: MailerLite, emulator: Emulator, clock: VirtualClock) -> None:
    prepare, begin, end = (
        run("Rotate the secret", step)[name] for step, name in enumerate(("prepare", "begin", "end"))
    )
    old = ml.webhooks.create("https://example.com", ["subscriber.created", "subscriber.deleted"], batchable=True)
    post = Post()

    def happens(name: str) -> None:
        ml.subscribers.upsert(f"{name}@example.com")
        emulator.deliver(post)

    happens("before")
    new = prepare(ml, old.id)
    assert (new.url, new.events, new.batchable, new.name) == (old.url, old.events, True, old.name)
    ml.subscribers.upsert("late@example.com")
    for pause in (0, 10, 100):  # which the old one can deliver at its last attempt only
        clock.advance(pause)
        emulator.deliver(lambda _url, _headers, _body: 503)
    begin(ml, new.id)
    happens("between")
    clock.advance(20 * 60)
    emulator.deliver(post)
    end(ml, old.id)
    happens("after")
    (left,) = ml.webhooks.iter()
    assert (left.id, left.enabled) == (new.id, True)
    people, store = [], MemoryDedupeStore(clock=clock)
    for headers, body in post.bodies:
        for event in receive(body, headers["Signature"], [old.secret, new.secret]):
            if store.add(event.dedupe_key) and event.subscriber:
                people.append(event.subscriber.email)
    assert sorted(people) == [f"{name}@example.com" for name in ("after", "before", "between", "late")]
    assert len(post.bodies) == 5


def test_try_it() -> None:
    printed = DOCUMENT.split("## Try it")[1].split("```text\n")[1].split("```")[0]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        run("Try it")
    assert output.getvalue() == printed


@pytest.mark.system
def test_store_in_redis(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    from redis.asyncio import Redis

    seen: list[str] = []
    body = encode(flat())

    async def main() -> None:
        async with Redis.from_url(server.url) as redis:
            store = run("The same event twice")["RedisDedupeStore"](redis)
            for expected in (1, 0):  # two processes, as it were
                async with Inbox(lambda event: seen.append(event.type), secrets=SECRET, store=store) as inbox:
                    assert (await inbox.take(body, sign(body))).queued == expected
            (event,) = parse(body)
            assert 0 < await redis.ttl(f"mailerlite-event:{event.dedupe_key}") <= 1800
            await store.discard(event.dedupe_key)
            assert await store.add(event.dedupe_key)

    try:
        asyncio.run(main())
    finally:
        server.kill()
    assert seen == ["subscriber.created"]


# -- with frameworks ---------------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """The port of the application, which is known before there is one."""
    with listen() as opened:
        yield opened


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the recipes with a database keep it."""
    path = tmp_path / "events.db"
    monkeypatch.setenv("DATABASE", str(path))
    return path


@pytest.fixture
def secret(ml: MailerLite, listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> str:
    """That of a webhook which delivers to the application, in the environment beside another one."""
    events = ["subscriber.created", "subscriber.unsubscribed", "subscriber.deleted"]
    made = ml.webhooks.create(url_of(listener) + PATH, events, batchable=True).secret
    monkeypatch.setenv("MAILERLITE_WEBHOOK_SECRETS", f"old-secret,{made}")
    return made


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The answer to a delivery."""
    return httpx.post(url, content=body, headers=headers, trust_env=False, timeout=30).status_code


def refused(listener: socket.socket) -> list[int]:
    """The answers to what is not signed, not signed by the right one, and too large."""
    url = url_of(listener) + PATH
    bodies = [
        (b"{}", {}),
        (b"{}", {"Signature": "guessed"}),
        (b" " * (DEFAULT_MAX_BYTES + 1), {"Signature": "guessed"}),
    ]
    return [post(url, body, headers) for body, headers in bodies]


@pytest.mark.parametrize(
    ("title", "serve"), [("FastAPI", serve_asgi), ("Starlette", serve_asgi), ("aiohttp", serve_aiohttp)]
)
@pytest.mark.usefixtures("secret")
def test_inbox_in_a_framework(
    title: str,
    serve: Callable[[Any, socket.socket], AbstractContextManager[None]],
    ml: MailerLite,
    emulator: Emulator,
    listener: socket.socket,
) -> None:
    for tool in (title.lower(), "uvicorn"):
        pytest.importorskip(tool, reason=f"{tool} {TOOLS}")
    recipe = run(title)
    ann = ml.subscribers.upsert("ann@example.com")
    with serve(recipe["app"], listener):
        ml.subscribers.update(ann.id, status="unsubscribed")
        assert [(each.events, each.status) for each in emulator.deliver()] == [
            (("subscriber.created", "subscriber.unsubscribed"), 200)
        ]
        assert refused(listener) == [401, 401, 413]
    # The server waits for the inbox when it stops.
    assert recipe["left"] == [ann.id]


@pytest.mark.parametrize(("title", "serve"), [("FastAPI with a database", serve_asgi), ("Flask", serve_wsgi)])
def test_database_in_a_framework(
    title: str,
    serve: Callable[[Any, socket.socket], AbstractContextManager[None]],
    ml: MailerLite,
    emulator: Emulator,
    secret: str,
    listener: socket.socket,
    database: Path,
) -> None:
    for tool in (title.split(maxsplit=1)[0].lower(), "uvicorn"):
        pytest.importorskip(tool, reason=f"{tool} {TOOLS}")
    recipe = run(title)
    ml.subscribers.upsert("ann@example.com")
    with serve(recipe["app"], listener):
        (delivery,) = emulator.deliver()
        assert delivery.delivered
        assert post(delivery.url, delivery.body, {"Signature": delivery.signature}) == delivery.status
        assert refused(listener) == [401, 401, 413]
        unreadable = batch({"type": "campaign.open"}, flat("subscriber.bounced"))
        post(delivery.url, unreadable, {"Signature": sign(unreadable, secret)})
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT key, type, error, handled FROM events ORDER BY rowid").fetchall()
    (event,), (bad, good) = parse(delivery.body), parse(unreadable)
    assert rows == [
        (event.dedupe_key, "subscriber.created", None, 0),
        (bad.dedupe_key, "campaign.open", str(bad.error), 0),
        (good.dedupe_key, "subscriber.bounced", None, 0),
    ]
    seen: list[Event] = []
    work_off = run("FastAPI with a database", 1)["work_off"]
    with pytest.raises(ZeroDivisionError):
        work_off(lambda _: 1 / 0)
    for _ in range(2):
        work_off(seen.append)
    assert [(event.type, event.dedupe_key) for event in seen] == [
        (name, key) for key, name, error, _ in rows if not error
    ]


def test_secrets_in_the_database(
    ml: MailerLite,
    emulator: Emulator,
    clock: VirtualClock,
    secret: str,
    listener: socket.socket,
    database: Path,
) -> None:
    for tool in ("aiohttp", "uvicorn"):
        pytest.importorskip(tool, reason=f"{tool} {TOOLS}")
    recipe = run("aiohttp with a database")
    ml.subscribers.upsert("ann@example.com")
    with serve_aiohttp(recipe["app"], listener), contextlib.closing(sqlite3.connect(database)) as connection:
        assert [delivery.status for delivery in emulator.deliver()] == [503]
        with connection:
            connection.executemany("INSERT INTO secrets VALUES (?)", [("old-secret",), (secret,)])
        clock.advance(10)
        assert [delivery.status for delivery in emulator.deliver()] == [204]
        assert refused(listener) == [401, 401, 413]
        with connection:
            connection.execute("DELETE FROM secrets WHERE secret = ?", (secret,))
        ml.subscribers.upsert("bob@example.com")
        assert [delivery.status for delivery in emulator.deliver()] == [401]
        assert connection.execute("SELECT type, handled FROM events").fetchall() == [("subscriber.created", 0)]


DJANGO = """
import socket, sys
sys.path.insert(0, {folder!r})
import django
from django.conf import settings

from mailerlite_async import MailerLite
from mailerlite_async.testing import Emulator
from mailerlite_async.webhooks import parse
from tests.support.redis_server import RedisServer
from tests.support.web_servers import listen, serve_wsgi, url_of

emulator = Emulator()
with listen() as listener, MailerLite("key", transport=emulator.transport()) as ml:
    url = url_of(listener) + "/webhooks/mailerlite"
    hook = ml.webhooks.create(url, ["subscriber.created", "subscriber.deleted"], batchable=True)
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="newsletter.urls",
        INSTALLED_APPS=["newsletter"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
        DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {folder!r} + "/events.db"}}}},
        MAILERLITE_WEBHOOK_SECRETS=["old-secret", hook.secret],
        SECRET_KEY="for tests only",
        LOGGING_CONFIG=None,
    )
    django.setup()
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from newsletter.models import Happening

    with connection.schema_editor() as editor:
        editor.create_model(Happening)
    ml.subscribers.upsert("ann@example.com")
    import httpx

    from tests.examples.test_webhooks import post, refused
    from tests.webhooks.payloads import batch, sign

    with serve_wsgi(get_wsgi_application(), listener):
        (delivery,) = emulator.deliver()
        again = post(url, delivery.body, {{"Signature": delivery.signature}})
        print(delivery.status, again, *refused(listener))
        unreadable = batch({{"type": "campaign.open"}})
        print(post(url, unreadable, {{"Signature": sign(unreadable, hook.secret)}}))
        print(httpx.get(url, trust_env=False).status_code)
    (event,), (bad,) = parse(delivery.body), parse(unreadable)
    row, bad_row = Happening.objects.order_by("-type")
    print(row.key == event.dedupe_key, row.type, row.content == event.raw, row.error == "", row.handled)
    print(bad_row.key == bad.dedupe_key, bad_row.content == bad.raw, bad_row.error == str(bad.error), bad_row.handled)
    connection.close()
"""


def test_django(tmp_path: Path) -> None:
    pytest.importorskip("django", reason=f"django {TOOLS}")
    package = tmp_path / "newsletter"
    package.mkdir()
    (package / "__init__.py").touch()
    for name, code in zip(("models", "views", "urls"), BLOCKS["Django"], strict=True):
        (package / f"{name}.py").write_text(code, encoding="utf-8")
    answers, taken, get, stored, unreadable = run_fresh(DJANGO.format(folder=str(tmp_path))).splitlines()
    assert answers == "204 204 401 401 413"
    assert get == "405"
    assert (taken, unreadable) == ("204", "True True True False")
    assert stored == "True subscriber.created True True False"

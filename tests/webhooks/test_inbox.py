"""The inbox answers at once, handles every event once, and loses none without a word."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest

from mailerlite_async import DecodeError, NotHandledError
from mailerlite_async.testing import VirtualClock
from mailerlite_async.webhooks import Answer, Event, Inbox, MemoryDedupeStore
from tests.webhooks.payloads import CAMPAIGN, SECRET, batch, encode, flat, nested, sign

ADDRESS = "john.doe@example.com"


class Handler:
    """Notes what it is given; waits while it is closed, and fails for the types it is told to."""

    def __init__(self, *, failing: str = "", is_open: bool = True) -> None:
        self.seen: list[Event] = []
        self.failing = failing
        self.opened = asyncio.Event()
        if is_open:
            self.opened.set()

    async def __call__(self, event: Event) -> None:
        self.seen.append(event)
        await self.opened.wait()
        if event.type == self.failing:
            raise LookupError(f"{event.raw}")

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.seen]


class Errors:
    """What `on_error` is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Exception]] = []

    async def __call__(self, event: Event, error: Exception) -> None:
        self.told.append((event.type, error))


def body(*names: str) -> bytes:
    """A batch of events of these types, each with content of its own."""
    return batch(*(flat(name, sent=number) for number, name in enumerate(names)))


async def take(inbox: Inbox, raw_body: bytes) -> Answer:
    return await inbox.take(raw_body, sign(raw_body))


async def settle() -> None:
    """Let everybody else run until they wait."""
    await asyncio.sleep(1)


# -- what is answered --------------------------------------------------------------------------------------------------


async def test_events_are_handled_after_the_answer() -> None:
    handler = Handler()
    async with Inbox(handler, secrets=SECRET) as inbox:
        answer = await take(inbox, body("subscriber.created", "subscriber.updated"))
        assert (answer.status, answer.queued, answer.duplicates, handler.seen) == (200, 2, 0, [])
        await settle()
        assert handler.types == ["subscriber.created", "subscriber.updated"]


@pytest.mark.parametrize(
    ("raw_body", "signature", "status"),
    [
        (body("a"), None, 401),
        (body("a"), sign(body("a"), "other"), 401),
        (body("a"), sign(body("b")), 401),
        (b"{", sign(b"{"), 400),
        (b"{", "unsigned", 401),
        (b'{"events": 3}', sign(b'{"events": 3}'), 400),
        (b" " * 2000, sign(b" " * 2000), 413),
        (b" " * 2000, "unsigned", 413),
    ],
)
async def test_what_is_not_right_is_refused(
    raw_body: bytes, signature: str | None, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler()
    async with Inbox(handler, secrets=SECRET, max_bytes=1500) as inbox:
        answer = await inbox.take(raw_body, signature)
    assert (answer.status, answer.queued, handler.seen) == (status, 0, [])
    assert [record.getMessage() for record in caplog.records] == [
        f"a delivery was refused with {status}: {answer.text}"
    ]
    assert ADDRESS not in caplog.text + answer.text


async def test_every_secret_is_good() -> None:
    async with Inbox(Handler(), secrets=("old", SECRET, "new")) as inbox:
        for number, secret in enumerate(("old", SECRET, "new")):
            raw_body = encode(flat(sent=number))
            assert (await inbox.take(raw_body, sign(raw_body, secret))).queued == 1


async def test_delivery_that_comes_again_is_answered_and_not_handled_again() -> None:
    handler = Handler(is_open=False)
    async with Inbox(handler, secrets=SECRET, workers=1) as inbox:
        raw_body = body("a", "b")
        assert await take(inbox, raw_body) == Answer(200, "2 queued, 0 seen before", 2, 0)
        assert await take(inbox, raw_body) == Answer(200, "0 queued, 2 seen before", 0, 2)  # while it waits
        await settle()
        assert await take(inbox, raw_body) == Answer(200, "0 queued, 2 seen before", 0, 2)  # while it is handled
        handler.opened.set()
        await settle()
        assert (await take(inbox, raw_body)).duplicates == 2  # after that
        # Its second event alone is no news either.
        assert (await take(inbox, encode(flat("b", sent=1)))).duplicates == 1
    assert handler.types == ["a", "b"]


async def test_equal_events_in_one_delivery_are_handled_once() -> None:
    handler = Handler()
    click = nested("campaign.click", campaign=CAMPAIGN)
    async with Inbox(handler, secrets=SECRET) as inbox:
        answer = await take(inbox, batch(click, click))
        assert (answer.queued, answer.duplicates) == (1, 1)
    assert handler.types == ["campaign.click"]


async def test_empty_batch_is_taken() -> None:
    async with Inbox(Handler(), secrets=SECRET) as inbox:
        assert await take(inbox, batch()) == Answer(200, "0 queued, 0 seen before")


async def test_slow_handler_does_not_delay_the_answer(clock: VirtualClock) -> None:
    handler = Handler(is_open=False)
    async with Inbox(handler, secrets=SECRET, workers=2) as inbox:
        begun = clock.monotonic()
        for number in range(10):
            assert (await take(inbox, encode(flat(sent=number)))).status == 200
        assert clock.monotonic() == begun
        await settle()
        assert (len(handler.seen), inbox.waiting) == (2, 8)
        handler.opened.set()
    assert len(handler.seen) == 10


# -- room --------------------------------------------------------------------------------------------------------------


async def test_delivery_without_room_is_refused_as_a_whole_and_taken_later() -> None:
    handler = Handler(is_open=False)
    async with Inbox(handler, secrets=SECRET, workers=1, size=3) as inbox:
        assert (await take(inbox, body("a"))).status == 200
        await settle()
        assert (await take(inbox, body("b", "c"))).status == 200
        late = body("d", "e")
        refused = await take(inbox, late)
        assert refused == Answer(503, "there is no room for 2 more events while 2 wait")
        assert inbox.waiting == 2
        # What has been seen needs no room.
        assert (await take(inbox, body("b", "c"))).duplicates == 2
        assert (await take(inbox, encode(flat("f", sent=9)))).status == 200
        handler.opened.set()
        await settle()
        assert await take(inbox, late) == Answer(200, "2 queued, 0 seen before", 2, 0)
    assert sorted(handler.types) == ["a", "b", "c", "d", "e", "f"]


async def test_batch_larger_than_the_queue_is_taken_when_nothing_waits() -> None:
    handler = Handler()
    async with Inbox(handler, secrets=SECRET, size=3) as inbox:
        assert (await take(inbox, body(*"abcdefgh"))).queued == 8
        assert (await take(inbox, body("x"))).status == 503
    assert sorted(handler.types) == [*"abcdefgh"]


# -- failures ----------------------------------------------------------------------------------------------------------


async def test_event_whose_handler_fails_is_reported_and_may_come_again(caplog: pytest.LogCaptureFixture) -> None:
    handler, errors = Handler(failing="a"), Errors()
    async with Inbox(handler, secrets=SECRET, on_error=errors) as inbox:
        raw_body = body("a", "b")
        await take(inbox, raw_body)
        await settle()
        ((name, error),) = errors.told
        assert (name, type(error)) == ("a", LookupError)
        assert ADDRESS in str(error)  # the hook has it all
        (line,) = [record.getMessage() for record in caplog.records]
        assert line.startswith(f"a could not be handled: LookupError at {__file__}:")
        assert ADDRESS not in caplog.text  # the log has nothing personal
        handler.failing = ""
        assert await take(inbox, raw_body) == Answer(200, "1 queued, 1 seen before", 1, 1)
    assert sorted(handler.types) == ["a", "a", "b"]


async def test_event_that_cannot_be_read_is_reported_and_the_others_are_handled() -> None:
    handler, errors = Handler(), Errors()
    async with Inbox(handler, secrets=SECRET, on_error=errors) as inbox:
        assert (await take(inbox, batch(flat(), 3, flat("subscriber.updated")))).queued == 3
    assert handler.types == ["subscriber.created", "subscriber.updated"]
    assert [(name, type(error)) for name, error in errors.told] == [("", DecodeError)]


async def test_hook_that_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    handler = Handler(failing="a")

    async def hook(event: Event, error: Exception) -> None:
        raise OSError(str(error))

    async with Inbox(handler, secrets=SECRET, on_error=hook, workers=1) as inbox:
        await take(inbox, body("a", "b"))
    assert handler.types == ["a", "b"]
    assert "on_error failed: OSError" in caplog.text
    assert ADDRESS not in caplog.text


async def test_cancellation_inside_a_handler_is_a_failure_of_that_event() -> None:
    errors = Errors()
    seen: list[str] = []

    async def handle(event: Event) -> None:
        seen.append(event.type)
        if event.type == "a":
            raise asyncio.CancelledError

    async with Inbox(handle, secrets=SECRET, workers=1, on_error=errors) as inbox:
        await take(inbox, body("a", "b"))
    assert seen == ["a", "b"]
    ((name, error),) = errors.told
    assert (name, type(error), str(error)) == (
        "a",
        NotHandledError,
        "something that the handler waited for was cancelled",
    )


@pytest.mark.parametrize("form", ["function", "partial", "object", "lambda"])
def test_plain_functions_run_in_threads(form: str) -> None:
    threads: list[tuple[str, threading.Thread]] = []
    told: list[str] = []

    def handle(event: Event) -> None:
        threads.append((event.type, threading.current_thread()))
        if event.type == "b":
            raise LookupError

    class Callee:
        def __call__(self, event: Event) -> None:
            handle(event)

    forms: dict[str, Callable[[Event], object]] = {
        "function": handle,
        "partial": functools.partial(handle),
        "object": Callee(),
        "lambda": lambda event: handle(event),
    }

    async def main() -> None:
        async with Inbox(
            forms[form], secrets=SECRET, workers=1, on_error=lambda event, _: told.append(event.type)
        ) as inbox:
            await take(inbox, body("a", "b", "c"))

    asyncio.run(main())
    assert [name for name, _ in threads] == ["a", "b", "c"]
    assert threading.main_thread() not in [thread for _, thread in threads]
    assert told == ["b"]


@pytest.mark.parametrize("form", ["function", "partial", "method", "lambda"])
def test_coroutine_functions_run_on_the_loop(form: str) -> None:
    threads: list[threading.Thread] = []

    async def handle(event: Event) -> None:
        await asyncio.sleep(0)
        threads.append(threading.current_thread())

    class Callee:
        async def handle(self, event: Event) -> None:
            await handle(event)

    forms: dict[str, Callable[[Event], object]] = {
        "function": handle,
        "partial": functools.partial(handle),
        "method": Callee().handle,
        "lambda": lambda event: handle(event),
    }

    async def main() -> None:
        async with Inbox(forms[form], secrets=SECRET) as inbox:
            await take(inbox, body("a"))

    asyncio.run(main())
    assert threads == [threading.main_thread()]


# -- stores ------------------------------------------------------------------------------------------------------------


class SlowStore:
    """A store behind a network."""

    def __init__(self, delay: float = 0.5) -> None:
        self.keys: set[str] = set()
        self.delay = delay

    async def add(self, key: str) -> bool:
        is_new = key not in self.keys
        self.keys.add(key)
        await asyncio.sleep(self.delay)
        return is_new

    async def discard(self, key: str) -> None:
        await asyncio.sleep(self.delay)
        self.keys.discard(key)


async def test_store_may_be_asynchronous() -> None:
    handler, store = Handler(failing="a"), SlowStore()
    async with Inbox(handler, secrets=SECRET, store=store) as inbox:
        assert (await take(inbox, body("a", "b"))).queued == 2
        assert (await take(inbox, body("a", "b"))).duplicates in (1, 2)
    assert "b" in handler.types
    assert len(store.keys) == 1


async def test_delivery_that_is_just_being_taken_is_not_taken_for_a_duplicate() -> None:
    handler, store = Handler(is_open=False), SlowStore()
    async with Inbox(handler, secrets=SECRET, store=store, size=1, workers=1) as inbox:
        await take(inbox, body("x"))
        await take(inbox, encode(flat("y", sent=5)))
        await settle()
        raw_body = body("a", "b")
        answers: list[Answer] = []

        async def send(delay: float) -> None:
            await asyncio.sleep(delay)
            answers.append(await take(inbox, raw_body))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, 0)
            tasks.start_soon(send, 0.25)
        # Neither was queued, so neither may be told that all is well.
        assert [answer.status for answer in answers] == [503, 503]
        assert len(store.keys) == 2
        handler.opened.set()


async def test_store_that_does_not_answer_is_given_up_in_time(clock: VirtualClock) -> None:
    handler, store = Handler(), SlowStore(delay=1)
    async with Inbox(handler, secrets=SECRET, store=store, deadline=2.5) as inbox:
        begun = clock.monotonic()
        answer = await take(inbox, body("a", "b", "c"))
        assert answer == Answer(503, "the store of known events did not answer in time")
        assert clock.monotonic() - begun <= 2 * 2.5
        await settle()
    assert handler.seen == []


@pytest.mark.parametrize("broken", ["add", "discard"])
async def test_store_that_fails_is_no_reason_to_lose_events(broken: str, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(MemoryDedupeStore):
        is_broken = True

        def add(self, key: str) -> bool:
            if self.is_broken and broken == "add" and len(self) == 1:
                raise ConnectionError(ADDRESS)
            return super().add(key)

        def discard(self, key: str) -> None:
            if self.is_broken and broken == "discard":
                raise ConnectionError(ADDRESS)
            super().discard(key)

    handler, store = Handler(failing="a"), Broken()
    async with Inbox(handler, secrets=SECRET, store=store) as inbox:
        answer = await take(inbox, body("a", "b"))
        await settle()
        assert (answer.status, len(handler.seen), len(store)) == ((503, 0, 0) if broken == "add" else (200, 2, 2))
        assert "the store of known events failed: ConnectionError at" in caplog.text
        assert ADDRESS not in caplog.text
        store.is_broken = False
        await take(inbox, body("b"))
    assert handler.types[-1:] == ["b"]


# -- opening and closing -----------------------------------------------------------------------------------------------


async def test_inbox_that_is_not_running_says_so() -> None:
    inbox = Inbox(Handler(), secrets=SECRET)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the inbox is not running: use it in `async with inbox:`"):
            await take(inbox, body("a"))
        with pytest.raises(RuntimeError, match="not running"):
            await inbox.take_stream(chunks(b"x"), "s")
        assert repr(inbox) == "<Inbox: not running>"
        async with inbox:
            with pytest.raises(RuntimeError, match="running already"):
                await inbox.__aenter__()
            assert repr(inbox) == "<Inbox: 0 waiting>"


async def test_inbox_can_be_opened_again() -> None:
    handler = Handler()
    inbox = Inbox(handler, secrets=SECRET)
    for name in ("a", "b"):
        async with inbox:
            await take(inbox, body(name))
    assert handler.types == ["a", "b"]


async def test_closing_waits_for_what_has_been_taken(clock: VirtualClock) -> None:
    done: list[str] = []

    async def handle(event: Event) -> None:
        await asyncio.sleep(2)
        done.append(event.type)

    async with Inbox(handle, secrets=SECRET, workers=1, drain=10) as inbox:
        await take(inbox, body("a", "b", "c"))
        begun = clock.monotonic()
    assert done == ["a", "b", "c"]
    assert clock.monotonic() - begun == pytest.approx(6)


async def test_what_cannot_be_handled_in_time_is_reported(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    handler, errors, store = Handler(is_open=False), Errors(), MemoryDedupeStore()
    async with Inbox(handler, secrets=SECRET, workers=1, drain=10, on_error=errors, store=store) as inbox:
        await take(inbox, body("a", "b", "c"))
        await settle()
        begun = clock.monotonic()
    assert clock.monotonic() - begun == pytest.approx(10)
    assert [(name, type(error)) for name, error in errors.told] == [(name, NotHandledError) for name in "abc"]
    assert "the inbox closed before 3 events were handled" in caplog.text
    assert len(store) == 0


async def test_hook_that_hangs_does_not_keep_the_inbox_open(clock: VirtualClock) -> None:
    async def hook(event: Event, error: Exception) -> None:
        await asyncio.sleep(1e6)

    async with Inbox(Handler(is_open=False), secrets=SECRET, drain=10, on_error=hook) as inbox:
        await take(inbox, body("a", "b", "c"))
        begun = clock.monotonic()
    assert clock.monotonic() - begun == pytest.approx(20)


def test_thread_that_hangs_does_not_keep_the_inbox_open() -> None:
    release, told = threading.Event(), []

    async def hook(event: Event, error: Exception) -> None:
        told.append(event.type)

    async def main() -> None:
        async with Inbox(lambda _: release.wait(), secrets=SECRET, drain=0.01, on_error=hook) as inbox:
            await take(inbox, body("a"))
            await asyncio.sleep(0.01)
        release.set()

    asyncio.run(main())
    assert told == ["a"]


async def test_delivery_that_comes_while_the_inbox_closes_is_to_come_again() -> None:
    handler = Handler(is_open=False)
    inbox = Inbox(handler, secrets=SECRET)
    await inbox.__aenter__()
    await take(inbox, body("a"))
    closing = asyncio.create_task(inbox.__aexit__(None, None, None))
    await settle()
    assert await take(inbox, encode(flat("b", sent=7))) == Answer(503, "the inbox is closing")
    handler.opened.set()
    await closing
    assert handler.types == ["a"]


async def test_inbox_may_be_closed_by_another_task() -> None:
    handler = Handler()
    inbox = Inbox(handler, secrets=SECRET)
    await asyncio.create_task(inbox.__aenter__())
    await take(inbox, body("a"))
    await asyncio.create_task(inbox.__aexit__(None, None, None))
    assert handler.types == ["a"]


async def test_cancelled_application_still_drains() -> None:
    done: list[str] = []
    started = asyncio.Event()

    async def handle(event: Event) -> None:
        started.set()
        await asyncio.sleep(2)
        done.append(event.type)

    async def application() -> None:
        async with Inbox(handle, secrets=SECRET, drain=10) as inbox:
            await take(inbox, body("a"))
            await asyncio.sleep(1e6)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(application)
        await started.wait()
        tasks.cancel_scope.cancel()
    assert done == ["a"]


async def test_application_that_is_cancelled_again_while_it_closes_still_reports(clock: VirtualClock) -> None:
    handler, errors, store = Handler(is_open=False), Errors(), MemoryDedupeStore()

    async def application() -> None:
        async with Inbox(handler, secrets=SECRET, workers=1, drain=1e6, on_error=errors, store=store) as inbox:
            await take(inbox, body("a", "b"))
            await asyncio.sleep(1e6)

    task = asyncio.create_task(application())
    for _ in range(2):
        await settle()
        assert errors.told == []
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(name, type(error)) for name, error in errors.told] == [("a", NotHandledError), ("b", NotHandledError)]
    assert (len(store), clock.monotonic() < 1e6) == (0, True)


# -- secrets that live in a database -----------------------------------------------------------------------------------


async def test_secrets_are_asked_for_at_each_delivery(caplog: pytest.LogCaptureFixture) -> None:
    current: list[Any] = [None, "", [], set(), iter(()), SECRET, ["old", SECRET], iter([SECRET]), "other"]
    asked = iter(current)

    async def secrets() -> Any:
        return next(asked)

    async with Inbox(Handler(), secrets=secrets) as inbox:
        answers = [await take(inbox, encode(flat(sent=number))) for number in range(len(current))]
    assert [answer.status for answer in answers] == [503] * 5 + [200] * 3 + [401]
    assert {answer.text for answer in answers[:5]} == {"there is no secret yet to verify deliveries with"}
    assert sum(answer.queued for answer in answers) == 3
    assert SECRET not in caplog.text


def test_plain_function_for_secrets_runs_in_a_thread() -> None:
    threads: list[threading.Thread] = []

    def secrets() -> str:
        threads.append(threading.current_thread())
        return SECRET

    async def main() -> None:
        for form in (secrets, functools.partial(secrets), lambda: asyncio.sleep(0, secrets())):
            async with Inbox(Handler(), secrets=form) as inbox:
                assert (await take(inbox, body("a"))).status == 200

    asyncio.run(main())
    assert len(threads) == 3
    assert threading.main_thread() not in threads


async def test_secrets_that_do_not_come_are_given_up_in_time(clock: VirtualClock) -> None:
    async def secrets() -> str:
        await asyncio.sleep(1e6)
        return SECRET

    raw_body = body("a")
    async with Inbox(Handler(), secrets=secrets, deadline=2) as inbox:
        for slow in (0.0, 1.5):  # the body and the secrets share the time
            begun = clock.monotonic()
            answer = await inbox.take_stream(chunks(raw_body, delay=slow), sign(raw_body))
            assert answer == Answer(503, "the secrets did not come in time")
            assert clock.monotonic() - begun == pytest.approx(2)


@pytest.mark.parametrize(
    "given",
    [LookupError(ADDRESS), TimeoutError(ADDRESS), ["old", ""], " new", 7, b"a", [b"a"]],
    ids=["fails", "times out", "one is empty", "white space", "number", "bytes", "several bytes"],
)
async def test_secrets_that_cannot_be_had_are_no_reason_to_lose_events(
    given: Any, caplog: pytest.LogCaptureFixture
) -> None:
    broken = True

    async def secrets() -> Any:
        if broken and isinstance(given, Exception):
            raise given
        return given if broken else SECRET

    handler = Handler()
    async with Inbox(handler, secrets=secrets) as inbox:
        assert await take(inbox, body("a")) == Answer(503, "the secrets could not be had")
        broken = False
        assert (await take(inbox, body("a"))).queued == 1
    assert handler.types == ["a"]
    (record,) = caplog.records
    assert record.getMessage().startswith("the secrets could not be had: ")
    assert ADDRESS not in caplog.text


async def test_large_body_is_refused_without_asking_for_secrets() -> None:
    async def secrets() -> str:
        raise AssertionError

    async with Inbox(Handler(), secrets=secrets, max_bytes=25) as inbox:
        assert (await inbox.take_stream(chunks(b"x" * 26), "s")).status == 413


# -- bodies that are still arriving ------------------------------------------------------------------------------------


async def chunks(*pieces: bytes, delay: float = 0, read: list[bytes] | None = None) -> AsyncIterator[bytes]:
    for piece in pieces:
        await asyncio.sleep(delay)
        if read is not None:
            read.append(piece)
        yield piece


async def test_body_is_put_together() -> None:
    handler, raw_body = Handler(), body("a", "b")
    async with Inbox(handler, secrets=SECRET) as inbox:
        pieces = [raw_body[:7], b"", raw_body[7:]]
        answer = await inbox.take_stream(chunks(*pieces), sign(raw_body), content_length=str(len(raw_body)))
    assert (answer.queued, handler.types) == (2, ["a", "b"])


@pytest.mark.parametrize("length", ["9999999999999", 9_999_999, "9" * 6000])
async def test_body_that_says_it_is_too_large_is_not_read(length: str | int) -> None:
    read: list[bytes] = []
    async with Inbox(Handler(), secrets=SECRET) as inbox:
        answer = await inbox.take_stream(chunks(b"x", read=read), "s", content_length=length)
    assert (answer.status, read) == (413, [])


@pytest.mark.parametrize("length", [None, "5", "-1", "many", "\u0665"])
async def test_body_that_gets_too_large_is_not_read_to_its_end(length: str | None) -> None:
    read: list[bytes] = []
    async with Inbox(Handler(), secrets=SECRET, max_bytes=25) as inbox:
        answer = await inbox.take_stream(chunks(*[b"0123456789"] * 100, read=read), "s", content_length=length)
    assert (answer.status, len(read)) == (413, 3)


async def test_body_that_takes_too_long_is_given_up(clock: VirtualClock) -> None:
    async with Inbox(Handler(), secrets=SECRET, deadline=2) as inbox:
        begun = clock.monotonic()
        answer = await inbox.take_stream(chunks(*[b"x"] * 1000, delay=0.3), "s")
        assert answer == Answer(408, "the body did not arrive in time")
        assert clock.monotonic() - begun == pytest.approx(2)


# -- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"secrets": ""}, ValueError, "secret is empty"),
        ({"secrets": []}, ValueError, "secrets is empty"),
        ({"secrets": ["a", ""]}, ValueError, "a secret is empty"),
        ({"secrets": [b"a"]}, TypeError, "a secret must be str, not bytes"),
        ({"secrets": None}, TypeError, "secrets must be str or several of them, not NoneType"),
        ({"secrets": b"a"}, TypeError, "secrets must be str or several of them, not bytes"),
        ({"secrets": ["old", " new"]}, ValueError, "a secret has white space around it"),
        ({"secrets": 7}, TypeError, "secrets must be str or several of them, not int"),
        ({"workers": 0}, ValueError, "workers must be at least 1"),
        ({"size": 0}, ValueError, "size must be at least 1"),
        ({"max_bytes": 0}, ValueError, "max_bytes must be at least 1"),
        ({"deadline": 0}, ValueError, "deadline must be more than 0"),
        ({"drain": -1}, ValueError, "drain must not be less than 0"),
        ({"handle": None}, TypeError, "handle must be a function, not NoneType"),
        ({"on_error": 3}, TypeError, "on_error must be a function, not int"),
    ],
)
def test_mistakes_are_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    given = {"handle": print, "secrets": SECRET, **options}
    with pytest.raises(error, match=message):
        Inbox(given.pop("handle"), **given)


async def test_decoded_body_is_a_mistake() -> None:
    async with Inbox(Handler(), secrets=SECRET) as inbox:
        with pytest.raises(TypeError, match="raw_body must be bytes, not str"):
            await inbox.take(body("a").decode(), "s")  # type: ignore[arg-type]  # the mistake is the point


def test_secrets_are_nowhere_to_be_seen() -> None:
    inbox = Inbox(print, secrets=(SECRET, "another"))
    assert SECRET not in repr(inbox) + repr(vars(inbox)) + repr(vars(inbox._verifier))

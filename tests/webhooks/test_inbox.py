"""The inbox answers at once, handles every event once, and loses none without a word."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from typing import Any

import pytest

from mailerlite_async import DecodeError, NotHandledError
from mailerlite_async.testing import VirtualClock
from mailerlite_async.webhooks import Answer, Event, Inbox, MemoryDedupeStore
from tests.webhooks import inboxes
from tests.webhooks.inboxes import Errors, Handler, body, settle, take
from tests.webhooks.payloads import ADDRESS, CAMPAIGN, SECRET, batch, encode, flat, nested, sign

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
        assert line.startswith(f"a could not be handled: LookupError at {inboxes.__file__}:")
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


async def test_outcome_that_is_no_exception_ends_no_worker(caplog: pytest.LogCaptureFixture) -> None:
    class Panic(BaseException):
        pass

    async def handle(event: Event) -> None:
        seen.append(event.type)
        if event.type == "a":
            raise Panic(ADDRESS)

    seen: list[str] = []
    errors, store = Errors(), MemoryDedupeStore()
    async with Inbox(handle, secrets=SECRET, workers=1, on_error=errors, store=store) as inbox:
        await take(inbox, body("a"))
        await settle()
        assert len(store) == 0
        await take(inbox, body("b"))
    assert seen == ["a", "b"]
    ((name, error),) = errors.told
    assert (name, str(error), type(error.__cause__)) == ("a", "the handler raised Panic", Panic)
    assert __file__ in caplog.text
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
        ({"workers": 2.0}, TypeError, "workers must be a whole number, not float"),
        ({"workers": "4"}, TypeError, "workers must be a whole number, not str"),
        ({"size": 2.5}, TypeError, "size must be a whole number, not float"),
        ({"deadline": None}, TypeError, "deadline must be a number of seconds, not NoneType"),
        ({"deadline": float("nan")}, ValueError, "deadline must be more than 0"),
        ({"drain": None}, TypeError, "drain must be a number of seconds, not NoneType"),
        ({"store": {}}, TypeError, "store must have a method add, which dict has not"),
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

"""What an inbox needs before it can read a delivery: its secrets, and the whole body."""

from __future__ import annotations

import asyncio
import functools
import threading
from typing import Any

import pytest

from mailerlite_async.testing import VirtualClock
from mailerlite_async.webhooks import Answer, Inbox
from tests.webhooks.inboxes import Handler, body, chunks, take
from tests.webhooks.payloads import ADDRESS, SECRET, encode, flat, sign

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

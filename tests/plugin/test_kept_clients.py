"""Clients that outlive a test: each test finds them as if they were new, whatever became of the limits before."""

from __future__ import annotations

import asyncio

import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, MemoryStore, RateLimitError, RateLimits
from mailerlite_async.testing import Emulator
from mailerlite_async.testing._kept_clients import forget_the_account

_pairs: dict[str, tuple[MailerLite, MailerLite]] = {}


@pytest.fixture(params=["apart", "together"])
def pair(request: pytest.FixtureRequest, mailerlite_server: str) -> tuple[MailerLite, MailerLite]:
    """Two clients that are made in the first test and used in all of them; together they share a ledger."""
    if request.param not in _pairs:
        store = MemoryStore() if request.param == "together" else None
        limits = RateLimits(store=store)
        _pairs[request.param] = MailerLite(limits=limits, max_wait=0), MailerLite(limits=limits, max_wait=0)
    return _pairs[request.param]


@pytest.fixture(scope="module", autouse=True)
def _closed() -> object:
    yield
    for clients in _pairs.values():
        for client in clients:
            client.close()
    _pairs.clear()


@pytest.mark.parametrize("number", range(3))
def test_each_test_finds_them_as_new(
    pair: tuple[MailerLite, MailerLite], mailerlite_emulator: Emulator, number: int
) -> None:
    kept, _ = pair
    assert kept.quota.requests.held == 0
    assert kept.quota.requests.reopens_at is None
    assert kept.groups.find("Book club", max_age=3600) is None
    group = kept.groups.create("Book club")
    assert [kept.groups.find("Book club", max_age=3600) for _ in range(2)] == [group, group]
    assert [request.method for request in mailerlite_emulator.requests] == ["GET", "POST", "GET"]
    mailerlite_emulator.fault("rate_limit", seconds=30)
    with pytest.raises(RateLimitError):
        kept.groups.list()
    with pytest.raises(RateLimitError):
        kept.groups.list()
    assert mailerlite_emulator.requests[-1].status == 429


@pytest.mark.parametrize("number", range(2))
def test_those_that_share_a_ledger_go_on_sharing_it(pair: tuple[MailerLite, MailerLite], number: int) -> None:
    first, second = pair
    first.groups.list()
    together = pair is _pairs.get("together")
    assert first.quota.requests.held == 1
    assert second.quota.requests.held == (1 if together else 0)


def test_closed_clients_and_those_of_other_servers_are_let_be(mailerlite_server: str) -> None:
    with MailerLite() as closed, MailerLite("key", base_url="https://api.example.com") as other:
        closed.close()
        ledgers = closed._caller.engine.ledger, other._caller.engine.ledger
        forget_the_account(mailerlite_server)
        assert (closed._caller.engine.ledger, other._caller.engine.ledger) == ledgers


# With a burst of one call, the second waits half an hour.
SLOW = RateLimits(burst=1, period=120 * 1800)


def test_pace_is_forgotten_too(mailerlite_server: str) -> None:
    with MailerLite(limits=SLOW, max_wait=5) as kept:
        kept.groups.list()
        with pytest.raises(RateLimitError):
            kept.with_options(max_wait=0.01).groups.list()
        forget_the_account(mailerlite_server)
        kept.groups.list()


def test_loop_of_a_session_goes_on_meanwhile(mailerlite_server: str) -> None:
    async def main() -> None:
        async with AsyncMailerLite(limits=SLOW, max_wait=5) as kept:
            await kept.groups.list()
            with pytest.raises(RateLimitError):
                await kept.with_options(max_wait=0.01).groups.list()
            await asyncio.to_thread(forget_the_account, mailerlite_server)
            assert kept.quota.requests.held == 0
            await kept.groups.list()

    asyncio.run(main())

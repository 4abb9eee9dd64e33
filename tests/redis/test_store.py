"""How a store in Redis is given to a client, and what is refused; no server is needed."""

from __future__ import annotations

import sys

import pytest

from mailerlite_async import ConfigurationError, MailerLite, MemoryStore, RateLimits, RedisStore
from mailerlite_async.testing import VirtualClock
from tests.support.fresh import run_fresh

URL = "redis://:secret@localhost:6379/0"


def test_an_address_is_a_store() -> None:
    assert RateLimits(store=URL) == RateLimits(store=RedisStore(URL))


@pytest.mark.parametrize("limits", [RedisStore(URL), RateLimits(store=URL), RateLimits(store=RedisStore(URL))])
def test_the_address_is_not_shown(limits: object) -> None:
    assert "secret" not in repr(limits)


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "", 6379])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="redis://") as caught:
        RedisStore(url)
    assert "localhost" not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("timeout", 0), ("fallback_share", 0), ("fallback_share", 1.5)])
def test_numbers_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        RedisStore(URL, **{name: value})  # type: ignore[arg-type]


def test_a_store_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="int"):
        RateLimits(store=3)  # type: ignore[arg-type]


def test_a_memory_store_is_still_a_store() -> None:
    store = MemoryStore()
    assert RateLimits(store=store).store is store


def test_a_client_on_a_virtual_clock_cannot_use_redis() -> None:
    pytest.importorskip("redis")
    with pytest.raises(ConfigurationError, match="clock"):
        MailerLite("key", limits=RateLimits(store=URL), clock=VirtualClock())


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("mailerlite_async._redis")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"mailerlite-async\[redis\]"):
        MailerLite("key", limits=RateLimits(store=URL))


def test_redis_is_not_imported_before_a_client_needs_it() -> None:
    code = "import sys; from mailerlite_async import *; RateLimits(store='redis://x'); MailerLite('key'); print('redis' in sys.modules)"
    assert run_fresh(code).strip() == "False"

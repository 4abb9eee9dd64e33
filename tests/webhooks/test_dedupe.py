"""The store in memory keeps keys up to a number and an age, from any thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mailerlite_async.testing import VirtualClock
from mailerlite_async.webhooks import MemoryDedupeStore


def test_key_is_new_once_until_it_is_discarded() -> None:
    store = MemoryDedupeStore()
    assert [store.add("a"), store.add("b"), store.add("a")] == [True, True, False]
    store.discard("a")
    store.discard("a")
    assert [store.add("a"), store.add("b")] == [True, False]


def test_keys_are_forgotten_with_age(clock: VirtualClock) -> None:
    store = MemoryDedupeStore(ttl=100, clock=clock)
    assert store.add("a")
    clock.advance(60)
    assert [store.add("a"), store.add("b"), len(store)] == [False, True, 2]
    clock.advance(40)
    # A second delivery has not made it any younger.
    assert [len(store), store.add("a"), store.add("b")] == [1, True, False]


def test_all_attempts_of_a_delivery_are_within_the_age(clock: VirtualClock) -> None:
    store = MemoryDedupeStore(clock=clock)
    assert store.add("a")
    for seconds in (3 + 10, 3 + 100, 3 + 1000):
        clock.advance(seconds)
        assert not store.add("a")


def test_oldest_go_when_there_are_too_many() -> None:
    store = MemoryDedupeStore(size=3)
    assert all(store.add(key) for key in "abcd")
    assert [len(store), store.add("d"), store.add("a"), store.add("b")] == [3, False, True, True]


def test_one_of_many_threads_adds_a_key() -> None:
    store = MemoryDedupeStore()
    with ThreadPoolExecutor(8) as threads:
        added = [*threads.map(store.add, [str(number % 50) for number in range(2000)])]
    assert added.count(True) == 50


@pytest.mark.parametrize(
    ("options", "message"),
    [({"size": 0}, "size"), ({"ttl": 0}, "ttl"), ({"ttl": -1.0}, "ttl"), ({"ttl": float("nan")}, "ttl")],
)
def test_bounds_must_be_some(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MemoryDedupeStore(**options)  # type: ignore[arg-type]  # as the parametrization has it

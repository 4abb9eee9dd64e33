"""How a client is told the limits of its account."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from mailerlite_async._fork import renew_in_children

if TYPE_CHECKING:
    from mailerlite_async._ledger import Ledger
    from mailerlite_async._redis.store import RedisStore


class MemoryStore:
    """A ledger several clients of one process share, for instance an async and a sync client of the same account.

    Example:
        limits = RateLimits(store=MemoryStore())
        sync_client, async_client = MailerLite(limits=limits), AsyncMailerLite(limits=limits)
    """

    def __init__(self) -> None:
        self._ledger: Ledger | None = None
        self._lock = threading.Lock()
        renew_in_children(self)

    def __repr__(self) -> str:
        return "<MemoryStore>"

    def ledger(self, make: Callable[[], Ledger]) -> Ledger:
        """The shared ledger; the first client makes it, with its own limits."""
        with self._lock:
            if self._ledger is None:
                self._ledger = make()
            return self._ledger

    def renew(self) -> None:
        """Take a lock of its own in a forked child; the ledger renews itself."""
        self._lock = threading.Lock()


def _number(attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{attribute.name} must be a number, not {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"{attribute.name} must be a finite number")


def _whole(attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{attribute.name} must be a whole number, not {type(value).__name__}")


def _seconds(_: Any, attribute: attrs.Attribute[Any], value: float) -> None:
    _number(attribute, value)
    if not value > 0:
        raise ValueError(f"{attribute.name} must be above 0")


def _count(_: Any, attribute: attrs.Attribute[Any], value: int | None) -> None:
    if value is None and attribute.default is None:
        return
    _whole(attribute, value)
    if value is None or value < 1:
        raise ValueError(f"{attribute.name} must be above 0")


def _part(_: Any, attribute: attrs.Attribute[Any], value: float) -> None:
    _number(attribute, value)
    if not 0 < value <= 1:
        raise ValueError(f"{attribute.name} must be above 0 and at most 1")


def _to_store(value: str | MemoryStore | RedisStore | None) -> MemoryStore | RedisStore | None:
    if isinstance(value, str):
        from mailerlite_async._redis.store import RedisStore  # few programs need it, and each class costs time to make

        return RedisStore(value)
    return value


def _store(_: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is None or isinstance(value, MemoryStore):
        return
    from mailerlite_async._redis.store import RedisStore

    if not isinstance(value, RedisStore):
        raise TypeError(
            f"{attribute.name} must be a MemoryStore, a RedisStore, its address or None, not {type(value).__name__}"
        )


def _not_negative(_: Any, attribute: attrs.Attribute[Any], value: int | None) -> None:
    if value is None:
        return
    _whole(attribute, value)
    if value < 0:
        raise ValueError(f"{attribute.name} must not be negative")


@attrs.frozen(kw_only=True)
class RateLimits:
    """The limits of the account and how to use them. The defaults are those of the service.

    Attributes:
        requests: calls a period; the API's own `x-ratelimit-limit` overrides it as soon as one has arrived.
        imports: creations of imports a period.
        period: seconds.
        burst: how many calls may be sent at once when the client was idle; None: the whole limit. A smaller burst
            spreads the calls and costs time: 60 of 120 about 6 %.
        headroom: calls a period kept free for foreground calls while background work is running, beyond what the
            foreground lately used; None: 3.
        share: the part of the limits this client may use, for a known number of processes without a common store: with
            eight of them `1/8`. If that is less than one call a period, it is one call in `period / (share x limit)`.
        store: a `RedisStore` or its address, shared by all processes of the account; a `MemoryStore`, shared by
            several clients of one process; None: the client has a ledger of its own.

    Raises:
        ValueError: if a number is out of range, naming it.
        TypeError: if one is no number, or `store` is something else, naming it.

    API: https://developers.mailerlite.com/docs/
    """

    requests: int = attrs.field(default=120, validator=_count)
    imports: int = attrs.field(default=5, validator=_count)
    period: float = attrs.field(default=60.0, validator=_seconds)
    burst: int | None = attrs.field(default=None, validator=_count)
    headroom: int | None = attrs.field(default=None, validator=_not_negative)
    share: float = attrs.field(default=1.0, validator=_part)
    store: MemoryStore | RedisStore | None = attrs.field(default=None, converter=_to_store, validator=_store)

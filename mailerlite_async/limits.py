"""How a client is told the limits of its account, and what it tells about them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs

from mailerlite_async._fork import renew_in_children

if TYPE_CHECKING:
    from mailerlite_async._ledger import Ledger


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


def _address(_: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError(f"{attribute.name} of a RedisStore must begin with redis://, rediss:// or unix://")


def _positive(_: Any, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not value > 0:
        raise ValueError(f"{attribute.name} must be above 0")


def _part(_: Any, attribute: attrs.Attribute[Any], value: float) -> None:
    if not 0 < value <= 1:
        raise ValueError(f"{attribute.name} must be above 0 and at most 1")


def _optional_part(_: Any, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None:
        _part(_, attribute, value)


@attrs.frozen(repr=False)
class RedisStore:
    """A ledger all processes of an account share, on any number of hosts; needs the extra `redis`.

    While Redis does not answer, each process goes on with a share of the limits, and no call fails.

    Attributes:
        url: `redis://host:6379/0`, `rediss://...` or `unix://...`.
        prefix: what the names of all keys begin with.
        timeout: seconds to wait for Redis.
        fallback_share: the part of the limits this process uses while Redis does not answer; None: one part for each
            process that was lately seen.

    Raises:
        ValueError: if a value is out of range, naming it.

    Example:
        limits = RateLimits(store=RedisStore("redis://localhost:6379/0", timeout=0.2))
    """

    url: str = attrs.field(validator=_address)
    prefix: str = attrs.field(default="mailerlite", kw_only=True)
    timeout: float = attrs.field(default=0.5, validator=_positive, kw_only=True)
    fallback_share: float | None = attrs.field(default=None, validator=_optional_part, kw_only=True)

    def __repr__(self) -> str:
        return "<RedisStore>"  # the address may hold a password


def _to_store(value: str | MemoryStore | RedisStore | None) -> MemoryStore | RedisStore | None:
    return RedisStore(value) if isinstance(value, str) else value


def _store(_: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, MemoryStore | RedisStore):
        raise TypeError(
            f"{attribute.name} must be a MemoryStore, a RedisStore, its address or None, not {type(value).__name__}"
        )


def _not_negative(_: Any, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not value >= 0:
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
        TypeError: if `store` is something else.

    API: https://developers.mailerlite.com/docs/
    """

    requests: int = attrs.field(default=120, validator=_positive)
    imports: int = attrs.field(default=5, validator=_positive)
    period: float = attrs.field(default=60.0, validator=_positive)
    burst: int | None = attrs.field(default=None, validator=_positive)
    headroom: int | None = attrs.field(default=None, validator=_not_negative)
    share: float = attrs.field(default=1.0, validator=_part)
    store: MemoryStore | RedisStore | None = attrs.field(default=None, converter=_to_store, validator=_store)


@attrs.frozen
class LaneQuota:
    """Where one limit stands at this moment, as far as this client knows.

    Attributes:
        limit: calls a period this client may make.
        available: calls that could be sent at once.
        held: calls in flight, and calls answered less than a period ago.
        waiting: calls in the waiting line.
        reopens_at: aware, UTC: until then the API has told us to wait; None if it has not.
    """

    limit: int
    available: int
    held: int
    waiting: int
    reopens_at: datetime | None


@attrs.frozen
class Quota:
    """Both limits: `requests` for every call, `imports` for the creation of imports."""

    requests: LaneQuota
    imports: LaneQuota

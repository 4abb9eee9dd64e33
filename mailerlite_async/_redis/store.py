"""Which Redis holds the ledger that several processes share."""

from __future__ import annotations

from typing import Any

import attrs


def _address(_: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError(f"{attribute.name} of a RedisStore must begin with redis://, rediss:// or unix://")


def _positive(_: Any, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not value > 0:
        raise ValueError(f"{attribute.name} must be above 0")


def _optional_part(_: Any, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not 0 < value <= 1:
        raise ValueError(f"{attribute.name} must be above 0 and at most 1")


@attrs.frozen(repr=False)
class RedisStore:
    """A ledger all processes of an account share, on any number of hosts; needs the extra `redis`.

    While Redis does not answer, each process goes on with a share of the limits, and no call fails. The way to Redis
    and back does not count for `max_wait`.

    Attributes:
        url: `redis://host:6379/0`, `rediss://...` or `unix://...`.
        prefix: what the names of all keys begin with.
        timeout: seconds to wait for Redis. While it is silent, a call may take three of these to be refused, whatever
            its `max_wait`.
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

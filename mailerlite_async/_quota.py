"""What `client.quota` shows: the ledger's standing, with wall-clock dates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs

from mailerlite_async._clock import Clock
from mailerlite_async._ledger import Ledger
from mailerlite_async.errors import Lane

if TYPE_CHECKING:
    from mailerlite_async._redis.ledger import SharedLedger


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


def quota_of(ledger: Ledger | SharedLedger, clock: Clock) -> Quota:
    """Both lanes as they stand now."""

    def lane(name: Lane) -> LaneQuota:
        limit, available, held, waiting, closed_for = ledger.standing(name, clock.monotonic())
        reopens_at = None if closed_for is None else datetime.fromtimestamp(clock.time() + closed_for, UTC)
        return LaneQuota(limit, available, held, waiting, reopens_at)

    return Quota(requests=lane("requests"), imports=lane("imports"))

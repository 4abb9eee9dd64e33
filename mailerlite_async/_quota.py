"""What `client.quota` shows: the ledger's standing, with wall-clock dates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailerlite_async._clock import Clock
from mailerlite_async._ledger import Ledger
from mailerlite_async.errors import Lane
from mailerlite_async.limits import LaneQuota, Quota

if TYPE_CHECKING:
    from mailerlite_async._redis.ledger import SharedLedger


def quota_of(ledger: Ledger | SharedLedger, clock: Clock) -> Quota:
    """Both lanes as they stand now."""

    def lane(name: Lane) -> LaneQuota:
        limit, available, held, waiting, closed_for = ledger.standing(name, clock.monotonic())
        reopens_at = None if closed_for is None else datetime.fromtimestamp(clock.time() + closed_for, UTC)
        return LaneQuota(limit, available, held, waiting, reopens_at)

    return Quota(requests=lane("requests"), imports=lane("imports"))

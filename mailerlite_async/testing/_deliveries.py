"""Deliveries of webhooks: what waits for its time on the clock, what is tried again, and the log."""

from __future__ import annotations

import hashlib
import heapq
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from ._moment import Moment
from ._webhooks_state import Webhook, Webhooks
from ._wire import encode_json

DEADLINE_SECONDS: Final = 3.0
RETRY_DELAYS: Final = (10.0, 100.0, 1000.0)
# How many events the service puts into one body is not known.
LARGEST_BATCH: Final = 50
# A clock that has been moved in steps may stand a rounding error before what is due.
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to deliver to a webhook.

    Attributes:
        webhook_id: the id of the webhook.
        events: the names of the events in the body, one unless the webhook is batchable.
        url: where it went.
        attempt: 1 to 4.
        at: when it was sent, in monotonic seconds of the emulator's clock.
        status: what the receiver answered in time; None without such an answer.
        fault: why there was no answer, such as `timeout`; None if there was one.
        body: the body as sent.
        signature: the `Signature` header, the HMAC of that body.
    """

    webhook_id: str
    events: tuple[str, ...]
    url: str
    attempt: int
    at: float
    status: int | None
    fault: str | None
    body: bytes
    signature: str

    @property
    def delivered(self) -> bool:
        """Whether the receiver accepted it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class Parcel:
    """One body on its way to a webhook, the same bytes in every attempt."""

    webhook: Webhook
    batched: bool
    events: list[str] = field(default_factory=list)
    payloads: list[Mapping[str, object]] = field(default_factory=list)
    attempt: int = 1
    body: bytes = b""

    @property
    def signature(self) -> str:
        """The HMAC-SHA256 of the body in lower-case hexadecimal digits, keyed with the secret of the webhook."""
        return hmac.new(self.webhook.secret.encode(), self.body, hashlib.sha256).hexdigest()

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request."""
        return {"Content-Type": "application/json", "Signature": self.signature}

    def seal(self) -> None:
        """Write the body, unless an attempt before has."""
        if not self.body:
            envelope = {"events": self.payloads, "total": len(self.payloads)}
            self.body = encode_json(envelope if self.batched else self.payloads[0])
            self.payloads = []


class Deliveries:
    """The queue and the log. Sending is somebody else's: parcels are taken, and settled once it is known how it went.

    Events of a batchable webhook that wait for their first attempt share a body.
    """

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._numbers = count()
        self._queue: list[tuple[float, int, Parcel]] = []
        self._open: dict[int, Parcel] = {}
        self.log: list[Delivery] = []

    def add(self, webhook: Webhook, event: str, payload: Mapping[str, object], now: Moment) -> None:
        """Queue an event for a webhook, due at once."""
        parcel = self._open.get(webhook.id) if webhook.batchable else None
        if parcel is None or len(parcel.events) >= LARGEST_BATCH:
            parcel = Parcel(webhook, webhook.batchable)
            self._put(parcel, now.monotonic)
            if webhook.batchable:
                self._open[webhook.id] = parcel
        parcel.events.append(event)
        parcel.payloads.append(payload)

    def take(self, now: Moment) -> Parcel | None:
        """Take the next parcel that is due; those whose webhook was deleted or disabled meanwhile are dropped."""
        while self._queue and self._queue[0][0] <= now.monotonic + _ROUNDING:
            parcel = heapq.heappop(self._queue)[2]
            if self._open.get(parcel.webhook.id) is parcel:
                del self._open[parcel.webhook.id]
            if parcel.webhook.enabled and parcel.webhook.id in self._webhooks:
                parcel.seal()
                return parcel
        return None

    def put_back(self, parcel: Parcel, now: Moment) -> None:
        """Queue a parcel again that has not been sent."""
        self._put(parcel, now.monotonic)

    def settle(self, parcel: Parcel, url: str, answer: int | str, sent: Moment, now: Moment) -> Delivery:
        """Log an attempt, note it in the webhook and, if it failed and was not the last, queue the next.

        Args:
            parcel: what was taken.
            url: where it was sent.
            answer: the status of the receiver's answer, or the fault that came in its place.
            sent: when it was sent.
            now: when the outcome was known.
        """
        webhook = parcel.webhook
        if isinstance(answer, int) and now.monotonic - sent.monotonic > DEADLINE_SECONDS + _ROUNDING:
            answer = "timeout"
        status, fault = (answer, None) if isinstance(answer, int) else (None, answer)
        delivery = Delivery(
            str(webhook.id),
            tuple(parcel.events),
            url,
            parcel.attempt,
            sent.monotonic,
            status,
            fault,
            parcel.body,
            parcel.signature,
        )
        self.log.append(delivery)
        # Firing is a change of the webhook, by the dates of a recorded one.
        webhook.last_fired_at = webhook.updated_at = sent.naive_date()
        if status is not None:
            webhook.response_code = status
        if not delivery.delivered and parcel.attempt <= len(RETRY_DELAYS):
            due = now.monotonic + RETRY_DELAYS[parcel.attempt - 1]
            parcel.attempt += 1
            self._put(parcel, due)
        return delivery

    def _put(self, parcel: Parcel, due: float) -> None:
        heapq.heappush(self._queue, (due, next(self._numbers), parcel))

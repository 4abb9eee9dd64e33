"""What answers and errors leave open: what of a chunk was carried out, and what another try may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mailerlite_async._call import Call
from mailerlite_async._flow import Exchange, Flow
from mailerlite_async.bulk._chunk import Outcome
from mailerlite_async.bulk._model import Way
from mailerlite_async.errors import (
    APIError,
    CheckpointError,
    InDoubtError,
    MailerLiteError,
    RateLimitError,
    ServerError,
    TransportError,
    WaitTimeoutError,
)

ANSWERS_WITHIN = 10.0
"""Seconds that a job which is left waits for answers that cannot be had again: a batch takes the API less."""

_OF_THE_MOMENT = (408, 429)


class Account:
    """What a chunk under way has sent: announced before its first call, and whether any may have been carried out."""

    def __init__(self, announce: Callable[[], object]) -> None:
        self._announce = announce
        self.announced = False
        self.received = False

    def handle(self, effect: Any) -> Flow[Any]:
        """Keep account of an effect of the chunk's flow."""
        if isinstance(effect, Exchange):
            return (yield from self._exchange(effect))
        if isinstance(effect, Call) and effect.method != "GET":
            return (yield from self._exchange(Exchange(effect))).value
        return (yield effect)

    def _exchange(self, exchange: Exchange[Any]) -> Flow[Any]:
        try:
            response = yield msgspec.structs.replace(exchange, before=_both(self._before, exchange.before))
        except MailerLiteError as error:
            self.received = self.received or not _is_unsent(error, exchange.call)
            raise
        self.received = True
        return response

    def _before(self) -> None:
        if not self.announced:
            self._announce()
            self.announced = True


def _both(announce: Callable[[], object], before: Callable[[], object] | None) -> Callable[[], object]:
    if before is None:
        return announce
    also = before

    def act() -> None:
        announce()
        also()

    return act


def may_pass(said: Outcome) -> bool:
    """Whether what the API said of a row is about the moment, not about the row: 408, 429 or 5xx."""
    return said.status is not None and (said.status in _OF_THE_MOMENT or said.status >= 500)


def is_outage(said: Outcome | MailerLiteError) -> bool:
    """Whether a service that is down, or refuses everything, would say so."""
    if isinstance(said, Outcome):
        return may_pass(said)
    return isinstance(said, TransportError | ServerError | RateLimitError)


def _is_unsent(error: MailerLiteError, call: Call[Any]) -> bool:
    """Whether it is certain that the API has carried nothing out, in any of the attempts."""
    if isinstance(error, TransportError):
        return not error.maybe_received
    if isinstance(error, APIError) and not isinstance(error, ServerError):
        # What may be repeated may have gone unanswered before it was refused.
        return not call.repeatable or error.attempts <= 1
    return isinstance(error, CheckpointError)


def is_in_doubt(error: MailerLiteError, way: Way | None) -> bool:
    """Whether a row that failed so, by this way, may have been carried out."""
    if way == "import" and (isinstance(error, WaitTimeoutError) or getattr(error, "method", "") == "GET"):
        return True  # the import was taken, only its report is missing
    if isinstance(error, TransportError):
        return error.maybe_received
    return isinstance(error, InDoubtError | ServerError)

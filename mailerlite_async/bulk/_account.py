"""What one chunk under way has sent, so that its checkpoint can tell what is in doubt from what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mailerlite_async._call import Call
from mailerlite_async._flow import Exchange, Flow
from mailerlite_async.errors import APIError, CheckpointError, MailerLiteError, ServerError, TransportError

ANSWERS_WITHIN = 10.0
"""Seconds that a job which is left waits for answers that cannot be had again: a batch takes the API less."""


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


def _is_unsent(error: MailerLiteError, call: Call[Any]) -> bool:
    """Whether it is certain that the API has carried nothing out, in any of the attempts."""
    if isinstance(error, TransportError):
        return not error.maybe_received
    if isinstance(error, APIError) and not isinstance(error, ServerError):
        # What may be repeated may have gone unanswered before it was refused.
        return not call.repeatable or error.attempts <= 1
    return isinstance(error, CheckpointError)

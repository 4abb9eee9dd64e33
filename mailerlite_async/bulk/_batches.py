"""Sending a chunk as a batch or as single calls, until it is known of each row what became of it.

One row that the API cannot digest must not cost the others anything: a batch refused as a whole is halved until the
guilty row is alone, and rows that failed for the moment are sent once more in a smaller batch. A batch on which the API
itself fails, again and again though it answers others, is halved in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import msgspec

from mailerlite_async._batch import answers_in, batch
from mailerlite_async._call import Call
from mailerlite_async._codec import Raw, returns_nothing
from mailerlite_async._flow import Exchange, Flow, Sleep
from mailerlite_async.bulk._chunk import Chunk, ChunkOutcome, Outcome
from mailerlite_async.errors import (
    APIError,
    AuthenticationError,
    DecodeError,
    MailerLiteError,
    NotSentError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TransportError,
)

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 60.0
_MOST_ROUNDS = 6

# The search for rows that the API fails on: how often a part is sent, how many rows are searched for, and how often in
# a row all halves may fail before that looks like an outage.
_SEARCH_TRIES = 2
_MOST_GUILTY = 5
_MOST_BARREN = 2


def batch_flow(chunk: Chunk, calls: list[Call[Any]], is_up: Callable[[], bool]) -> Flow[ChunkOutcome]:
    """Send the rows of a chunk.

    Args:
        chunk: the rows; its way is `batch` or `single`.
        calls: the call of each row.
        is_up: tells whether the API seems to answer other chunks, so that a fault may lie in a row of this one.

    Returns:
        What became of them.
    """
    return (yield from _Sending(chunk, calls, is_up).run())


class _Sending:
    """What is known so far of the rows of one chunk."""

    def __init__(self, chunk: Chunk, calls: list[Call[Any]], is_up: Callable[[], bool]) -> None:
        self._calls = calls
        self._is_up = is_up
        self._searching = False
        self._doubted = chunk.doubt is not None
        self._known: list[Outcome | MailerLiteError | None] = [None] * len(calls)
        self._attempts = [0] * len(calls)
        # Rows whose call may already have been carried out: what a DELETE does not find then is what it should delete.
        self._in_doubt = [self._doubted] * len(calls)
        self._requests = 0
        self._imports = 0
        self._stop: MailerLiteError | None = None

    def run(self) -> Flow[ChunkOutcome]:
        """Send all rows; those that failed for the moment several times."""
        left = list(range(len(self._calls)))
        pause = _FIRST_PAUSE
        for round_ in range(_MOST_ROUNDS):
            yield from self._send(left)
            if self._stop is not None:
                break
            left = [index for index in left if self._may_improve(index)]
            if not left or round_ == _MOST_ROUNDS - 1:
                break
            yield Sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
        return ChunkOutcome(list(self._settled()), requests=self._requests, imports=self._imports, stop=self._stop)

    def _send(self, rows: list[int]) -> Flow[None]:
        parts = [rows]
        while parts and self._stop is None:
            part = parts.pop()
            parts += yield from (self._send_one(part[0]) if len(part) == 1 else self._send_batch(part))

    def _settled(self) -> Iterator[Outcome | MailerLiteError]:
        for known in self._known:
            if known is None:
                assert self._stop is not None  # only a job that was stopped leaves rows behind
                yield NotSentError(self._stop)
            else:
                yield known

    def _send_one(self, index: int) -> Flow[list[list[int]]]:
        call = self._calls[index]
        self._count(call)
        raw = attrs.evolve(call, returns=Raw(nothing=returns_nothing(call)))
        try:
            response = yield Exchange(self._patiently(raw))
        except APIError as error:
            attempts = self._attempts[index] + error.attempts
            if self._is_gone(index, error.status):
                self._known[index] = Outcome(204, attempts=attempts)
            elif _is_final(error):
                body = msgspec.json.encode({"message": error.message, "errors": error.errors})
                self._known[index] = Outcome(error.status, body, attempts)
            else:
                self._failed([index], error)
        except MailerLiteError as error:
            self._failed([index], error)
        else:
            self._attempts[index] += response.attempts
            self._known[index] = Outcome(response.status, response.value, self._attempts[index])
        return []

    def _send_batch(self, part: list[int]) -> Flow[list[list[int]]]:
        """Send rows as one batch; returns the parts that have to be sent instead."""
        call: Call[Any] = batch([self._calls[index] for index in part])
        self._count(call)
        try:
            response = yield Exchange(self._patiently(attrs.evolve(call, returns=Raw())))
            answers = answers_in(response.value, len(part), lenient=call.uses_import_lane)
        except APIError as error:
            if _is_final(error):
                # Nothing of it was carried out. Whatever the reason, the rows are told it one by one.
                return [*reversed(_halves(part))]
            self._failed(part, error)
            if isinstance(error, ServerError) and call.repeatable and not self._searching and self._is_up():
                yield from self._search(part)
            return []
        except DecodeError as error:
            error.method, error.route = call.method, call.route
            self._failed(part, error)
            return []
        except MailerLiteError as error:
            self._failed(part, error)
            return []
        for place, index in enumerate(part):
            self._attempts[index] += response.attempts
            code, body = answers[place] if answers is not None else (None, b"")
            self._in_doubt[index] = self._in_doubt[index] or response.attempts > 1
            if self._is_gone(index, code):
                code, body = 204, b""
            if code is not None and (code == 408 or code >= 500):
                self._in_doubt[index] = True
            self._known[index] = Outcome(code, body, self._attempts[index])
            if code in (401, 403) and self._stop is None:
                self._stop = _denied(code, self._calls[index], self._attempts[index])
        return []

    def _failed(self, part: list[int], error: MailerLiteError) -> None:
        """Note that nobody knows more of these rows than the error says."""
        if isinstance(error, AuthenticationError | PermissionDeniedError):
            self._stop = error
        for index in part:
            self._attempts[index] += getattr(error, "attempts", 1)
        if len(part) == 1 and isinstance(error, APIError | TransportError):
            error.attempts = self._attempts[part[0]]
        # In a search, an error that is certain does not undo the doubt in which the calls before it have left the rows.
        if not self._searching or isinstance(error, ServerError) or getattr(error, "maybe_received", False):
            for index in part:
                self._known[index] = error

    def _search(self, part: list[int]) -> Flow[None]:
        """Find the few rows that the API fails on, so that the others are carried out.

        Parts that fail are halved again and again. The rows of those that are given up keep their error.
        """
        self._searching = True
        for index in part:
            self._in_doubt[index] = True
        failed = [part]
        barren = 0
        while failed and len(failed) <= _MOST_GUILTY and barren < _MOST_BARREN and self._stop is None:
            halves = [half for each in failed for half in _halves(each)]
            failed = []
            for half in halves:
                if self._stop is None and not (yield from self._try(half)):
                    failed.append(half)
            barren = barren + 1 if len(failed) == len(halves) else 0
            failed = [each for each in failed if len(each) > 1]
        self._searching = False

    def _try(self, part: list[int]) -> Flow[bool]:
        """Send rows in a hurry; returns whether the API had an answer for each."""
        for turn in range(_SEARCH_TRIES):
            if turn:
                yield Sleep(_FIRST_PAUSE)
            yield from self._send(part)
            if self._stop is not None or not any(isinstance(self._known[index], MailerLiteError) for index in part):
                return True
        return False

    def _patiently(self, call: Call[Any]) -> Call[Any]:
        """The call as it is; during a search, without repetitions of its own after a fault."""
        return attrs.evolve(call, repeatable=False) if self._searching else call

    def _count(self, call: Call[Any]) -> None:
        self._requests += 1
        self._imports += call.uses_import_lane

    def _is_gone(self, index: int, status: int | None) -> bool:
        call = self._calls[index]
        return self._in_doubt[index] and status == 404 and call.method == "DELETE" and returns_nothing(call)

    def _may_improve(self, index: int) -> bool:
        """Whether a row was answered within a batch with what another try may change."""
        known = self._known[index]
        if not isinstance(known, Outcome) or known.status is None:
            return False
        return known.status == 429 or (self._calls[index].repeatable and (known.status == 408 or known.status >= 500))


def _halves(part: Sequence[int]) -> tuple[list[int], list[int]]:
    middle = len(part) // 2
    return [*part[:middle]], [*part[middle:]]


def _is_final(error: APIError) -> bool:
    """Whether the API has looked at the call and refused it, for a reason that lies in the call."""
    return error.status is not None and not isinstance(
        error, ServerError | RateLimitError | AuthenticationError | PermissionDeniedError
    )


def _denied(status: int, call: Call[Any], attempts: int) -> APIError:
    cls = AuthenticationError if status == 401 else PermissionDeniedError
    return cls(status=status, method=call.method, route=call.route, path=call.path, attempts=attempts)

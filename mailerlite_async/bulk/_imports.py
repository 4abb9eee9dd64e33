"""An import chunk from its rows to their outcomes: sent in as few imports as possible, waited for, and settled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import attrs

from mailerlite_async._bodies import encode
from mailerlite_async._call import Call
from mailerlite_async._flow import Exchange, Flow, Response, intercepted
from mailerlite_async.bulk._chunk import MOST_IMPORT_BYTES, Chunk, ChunkOutcome, Item, Outcome
from mailerlite_async.bulk._model import BulkImport, ImportState
from mailerlite_async.bulk._settling import Ended, settle
from mailerlite_async.calls import groups, imports
from mailerlite_async.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    MailerLiteError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    TransportError,
    ValidationError,
    WaitTimeoutError,
)
from mailerlite_async.models import ImportJob, ImportReport

ANEW: Final = "anew"
"""Stands among the ids of a chunk's imports where the chunk was begun anew: the imports before it do not count."""

# A refusal that names no row may concern all of them. After so many rows that were refused alone with the same words,
# while nothing was taken, it is taken to: five imports a minute are too few to ask for every row.
_ENOUGH_ALONE: Final = 5
_REQUEST_TIMEOUT: Final = 408
_ROW_OF_ERROR: Final = re.compile(r"subscribers\.([0-9]+)(?:\.|$)")


@attrs.define(eq=False)
class ChunkSizes:
    """How much goes into one import; one for all chunks of a job.

    Attributes:
        bytes: of the rows of an import. It becomes less when the API finds an import too large.
    """

    bytes: int = MOST_IMPORT_BYTES


def import_flow(
    chunk: Chunk,
    *,
    timeout: float,
    sizes: ChunkSizes,
    note: Callable[[str], None],
    on_import: Callable[[BulkImport], object] | None = None,
) -> Flow[ChunkOutcome]:
    """Import the rows of a chunk into its group and find out what became of each.

    Args:
        chunk: the rows and the group. If an earlier run made imports of all of them, these are waited for instead.
        timeout: seconds to wait for each import.
        sizes: how much goes into one import.
        note: told the id of each import as soon as it was taken, and `ANEW` if those of the earlier run do not count.
        on_import: told each step of each import.

    Returns:
        What became of the rows. No error of the API is raised.
    """
    return _ImportFlow(chunk, timeout, sizes, note, on_import).run()


def imports_of(chunk: Chunk, outcome: ChunkOutcome) -> Iterator[BulkImport]:
    """The imports that a chunk became in an earlier run."""
    rows: dict[int, list[Item]] = {}
    for item, said in zip(chunk.items, outcome.items, strict=True):
        if isinstance(said, Outcome) and said.report is not None:
            rows.setdefault(said.report, []).append(item)
    for index, items in rows.items():
        report = outcome.reports[index]
        yield BulkImport("taken", items[0].input, items[-1].input, len(items), report.id, report)


@attrs.frozen
class _Part:
    """Rows that go into one import, by their place in the chunk, and how often they were sent before."""

    rows: Sequence[int]
    sent: int = 0

    def again(self, rows: Sequence[int]) -> _Part:
        """Some of the rows, after one more call."""
        return _Part(rows, self.sent + 1)


@attrs.frozen
class _Taken:
    """An import that the API took."""

    job: str
    rows: Sequence[int]
    attempts: int


class _ImportFlow:
    """One run of the flow, with what it knows so far."""

    def __init__(
        self,
        chunk: Chunk,
        timeout: float,
        sizes: ChunkSizes,
        note: Callable[[str], None],
        on_import: Callable[[BulkImport], object] | None,
    ) -> None:
        assert chunk.group_id is not None  # the cutting gives every import chunk its group
        self._items = chunk.items
        self._group_id = chunk.group_id
        self._jobs = chunk.jobs
        self._timeout = timeout
        self._sizes = sizes
        self._note = note
        self._on_import = on_import
        self._results: list[Outcome | MailerLiteError | None] = [None] * len(chunk.items)
        self._reports: list[ImportReport] = []
        self._requests = 0
        self._imports = 0
        self._stop: MailerLiteError | None = None
        self._refused_alone = 0
        self._words: tuple[str, Any] | None = None

    def run(self) -> Flow[ChunkOutcome]:
        """The whole flow, its calls counted."""
        yield from intercepted(self._carry_out(), self._count)
        found = [result for result in self._results if result is not None]
        assert len(found) == len(self._items)  # settling leaves no row open
        return ChunkOutcome(found, self._reports, self._requests, self._imports, self._stop)

    def _carry_out(self) -> Flow[None]:
        ended = (yield from self._resume()) if self._jobs else None
        if ended is None:
            if self._jobs:
                self._note(ANEW)
            taken = yield from self._send()
            ended = yield from self._wait_for(taken)
        stop = yield from settle(self._items, self._group_id, ended, self._results)
        self._stop = self._stop or stop

    def _count(self, effect: Any) -> Flow[Any]:
        call = effect.call if isinstance(effect, Exchange) else effect
        if isinstance(call, Call):
            self._requests += 1
            self._imports += call.uses_import_lane
        return (yield effect)

    # -- imports of an earlier run -------------------------------------------------------------------------------------

    def _resume(self) -> Flow[list[Ended] | None]:
        """Wait for the imports of an earlier run; None if they are not those of the whole chunk."""
        jobs = list(self._jobs)
        while ANEW in jobs:
            del jobs[: jobs.index(ANEW) + 1]
        ends: list[tuple[ImportReport, WaitTimeoutError | None]] = []
        # Which rows each of them had shows when all of them are known.
        self._tell("sending", range(len(self._items)))
        for job in jobs:
            try:
                ends.append(((yield from imports.wait(job, timeout=self._timeout)), None))
            except WaitTimeoutError as error:
                ends.append((error.report, error))
            except NotFoundError:
                return None
            except MailerLiteError as error:
                self._note_stop(error)
                self._give(range(len(self._items)), error)
                return []
        if sum(report.total for report, _ in ends) != len(self._items):
            return None
        # Parts are sent in the order of the rows, so the totals tell which rows each of them had.
        ended: list[Ended] = []
        first = 0
        for report, late in ends:
            rows = range(first, first + report.total)
            first = rows.stop
            if rows:
                self._tell("taken", rows, report.id, report)
            if late is None:
                ended.append(self._ended(rows, report, attempts=0))
            else:
                self._give(rows, late)
        return ended

    # -- sending -------------------------------------------------------------------------------------------------------

    def _send(self) -> Flow[list[_Taken]]:
        taken: list[_Taken] = []
        parts = [_Part(range(len(self._items)))]
        while parts:
            part = parts.pop()
            pieces = list(_cut(self._items, part.rows, self._sizes.bytes))
            if len(pieces) > 1:
                parts += [_Part(rows, part.sent) for rows in reversed(pieces)]
                continue
            try:
                answer: Response[ImportJob] = yield Exchange(
                    self._call(part), partial(self._tell, "sending", part.rows)
                )
                job = answer.value
            except (AuthenticationError, PermissionDeniedError) as error:
                self._tell("not_taken", part.rows)
                self._note_stop(error)
                for each in (part, *parts):
                    self._give(each.rows, error)
                break
            except NotFoundError as error:
                self._tell("not_taken", part.rows)
                self._answer_all([part.again(part.rows), *parts], error)
                break
            except (ValidationError, BadRequestError) as error:
                self._tell("not_taken", part.rows)
                rest = self._without_refused(part, error)
                parts += rest
                if not taken and self._concerns_all(error):
                    self._answer_all(parts, error)
                    break
            except APIError as error:
                if not (isinstance(error, ServerError) or error.status == _REQUEST_TIMEOUT):
                    self._tell("not_taken", part.rows)
                if error.status == 413:
                    parts += self._smaller(part)
                else:
                    self._give(part.rows, error)
            except MailerLiteError as error:
                if isinstance(error, TransportError) and not error.maybe_received:
                    self._tell("not_taken", part.rows)
                self._give(part.rows, error)
            else:
                self._note(job.id)
                self._tell("taken", part.rows, job.id)
                taken.append(_Taken(job.id, part.rows, part.sent + 1))
        return taken

    def _call(self, part: _Part) -> Call[ImportJob]:
        entries = [self._items[row].body for row in part.rows]
        call = groups.import_subscribers(self._group_id, entries[:1])
        # The entries were checked when they were made; another copy of each would show in the memory of the process.
        body = {**call.json, "subscribers": entries}
        # The same rows once more lead to the same state, and a second import costs less than a row in doubt.
        return attrs.evolve(call, json=body, repeatable=True)

    def _smaller(self, part: _Part) -> list[_Part]:
        if len(part.rows) == 1:
            self._give(part.rows, Outcome(refused="too_large", attempts=part.sent + 1))
            return []
        size = sum(_size(self._items[row]) for row in part.rows)
        self._sizes.bytes = min(self._sizes.bytes, size // 2)
        return [part.again(part.rows)]

    def _without_refused(self, part: _Part, error: APIError) -> list[_Part]:
        """What is left to send after a refusal, the last to be sent first."""
        named = _named_rows(error, len(part.rows))
        for place, detail in named.items():
            self._results[part.rows[place]] = Outcome(refused="validation", detail=detail, attempts=part.sent + 1)
        if named:
            rest = [row for place, row in enumerate(part.rows) if place not in named]
            return [part.again(rest)] if rest else []
        if len(part.rows) > 1:
            middle = len(part.rows) // 2
            return [part.again(part.rows[middle:]), part.again(part.rows[:middle])]
        self._give(part.rows, _answered(error, part.sent + 1))
        words = error.message, error.errors
        self._refused_alone = self._refused_alone + 1 if words == self._words else 1
        self._words = words
        return []

    def _concerns_all(self, error: APIError) -> bool:
        plan = isinstance(error, ValidationError) and error.reason == "plan" and not error.errors
        return plan or self._refused_alone >= _ENOUGH_ALONE

    # -- waiting -------------------------------------------------------------------------------------------------------

    def _wait_for(self, taken: Sequence[_Taken]) -> Flow[list[Ended]]:
        ended: list[Ended] = []
        denied: MailerLiteError | None = None
        for each in taken:
            if denied is not None:
                self._give(each.rows, denied)
                continue
            try:
                tell = partial(self._tell, "taken", each.rows, each.job)
                report = yield from imports.wait(each.job, timeout=self._timeout, on_progress=tell)
            except MailerLiteError as error:
                if self._note_stop(error):
                    denied = error
                self._give(each.rows, error)
            else:
                ended.append(self._ended(each.rows, report, each.attempts))
        return ended

    def _ended(self, rows: Sequence[int], report: ImportReport, attempts: int) -> Ended:
        self._reports.append(report)
        return Ended(rows, report, len(self._reports) - 1, attempts)

    # -- results -------------------------------------------------------------------------------------------------------

    def _note_stop(self, error: MailerLiteError) -> bool:
        if not isinstance(error, AuthenticationError | PermissionDeniedError):
            return False
        self._stop = self._stop or error
        return True

    def _tell(
        self, state: ImportState, rows: Sequence[int], job: str | None = None, report: ImportReport | None = None
    ) -> None:
        if self._on_import is not None:
            first, last = self._items[rows[0]].input, self._items[rows[-1]].input
            self._on_import(BulkImport(state, first, last, len(rows), job, report))

    def _give(self, rows: Sequence[int], result: Outcome | MailerLiteError) -> None:
        for row in rows:
            self._results[row] = result

    def _answer_all(self, parts: Sequence[_Part], error: APIError) -> None:
        for part in parts:
            self._give(part.rows, _answered(error, part.sent))


def _size(item: Item) -> int:
    return max(1, item.size)


def _cut(items: Sequence[Item], rows: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    """Cut rows into parts of so many bytes; a row that is larger is a part of its own."""
    start = size = 0
    for place, row in enumerate(rows):
        size += _size(items[row])
        if size > most and place > start:
            yield rows[start:place]
            start, size = place, _size(items[row])
    yield rows[start:]


def _named_rows(error: APIError, rows: int) -> dict[int, str]:
    """The rows that a refusal names, with the API's words. They say the number of the row, which is nobody's number."""
    texts: dict[int, str] = {}
    for key, messages in error.errors.items():
        named = _ROW_OF_ERROR.match(key)
        if named is None or int(named[1]) >= rows:
            continue
        place = int(named[1])
        text = " ".join(messages).replace(f"subscribers.{place}.", "")
        texts[place] = f"{texts[place]} {text}" if place in texts else text
    return texts


def _answered(error: APIError, attempts: int) -> Outcome:
    return Outcome(error.status, encode({"message": error.message, "errors": error.errors}), attempts)

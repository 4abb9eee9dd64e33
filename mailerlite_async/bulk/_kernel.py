"""A bulk job without its input and output: takes rows, says which chunks may be sent, and gives results in order.

A shell feeds it, runs the flows it starts, side by side, and hands out what it gives.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import attrs

from mailerlite_async._call import Call
from mailerlite_async._flow import Flow, intercepted
from mailerlite_async.bulk._batches import batch_flow
from mailerlite_async.bulk._checkpoint import Checkpoint
from mailerlite_async.bulk._chunk import MOST_IMPORT_BYTES, MOST_IMPORT_ROWS, Chunk, ChunkOutcome, Outcome
from mailerlite_async.bulk._cutting import Cutter
from mailerlite_async.bulk._doubt import Account, is_in_doubt, is_outage, may_pass
from mailerlite_async.bulk._imports import ChunkSizes, import_flow, imports_of
from mailerlite_async.bulk._kept import fingerprint
from mailerlite_async.bulk._model import BulkImport, BulkResult, BulkSummary
from mailerlite_async.bulk._operations import Work
from mailerlite_async.bulk._reading import read_result
from mailerlite_async.bulk._upserting import upsert_refused, was_sent_alone
from mailerlite_async.errors import (
    CheckpointError,
    InDoubtError,
    InvalidRowError,
    MailerLiteError,
    NotSentError,
)

MOST_IN_FLIGHT = 16
"""Chunks under way: enough for the whole limit even if a batch takes the API eight seconds."""

# Rows whose result has not been handed out: what bounds the memory, since each takes more than a kilobyte. Three large
# imports side by side keep the limit of five a minute busy unless one takes longer than half a minute.
_MOST_HELD = 3 * MOST_IMPORT_ROWS
# The same for rows that are larger than most.
_MOST_BYTES = 3 * MOST_IMPORT_BYTES
# The service is down, or refuses everything: to go on would only fail row after row.
_MOST_FAILURES = 3
_TOO_MANY = 429


@attrs.define
class _Started:
    """A chunk with what is known of it."""

    chunk: Chunk
    calls: list[Call[Any]]
    recovered: bool = False


class Kernel:
    """One job.

    Args:
        work: the operation.
        checkpoint: where it is kept; None for nowhere.
        total: how many rows there are, if that is known.
        timeout: seconds to wait for each import.
        on_progress: called with the summary after each chunk.
        on_import: called with each step of an import.
    """

    def __init__(
        self,
        work: Work,
        *,
        checkpoint: Checkpoint | None,
        total: int | None,
        timeout: float,
        on_progress: Callable[[BulkSummary], object] | None,
        on_import: Callable[[BulkImport], object] | None = None,
    ) -> None:
        self._work = work
        self._checkpoint = checkpoint
        self._timeout = timeout
        self._on_progress = on_progress
        self._on_import = on_import
        self._cutter = Cutter(work)
        self._sizes = ChunkSizes()
        self._waiting: deque[_Started] = deque()
        self._outstanding: set[int] = set()
        self._busy: dict[str, int] = {}
        self._in_flight = 0
        self._read = 0
        self._given = 0
        self._results: dict[int, BulkResult[Any]] = {}
        self._ended = False
        self._failures = 0
        self._answered = False
        self._accounts: dict[int, Account] = {}
        self._total = total
        self._held_bytes = 0
        self._counts: Counter[str] = Counter()
        self._stopped_by: MailerLiteError | None = None

    @property
    def summary(self) -> BulkSummary:
        """Where the job stands."""
        return BulkSummary(**self._counts, total=self._total, stopped_by=self._stopped_by)

    # -- rows in -------------------------------------------------------------------------------------------------------

    @property
    def wants_rows(self) -> bool:
        """Whether it can take another row."""
        if self._ended or self._read - self._given >= _MOST_HELD or len(self._waiting) >= MOST_IN_FLIGHT:
            return False
        # With nothing under way, only another row can fill one of the chunks that are open.
        return self._held_bytes < _MOST_BYTES or self.idle

    def add(self, given: object) -> None:
        """Take a row.

        Raises:
            CheckpointError: if the rows are not those of the checkpoint.
        """
        row = self._read
        self._read += 1
        self._counts["read"] = self._read
        if self._stopped_by is not None and not self._may_be_known:
            self._settle(BulkResult(row, given, error=NotSentError(self._stopped_by)))
            return
        try:
            item = self._work.item(row, given)
        except InvalidRowError as error:
            self._settle(BulkResult(row, given, error=error))
            self._enter(self._cutter.advance(row))
            return
        self._held_bytes += item.size
        self._enter(self._cutter.add(item))

    def end(self, *, failed: bool = False) -> None:
        """There are no more rows; `failed` says that the source raised, so that there might have been more."""
        self._ended = True
        if not failed or self._checkpoint is None:
            self._enter(self._cutter.end())
            return
        # Cut short they are no chunks of a run that gets all rows: it could not tell that they were sent.
        for chunk in self._cutter.end():
            self._not_sent(chunk, self._stopped_by)

    # -- chunks out, outcomes in ---------------------------------------------------------------------------------------

    def start(self) -> tuple[Chunk, Flow[ChunkOutcome]] | None:
        """The next chunk that may be sent, with the flow that sends it; None if there is none at the moment."""
        if self._in_flight >= MOST_IN_FLIGHT:
            return None
        for started in self._waiting:
            if not started.chunk.after & self._outstanding:
                self._waiting.remove(started)
                self._in_flight += 1
                return started.chunk, self._flow(started)
        return None

    def finish(self, chunk: Chunk, outcome: ChunkOutcome) -> None:
        """A chunk that was started has ended, and was kept."""
        self._in_flight -= 1
        started = _Started(chunk, self._calls_of(chunk))
        self._close(started, outcome)
        failed = bool(outcome.items) and all(is_outage(said) for said in outcome.items)
        self._failures = self._failures + 1 if failed else 0
        self._answered = self._answered or not failed
        stop = outcome.stop or next((said for said in outcome.items if isinstance(said, CheckpointError)), None)
        if stop is None and self._failures >= _MOST_FAILURES:
            stop = self._result(started, 0, outcome).error
        if stop is not None and self._stopped_by is None:
            self._halt(stop)
        if self._on_progress is not None:
            self._on_progress(self.summary)

    def keep(self, chunk: Chunk, outcome: ChunkOutcome) -> None:
        """Put what became of a chunk into the checkpoint, if there is one; a second time, nothing happens.

        To be called for all chunks that have ended before any of them is finished: whoever is told may end the job.
        """
        account = self._accounts.pop(chunk.number, None)
        if self._checkpoint is None or account is None:
            return
        said = [each for each in outcome.items if isinstance(each, Outcome)]
        if outcome.stop is not None or len(said) < len(outcome.items):
            if account.announced and not account.received:
                self._checkpoint.not_sent(chunk.number)
            return
        if any(map(may_pass, said)):
            if self._may_repeat(chunk):
                return  # the next run gives it another try
            if all(each.status == _TOO_MANY for each in said):
                self._checkpoint.not_sent(chunk.number)
                return
        self._checkpoint.finished(chunk.number, outcome)

    def is_announced(self, chunk: Chunk) -> bool:
        """Whether the checkpoint has it that this chunk, which was started, was sent."""
        return chunk.number in self._accounts and self._accounts[chunk.number].announced

    def is_unsafe(self, chunk: Chunk) -> bool:
        """Whether no other run could send this chunk again if it was sent and its answer is lost."""
        return chunk.number in self._accounts and not self._may_repeat(chunk)

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, and nothing can be started."""
        return self._in_flight == 0 and not self._waiting

    # -- results out ---------------------------------------------------------------------------------------------------

    def results(self) -> Iterator[BulkResult[Any]]:
        """The results that are next in order."""
        while (result := self._results.pop(self._given, None)) is not None:
            self._given += 1
            yield result

    @property
    def finished(self) -> bool:
        """Whether all rows were read, and all results handed out."""
        return self._ended and self._given == self._read

    def conclude(self) -> None:
        """All results were handed out."""
        if self._checkpoint is not None and self._stopped_by is None:
            self._checkpoint.complete()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _enter(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            chunk.after = {self._busy[item.key] for item in chunk.items if item.key in self._busy}
            started = _Started(chunk, self._calls_of(chunk))
            if self._checkpoint is not None and self._may_be_known and self._known_before(started, self._checkpoint):
                continue
            if self._stopped_by is not None:
                self._not_sent(chunk, self._stopped_by)
                continue
            if self._work.keeps_order:
                self._busy.update((item.key, chunk.number) for item in chunk.items)
            self._outstanding.add(chunk.number)
            self._waiting.append(started)

    @property
    def _may_be_known(self) -> bool:
        """Whether the checkpoint can be asked for a chunk, which it can after the job was stopped, too."""
        return self._checkpoint is not None and not isinstance(self._stopped_by, CheckpointError)

    def _known_before(self, started: _Started, checkpoint: Checkpoint) -> bool:
        """Whether the checkpoint settles a chunk, so that it is not sent."""
        chunk = started.chunk
        kept = checkpoint.kept(chunk.number)
        if kept is None:
            return False
        if kept.rows != len(chunk.items) or kept.fingerprint != fingerprint(chunk.items):
            raise CheckpointError(
                f"the rows are not those of the checkpoint: something differs between row {chunk.items[0].row} and row "
                f"{chunk.items[-1].row}"
            )
        if kept.outcome is not None:
            started.recovered = True
            if self._on_import is not None:
                for step in imports_of(chunk, kept.outcome):
                    self._on_import(step)
            self._close(started, kept.outcome)
            return True
        if self._may_repeat(chunk):
            chunk.doubt = "repeated"
            chunk.jobs = kept.jobs
            return False
        chunk.doubt = "left"
        self._close(started, ChunkOutcome([InDoubtError() for _ in chunk.items]))
        return True

    def _calls_of(self, chunk: Chunk) -> list[Call[Any]]:
        return [] if chunk.way == "import" else [self._work.call(item) for item in chunk.items]

    def _flow(self, started: _Started) -> Flow[ChunkOutcome]:
        chunk = started.chunk
        checkpoint = self._checkpoint
        if chunk.way == "import":
            note = partial(checkpoint.note, chunk.number) if checkpoint is not None else _ignore
            flow = import_flow(chunk, timeout=self._timeout, sizes=self._sizes, note=note, on_import=self._on_import)
            if self._work.operation == "upsert":
                flow = upsert_refused(flow, chunk, self._work.call, self._is_up)
        else:
            flow = batch_flow(chunk, started.calls, self._is_up)
        if checkpoint is None:
            return flow
        announce = partial(checkpoint.sending, chunk.number, fingerprint(chunk.items), len(chunk.items))
        account = self._accounts[chunk.number] = Account(announce)
        return intercepted(flow, account.handle)

    def _is_up(self) -> bool:
        """Whether the service seems to be up, though one chunk fails; asked in any thread."""
        return self._failures == 0 and (self._answered or self._in_flight == 1)

    def _may_repeat(self, chunk: Chunk) -> bool:
        return chunk.way == "import" or all(call.repeatable for call in self._calls_of(chunk))

    def _close(self, started: _Started, outcome: ChunkOutcome) -> None:
        chunk = started.chunk
        for place, item in enumerate(chunk.items):
            self._settle(self._result(started, place, outcome))
            if self._busy.get(item.key) == chunk.number:
                del self._busy[item.key]
        self._leave(chunk)
        if not started.recovered:
            self._count(requests=outcome.requests, imports=outcome.imports)

    def _result(self, started: _Started, place: int, outcome: ChunkOutcome) -> BulkResult[Any]:
        item, said = started.chunk.items[place], outcome.items[place]
        alone = self._work.call(item) if was_sent_alone(said) and not started.calls else None
        return read_result(
            item,
            said,
            chunk=started.chunk,
            call=started.calls[place] if started.calls else alone,
            reports=outcome.reports,
            recovered=started.recovered,
        )

    def _halt(self, cause: MailerLiteError) -> None:
        """Send nothing more."""
        self._stopped_by = cause
        while self._waiting:
            self._not_sent(self._waiting.popleft().chunk, cause)
        if not self._may_be_known:
            self._enter(self._cutter.end())

    def _not_sent(self, chunk: Chunk, cause: MailerLiteError | None) -> None:
        for item in chunk.items:
            self._settle(BulkResult(item.row, item.input, error=NotSentError(cause), doubt=chunk.doubt))
        self._leave(chunk)

    def _leave(self, chunk: Chunk) -> None:
        self._outstanding.discard(chunk.number)
        self._held_bytes -= sum(item.size for item in chunk.items)

    def _settle(self, result: BulkResult[Any]) -> None:
        """The result of a row is known, though others may have to be handed out before it."""
        self._results[result.row] = result
        error = result.error
        self._count(
            done=error is None,
            failed=error is not None,
            not_sent=isinstance(error, NotSentError),
            in_doubt=error is not None and self._work.operation != "get" and is_in_doubt(error, result.way),
            repeated=result.doubt == "repeated",
            recovered=result.recovered,
        )

    def _count(self, **more: int) -> None:
        for name, number in more.items():
            self._counts[name] += number


def _ignore(_import_id: str) -> None:
    """Nobody keeps account."""

"""A bulk job run by a few threads of its own, which end with it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Callable, Generator, Iterator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from mailerlite_async._clock import start_thread
from mailerlite_async._flow import Flow
from mailerlite_async._sync.caller import SyncCaller
from mailerlite_async._sync.halt import Halt, HaltedError
from mailerlite_async.bulk._chunk import Chunk, ChunkOutcome
from mailerlite_async.bulk._doubt import ANSWERS_WITHIN
from mailerlite_async.bulk._job import JobSettings, job_options
from mailerlite_async.bulk._kernel import Kernel
from mailerlite_async.bulk._model import BulkResult, BulkSummary
from mailerlite_async.errors import CheckpointError

if TYPE_CHECKING:
    from mailerlite_async._sync.engine import SyncEngine

T = TypeVar("T")

# Rows read before it is looked whether a chunk has ended.
_BLOCK = 200


class BulkJob(Generic[T]):
    """Iterate over it to carry it out and get a `BulkResult` for each row, in order.

    Leaving the loop early stops the job, and so do `close` and the end of a `with` block. A job with a checkpoint whose
    rows are not safe to send twice (`forget`) then waits for the answers under way, for 10 seconds at most. It can be
    iterated once. The rows are read, and `on_progress` is called, in the thread of the caller.
    """

    def __init__(self, caller: SyncCaller, settings: JobSettings) -> None:
        settings.check()
        engine: SyncEngine = caller.engine
        self._caller = SyncCaller(engine, job_options(caller.options))
        self._settings = settings
        self._kernel: Kernel | None = None
        # Weak, so that a loop that is left stops the job though somebody still has this.
        self._stream: weakref.ref[Generator[BulkResult[T], None, None]] | None = None

    def __repr__(self) -> str:
        return f"<BulkJob {self._settings.work.operation}, {self.summary.finished} rows finished>"

    @property
    def summary(self) -> BulkSummary:
        """Where the job stands."""
        return self._kernel.summary if self._kernel is not None else BulkSummary(total=self._settings.total)

    def run(self) -> BulkSummary:
        """Carry the job out for its summary alone.

        Returns:
            The summary.

        Raises:
            CheckpointError: if the checkpoint cannot be used.
            Exception: what the source of the rows raises, when all rows before it are settled.
        """
        for _ in self:
            pass
        return self.summary

    def close(self) -> None:
        """Stop the job, and let go of its checkpoint. Nothing happens to a job that has ended or not begun."""
        stream = None if self._stream is None else self._stream()
        if stream is not None:
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Generator[BulkResult[T], None, None]:
        if self._stream is not None:
            raise RuntimeError("this job has been carried out: make another one")
        stream = self._results()
        self._stream = weakref.ref(stream)
        return stream

    def _results(self) -> Generator[BulkResult[T], None, None]:
        kernel, checkpoint = self._settings.open(self._caller.engine.config.base_url)
        self._kernel = kernel
        workers = _Workers(self._caller)
        rows = iter(self._settings.rows)
        failure: Exception | None = None
        process = os.getpid()
        try:
            while True:
                while (started := kernel.start()) is not None:
                    workers.start(*started)
                yield from kernel.results()
                if os.getpid() != process:
                    raise RuntimeError(
                        "this job was under way before this process was forked: only the one that started it can go on"
                    )
                if kernel.finished:
                    break
                if kernel.wants_rows:
                    failure = _feed(kernel, rows)
                    ended = workers.ended()
                else:
                    ended = workers.wait()
                for chunk, outcome in ended:
                    kernel.keep(chunk, outcome)
                for chunk, outcome in ended:
                    kernel.finish(chunk, outcome)
            if failure is not None:
                raise failure
            kernel.conclude()
        finally:
            workers.stop()
            try:
                # A child has none of the threads, and a program that ends lets them do nothing more.
                if os.getpid() == process and not sys.is_finalizing():
                    _keep_last(kernel, workers)
            finally:
                if checkpoint is not None:
                    checkpoint.close()


def _feed(kernel: Kernel, rows: Iterator[object]) -> Exception | None:
    """Give the job a block of rows; returns what the source raised, if it did.

    Each row is taken before the source goes on, since a source may hand out the same object again, changed.
    """
    for _ in range(_BLOCK):
        try:
            given = next(rows)
        except StopIteration:
            kernel.end()
            return None
        except Exception as error:  # noqa: BLE001  (raised again when all rows before it are settled)
            kernel.end(failed=True)
            return error
        kernel.add(given)
    return None


def _keep_last(kernel: Kernel, workers: _Workers) -> None:
    """Keep the answers that have come since; those that cannot be had again are waited for."""
    try:
        workers.wait_for(kernel.is_unsafe, ANSWERS_WITHIN)
    finally:
        # What cannot be kept is in doubt, and what ends the job should be told rather than this.
        with contextlib.suppress(CheckpointError):
            for chunk, outcome in workers.answered():
                kernel.keep(chunk, outcome)


class _Workers:
    """Threads that run the flows of chunks, one for each chunk under way.

    They are daemons: what a thread has sent when the program ends is nobody's any more, and a checkpoint knows of it.
    """

    def __init__(self, caller: SyncCaller) -> None:
        self._caller = caller
        self._clock = caller.engine.clock
        self._halt = Halt(self._clock)
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._running: set[Chunk] = set()
        self._ended: list[tuple[Chunk, ChunkOutcome]] = []
        self._failure: BaseException | None = None

    def start(self, chunk: Chunk, flow: Flow[ChunkOutcome]) -> None:
        """Run a flow."""
        with self._lock:
            self._running.add(chunk)
        start_thread(self._clock, partial(self._work, chunk, flow))

    def ended(self) -> list[tuple[Chunk, ChunkOutcome]]:
        """The chunks that have ended since.

        Raises:
            BaseException: what ended a thread.
        """
        with self._lock:
            self._news.clear()
            if self._failure is not None:
                raise self._failure
            ended, self._ended = self._ended, []
        return ended

    def answered(self) -> list[tuple[Chunk, ChunkOutcome]]:
        """The chunks that have ended since, whatever became of the others."""
        with self._lock:
            ended, self._ended = self._ended, []
        return ended

    def wait(self) -> list[tuple[Chunk, ChunkOutcome]]:
        """Wait until a chunk has ended."""
        self._clock.wait(self._news, None)
        return self.ended()

    def wait_for(self, wanted: Callable[[Chunk], bool], seconds: float) -> None:
        """Wait until no chunk that is wanted is under way."""
        until = self._clock.monotonic() + seconds
        while True:
            with self._lock:
                self._news.clear()
                running = any(wanted(chunk) for chunk in self._running)
            left = until - self._clock.monotonic()
            if not running or left <= 0:
                return
            self._clock.wait(self._news, left)

    def stop(self) -> None:
        """End the threads: at once those that wait, the others when their answer has come."""
        self._halt.call_off()

    def _work(self, chunk: Chunk, flow: Flow[ChunkOutcome]) -> None:
        outcome: ChunkOutcome | None = None
        failure: BaseException | None = None
        try:
            outcome = self._caller.run(flow, self._halt)
        except HaltedError:
            pass
        except BaseException as error:  # noqa: BLE001  (raised again in the thread of the caller)
            failure = error
        with self._lock:
            self._running.discard(chunk)
            if outcome is not None:
                self._ended.append((chunk, outcome))
            self._failure = self._failure or failure
        self._clock.wake(self._news)

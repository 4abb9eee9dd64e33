"""A bulk job run by tasks."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from mailerlite_async._async.caller import AsyncCaller
from mailerlite_async.bulk._checkpoint import PATIENCE, Checkpoint
from mailerlite_async.bulk._chunk import Chunk, ChunkOutcome
from mailerlite_async.bulk._doubt import ANSWERS_WITHIN
from mailerlite_async.bulk._job import JobSettings, job_options
from mailerlite_async.bulk._kernel import Kernel
from mailerlite_async.bulk._model import BulkResult, BulkSummary
from mailerlite_async.errors import CheckpointError

if TYPE_CHECKING:
    from mailerlite_async._async.engine import AsyncEngine

T = TypeVar("T")

# Rows read before other tasks have their turn; of an asynchronous source, before chunks of them are started.
_BLOCK = 200
_ASYNC_BLOCK = 50
_PAUSE = 0.01  # seconds between two looks at a file that is in use

# The checkpoints of jobs that were left, and still wait for answers.
_leaving: set[Path | None] = set()


class AsyncBulkJob(Generic[T]):
    """Iterate over it with `async for` to carry it out and get a `BulkResult` for each row, in order.

    Leaving the loop early stops the job, a moment later: the event loop closes it. After `aclose`, or at the end of an
    `async with` block, it has stopped. A job with a checkpoint whose rows are not safe to send twice (`forget`) then
    waits for the answers under way, for 10 seconds at most. It can be iterated once.
    """

    def __init__(self, caller: AsyncCaller, settings: JobSettings) -> None:
        settings.check()
        engine: AsyncEngine = caller.engine
        self._caller = AsyncCaller(engine, job_options(caller.options))
        self._settings = settings
        self._kernel: Kernel | None = None
        # Weak, so that a loop that is left stops the job though somebody still has this.
        self._stream: weakref.ref[AsyncGenerator[BulkResult[T], None]] | None = None
        self._stopped: asyncio.Event | None = None

    def __repr__(self) -> str:
        return f"<AsyncBulkJob {self._settings.work.operation}, {self.summary.finished} rows finished>"

    @property
    def summary(self) -> BulkSummary:
        """Where the job stands."""
        return self._kernel.summary if self._kernel is not None else BulkSummary(total=self._settings.total)

    async def run(self) -> BulkSummary:
        """Carry the job out for its summary alone.

        Returns:
            The summary.

        Raises:
            CheckpointError: if the checkpoint cannot be used.
            Exception: what the source of the rows raises, when all rows before it are settled.
        """
        async for _ in self:
            pass
        return self.summary

    async def aclose(self) -> None:
        """Stop the job, and let go of its checkpoint. Nothing happens to a job that has ended or not begun."""
        stream = None if self._stream is None else self._stream()
        if stream is not None:
            await stream.aclose()
        elif self._stopped is not None:
            await self._stopped.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[BulkResult[T]]:
        if self._stream is not None:
            raise RuntimeError("this job has been carried out: make another one")
        stream = self._results()
        self._stream = weakref.ref(stream)
        return stream

    async def _results(self) -> AsyncGenerator[BulkResult[T], None]:
        stopped = self._stopped = asyncio.Event()
        running: dict[asyncio.Future[ChunkOutcome], Chunk] = {}
        source: _Source | None = None
        checkpoint: Checkpoint | None = None
        try:
            kernel, checkpoint = await self._open()
            self._kernel = kernel
            source = _Source(self._settings.rows, kernel)
            while True:
                while (started := kernel.start()) is not None:
                    chunk, flow = started
                    running[asyncio.ensure_future(self._caller.run(flow))] = chunk
                for result in kernel.results():
                    yield result
                if kernel.finished:
                    break
                await self._advance(kernel, source, running)
                ended = [task for task in running if task.done()]
                for task in ended:
                    kernel.keep(running[task], task.result())
                for task in ended:
                    kernel.finish(running.pop(task), task.result())
            if source.failure is not None:
                raise source.failure
            kernel.conclude()
        finally:
            place = None if checkpoint is None else self._settings.place
            _leaving.add(place)
            try:
                if source is not None:
                    await _leave(source, running)
            finally:
                if checkpoint is not None:
                    checkpoint.close()
                _leaving.discard(place)
                stopped.set()

    async def _open(self) -> tuple[Kernel, Checkpoint | None]:
        """Open the job, whose file another one may have that was left, and is still to be closed by the event loop."""
        clock = asyncio.get_running_loop().time
        started = clock()
        while True:
            try:
                return self._settings.open(self._caller.engine.config.base_url, patience=0)
            except CheckpointError as error:
                patience = PATIENCE + ANSWERS_WITHIN if self._settings.place in _leaving else PATIENCE
                if not error.in_use or clock() >= started + patience:
                    raise
            await asyncio.sleep(_PAUSE)

    async def _advance(
        self, kernel: Kernel, source: _Source, running: dict[asyncio.Future[ChunkOutcome], Chunk]
    ) -> None:
        """Wait until there is something to do."""
        if kernel.wants_rows:
            await source.read(running)
        elif running:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        source.check()


class _Source:
    """Gives a job the rows of either kind of iterable, in blocks.

    Each row is taken before the source goes on, since a source may hand out the same object again, changed.
    """

    def __init__(self, rows: Any, kernel: Kernel) -> None:
        self.kernel = kernel
        self._iterator = aiter(rows) if isinstance(rows, AsyncIterable) else iter(rows)
        self._reading: asyncio.Future[None] | None = None
        self.failure: Exception | None = None

    @property
    def tasks(self) -> list[asyncio.Future[Any]]:
        """What has to be cancelled at the end."""
        return [] if self._reading is None else [self._reading]

    async def read(self, running: Iterable[asyncio.Future[Any]]) -> None:
        """Read a block, or as much of it as comes before one of these has ended."""
        if not isinstance(self._iterator, AsyncIterator):
            await asyncio.sleep(0)
            self._read_block(self._iterator)
            return
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._read_async_block(self._iterator))
        await asyncio.wait([self._reading, *running], return_when=asyncio.FIRST_COMPLETED)

    def check(self) -> None:
        """Look whether a block has ended, which it can while a result is looked at.

        Raises:
            CheckpointError: if the rows are not those of the checkpoint.
        """
        if self._reading is not None and self._reading.done():
            reading, self._reading = self._reading, None
            reading.result()

    def _read_block(self, rows: Iterator[Any]) -> None:
        for _ in range(_BLOCK):
            try:
                given = next(rows)
            except StopIteration:
                self.kernel.end()
                return
            except Exception as error:  # noqa: BLE001  (raised again when all rows before it are settled)
                self._fail(error)
                return
            self.kernel.add(given)

    async def _read_async_block(self, rows: AsyncIterator[Any]) -> None:
        for _ in range(_ASYNC_BLOCK):
            try:
                given = await anext(rows)
            except StopAsyncIteration:
                self.kernel.end()
                return
            except Exception as error:  # noqa: BLE001  (raised again when all rows before it are settled)
                self._fail(error)
                return
            self.kernel.add(given)

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self.kernel.end(failed=True)


async def _leave(source: _Source, running: dict[asyncio.Future[ChunkOutcome], Chunk]) -> None:
    """End what is under way, and keep the answers that have come; those that cannot be had again are waited for."""
    kernel = source.kernel
    late = [task for task, chunk in running.items() if kernel.is_announced(chunk) and kernel.is_unsafe(chunk)]
    everything: list[asyncio.Future[Any]] = [*running, *source.tasks]
    for task in everything:
        if task not in late:
            task.cancel()
    try:
        if late:
            await asyncio.wait(late, timeout=ANSWERS_WITHIN)
    finally:
        for task in late:
            task.cancel()
        try:
            if everything:
                await asyncio.wait(everything)
        finally:
            answered = [task for task in everything if task.done() and not task.cancelled() and not task.exception()]
            # What cannot be kept is in doubt, and what ends the job should be told rather than this.
            with contextlib.suppress(CheckpointError):
                for task, chunk in running.items():
                    if task in answered:
                        kernel.keep(chunk, task.result())

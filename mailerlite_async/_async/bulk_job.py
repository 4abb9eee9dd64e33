"""A bulk job run by tasks."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mailerlite_async._async.caller import AsyncCaller
from mailerlite_async.bulk._chunk import Chunk, ChunkOutcome
from mailerlite_async.bulk._job import JobSettings, job_options
from mailerlite_async.bulk._kernel import Kernel
from mailerlite_async.bulk._model import BulkResult, BulkSummary

if TYPE_CHECKING:
    from mailerlite_async._async.engine import AsyncEngine

T = TypeVar("T")

# Rows read before other tasks have their turn; of an asynchronous source, rows waited for before they are looked at.
_BLOCK = 200
_ASYNC_BLOCK = 50


class AsyncBulkJob(Generic[T]):
    """Iterate over it with `async for` to carry it out and get a `BulkResult` for each row, in order.

    Leaving the loop early stops the job. It can be iterated once.
    """

    def __init__(self, caller: AsyncCaller, settings: JobSettings) -> None:
        settings.check()
        engine: AsyncEngine = caller.engine
        self._caller = AsyncCaller(engine, job_options(caller.options))
        self._settings = settings
        self._kernel: Kernel | None = None

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
        """
        async for _ in self:
            pass
        return self.summary

    def __aiter__(self) -> AsyncIterator[BulkResult[T]]:
        if self._kernel is not None:
            raise RuntimeError("this job has been carried out: make another one")
        return self._results()

    async def _results(self) -> AsyncGenerator[BulkResult[T], None]:
        self._kernel, checkpoint = self._settings.open(self._caller.engine.config.base_url)
        running: dict[asyncio.Future[ChunkOutcome], Chunk] = {}
        source = _Source(self._settings.rows)
        kernel = self._kernel
        try:
            while True:
                while (started := kernel.start()) is not None:
                    chunk, flow = started
                    running[asyncio.ensure_future(self._caller.run(flow))] = chunk
                for result in kernel.results():
                    yield result
                if kernel.finished:
                    break
                if source.failure is not None and kernel.idle:
                    raise source.failure
                await self._advance(kernel, source, running)
                for task in [task for task in running if task.done()]:
                    kernel.finish(running.pop(task), task.result())
            kernel.conclude()
        finally:
            await _cancel([*running, *source.tasks])
            if checkpoint is not None:
                checkpoint.close()

    async def _advance(
        self, kernel: Kernel, source: _Source, running: dict[asyncio.Future[ChunkOutcome], Chunk]
    ) -> None:
        """Wait until there is something to do."""
        wants = kernel.wants_rows and source.failure is None
        if not wants:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            return
        reading = source.read()
        if reading is None:
            await asyncio.sleep(0)
        else:
            waited: list[asyncio.Future[Any]] = [reading, *running]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        for given in source.take():
            kernel.add(given)
        if source.ended:
            kernel.end()


class _Source:
    """Rows of either kind of iterable, in blocks."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self._iterator = aiter(rows) if isinstance(rows, AsyncIterable) else iter(rows)
        self._reading: asyncio.Future[list[Any]] | None = None
        self.ended = False
        self.failure: Exception | None = None

    @property
    def tasks(self) -> list[asyncio.Future[Any]]:
        """What has to be cancelled at the end."""
        return [] if self._reading is None else [self._reading]

    def read(self) -> asyncio.Future[list[Any]] | None:
        """The next block under way; None if it can be taken at once."""
        if isinstance(self._iterator, AsyncIterator) and self._reading is None:
            self._reading = asyncio.ensure_future(self._read_block(self._iterator))
        return self._reading

    def take(self) -> list[Any]:
        """The rows of the next block, as far as they are there."""
        if isinstance(self._iterator, AsyncIterator):
            if self._reading is None or not self._reading.done():
                return []
            block = self._reading.result()
            self._reading = None
            return block
        block = []
        try:
            block.extend(itertools.islice(self._iterator, _BLOCK))
        except Exception as error:  # noqa: BLE001  (raised again when all rows before it are settled)
            self.failure = error
        else:
            self.ended = len(block) < _BLOCK
        return block

    async def _read_block(self, rows: AsyncIterator[Any]) -> list[Any]:
        block: list[Any] = []
        try:
            while len(block) < _ASYNC_BLOCK:
                block.append(await anext(rows))
        except StopAsyncIteration:
            self.ended = True
        except Exception as error:  # noqa: BLE001  (raised again when all rows before it are settled)
            self.failure = error
        return block


async def _cancel(tasks: list[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # nobody wants to know any more

"""A bulk job run by tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mailerlite_async._async.caller import AsyncCaller
from mailerlite_async.bulk._chunk import Chunk, ChunkOutcome
from mailerlite_async.bulk._job import JobSettings, job_options
from mailerlite_async.bulk._kernel import Kernel
from mailerlite_async.bulk._model import BulkResult, BulkSummary

if TYPE_CHECKING:
    from mailerlite_async._async.engine import AsyncEngine

T = TypeVar("T")

# Rows read before other tasks have their turn; of an asynchronous source, before chunks of them are started.
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
            Exception: what the source of the rows raises, when all rows before it are settled.
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
        kernel = self._kernel
        source = _Source(self._settings.rows, kernel)
        try:
            while True:
                while (started := kernel.start()) is not None:
                    chunk, flow = started
                    running[asyncio.ensure_future(self._caller.run(flow))] = chunk
                for result in kernel.results():
                    yield result
                if kernel.finished:
                    break
                await self._advance(kernel, source, running)
                for task in [task for task in running if task.done()]:
                    kernel.finish(running.pop(task), task.result())
            if source.failure is not None:
                raise source.failure
            kernel.conclude()
        finally:
            await _cancel([*running, *source.tasks])
            if checkpoint is not None:
                checkpoint.close()

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
        self._kernel = kernel
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
                self._kernel.end()
                return
            except Exception as error:  # noqa: BLE001  (raised again when all rows before it are settled)
                self._fail(error)
                return
            self._kernel.add(given)

    async def _read_async_block(self, rows: AsyncIterator[Any]) -> None:
        for _ in range(_ASYNC_BLOCK):
            try:
                given = await anext(rows)
            except StopAsyncIteration:
                self._kernel.end()
                return
            except Exception as error:  # noqa: BLE001  (raised again when all rows before it are settled)
                self._fail(error)
                return
            self._kernel.add(given)

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self._kernel.end(failed=True)


async def _cancel(tasks: list[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # nobody wants to know any more

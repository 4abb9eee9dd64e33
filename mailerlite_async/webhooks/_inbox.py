"""Takes deliveries of webhooks at once and has workers handle their events."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from typing import Self

import anyio
import attrs

from mailerlite_async._error_texts import without_addresses
from mailerlite_async.errors import MailerLiteError, NotHandledError
from mailerlite_async.webhooks._calling import call, result_of
from mailerlite_async.webhooks._dedupe import DedupeStore, MemoryDedupeStore
from mailerlite_async.webhooks._events import Event
from mailerlite_async.webhooks._numbers import check_count, check_seconds
from mailerlite_async.webhooks._parsing import DEFAULT_MAX_BYTES
from mailerlite_async.webhooks._reading import AskForSecrets, FixedSecrets, RefusedError, Verifier

Handle = Callable[[Event], object]
OnError = Callable[[Event, Exception], object]

logger = logging.getLogger("mailerlite_async.webhooks")


@attrs.frozen
class Answer:
    """What to answer to a delivery.

    Attributes:
        status: the HTTP status: 200 if the delivery was taken, 400 if it is malformed, 401 if it is not signed, 408 if
            it did not arrive in time, 413 if it is too large, 503 if there is no room for it now, or no secret yet to
            verify it with. The API tries again after 10, 100 and 1000 seconds unless it is 200.
        text: the same in words, without anything that was sent.
        queued: how many events will be handled.
        duplicates: how many had been seen before and will not be handled again.
    """

    status: int
    text: str
    queued: int = 0
    duplicates: int = 0


class Inbox:
    """Takes deliveries, answers at once, and has workers handle the events afterwards.

    The API waits three seconds for an answer, so handling must not keep it waiting. Events wait in this process: a
    crash loses those that have been answered for and not been handled. Where that matters, write them to a database
    before you answer, with `receive`.

    Args:
        handle: called with each event: a coroutine function, or a plain one, which runs in a thread. Events with an
            `error` do not come here but to `on_error`.
        secrets: the secret of the webhook, or those of all webhooks that deliver here; or, for secrets that live in a
            database, a function without arguments that gives them at each delivery: a coroutine function, or a plain
            one, which runs in a thread. While it gives None, `""` or an empty list, deliveries cannot be verified yet:
            they are answered 503, so that they come again. So are they when it fails or takes too long.
        store: which events have been seen; a `MemoryDedupeStore` if left out.
        workers: how many events are handled at once. With 1 they are handled in the order in which they came.
        size: how many events may wait. A delivery that does not fit is refused as a whole, unless nothing waits at all.
        max_bytes: the largest body that is taken.
        deadline: seconds after which a body that is still arriving, or a store or a function for the secrets that does
            not answer, is given up. A store's plain methods cannot be: see `DedupeStore`.
        drain: seconds that events which wait or are being handled have when the inbox closes. `on_error` then has as
            many for those that are left, but at least `deadline`.
        on_error: called with each event that could not be handled, and why: the exception of `handle`, the event's
            `error`, or `NotHandledError` when the inbox closed before. Plain or a coroutine function.

    Raises:
        TypeError: if something is not of its type.
        ValueError: if a number is out of range, or a secret is empty.

    Example:
        async with Inbox(handle, secrets=secret) as inbox:
            answer = await inbox.take(raw_body, headers.get("Signature"))
    """

    def __init__(
        self,
        handle: Handle,
        *,
        secrets: FixedSecrets | AskForSecrets,
        store: DedupeStore | None = None,
        workers: int = 4,
        size: int = 1000,
        max_bytes: int = DEFAULT_MAX_BYTES,
        deadline: float = 2.5,
        drain: float = 10.0,
        on_error: OnError | None = None,
    ) -> None:
        for name, function in (("handle", handle), ("on_error", on_error or handle)):
            if not callable(function):
                raise TypeError(f"{name} must be a function, not {type(function).__name__}")
        for method in ("add", "discard"):
            if store is not None and not callable(getattr(store, method, None)):
                raise TypeError(f"store must have a method {method}, which {type(store).__name__} has not")
        check_count("workers", workers)
        check_count("size", size)
        check_seconds("drain", drain, zero=True)
        self._handle = handle
        self._verifier = Verifier(secrets, max_bytes=max_bytes, deadline=deadline)
        self._store: DedupeStore = MemoryDedupeStore() if store is None else store
        self._workers = workers
        self._size = size
        self._deadline = deadline
        self._drain = drain
        self._on_error = on_error
        self._running: _Running | None = None
        # Keys of deliveries about which nothing has been decided yet.
        self._undecided: set[str] = set()

    def __repr__(self) -> str:
        state = f"{self.waiting} waiting" if self._running else "not running"
        return f"<Inbox: {state}>"

    @property
    def waiting(self) -> int:
        """How many events wait to be handled."""
        return self._running.queue.qsize() if self._running else 0

    async def __aenter__(self) -> Self:
        if self._running:
            raise RuntimeError("the inbox is running already")
        self._running = _Running()
        # A task of its own, because frameworks may close from another task than the one that opened.
        self._running.task = asyncio.create_task(self._run(self._running), name="mailerlite-webhooks")
        return self

    async def __aexit__(self, *_: object) -> None:
        running = self._running
        if running is None:
            return
        running.closing.set()
        try:
            assert running.task is not None
            with anyio.CancelScope(shield=True):  # bounded by `drain`, and the events would be lost
                await running.task
        finally:
            self._running = None

    # -- taking --------------------------------------------------------------------------------------------------------

    async def take(self, raw_body: bytes, signature: str | None) -> Answer:
        """Verify and parse a delivery and queue the events that are new; they are handled later.

        Either all new events of a delivery are queued or none.

        Args:
            raw_body: the body as it arrived: not decoded, and not parsed and written again.
            signature: the header `Signature`; None if there was none.

        Returns:
            What to answer.

        Raises:
            RuntimeError: if the inbox is not running: use it in `async with inbox:`.
            TypeError: if the body is not bytes.
        """
        self._check_running()
        return await self._take(raw_body, signature, self._verifier.until())

    async def take_stream(
        self, chunks: AsyncIterable[bytes], signature: str | None, *, content_length: str | int | None = None
    ) -> Answer:
        """As `take`, for a body that is still arriving: it is given up where it gets too large or takes too long.

        Args:
            chunks: the body, piece by piece.
            signature: the header `Signature`; None if there was none.
            content_length: the header `Content-Length`, if there was one.

        Returns:
            What to answer.

        Raises:
            RuntimeError: if the inbox is not running: use it in `async with inbox:`.
        """
        self._check_running()
        until = self._verifier.until()
        try:
            body = await self._verifier.read(chunks, content_length, until)
        except RefusedError as refused:
            return _refused(refused.status, refused.text)
        return await self._take(body, signature, until)

    def _check_running(self) -> _Running:
        if self._running is None:
            raise RuntimeError("the inbox is not running: use it in `async with inbox:`")
        return self._running

    async def _take(self, raw_body: bytes, signature: str | None, until: float) -> Answer:
        try:
            secrets = await self._verifier.secrets(until)
        except RefusedError as refused:
            return _refused(refused.status, refused.text)
        except Exception as error:  # noqa: BLE001  (whatever the application may raise)
            logger.error("the secrets could not be had: %s", _place(error))  # noqa: TRY400  (its text may be personal)
            return Answer(503, "the secrets could not be had")
        try:
            events = self._verifier.verify(raw_body, signature, secrets)
        except RefusedError as refused:
            return _refused(refused.status, refused.text)
        keys = {event.dedupe_key for event in events}
        if keys & self._undecided:
            return _refused(503, "the same delivery is just being taken")
        self._undecided |= keys
        try:
            with anyio.CancelScope(deadline=until):
                return await self._queue_new(events)
            return _refused(503, "the store of known events did not answer in time")
        finally:
            self._undecided -= keys

    async def _queue_new(self, events: Sequence[Event]) -> Answer:
        noted: list[str] = []
        taken = False
        try:
            new: list[Event] = []
            for event in events:
                noted.append(event.dedupe_key)  # before it is known: a store may have noted it without an answer
                added = await result_of(self._store.add(event.dedupe_key))
                if not isinstance(added, int):  # None, where a `return` was forgotten, would mean "seen before"
                    logger.error("store.add must return a bool, not %s", type(added).__name__)
                    return _refused(503, "the store of known events failed")
                if added:
                    new.append(event)
                else:
                    noted.pop()
            running = self._running
            if running is None or running.closing.is_set() or running.task is None or running.task.done():
                return _refused(503, "the inbox is closing")
            waiting = running.queue.qsize()
            if waiting and waiting + len(new) > self._size:
                return _refused(503, f"there is no room for {len(new)} more events while {waiting} wait")
            for event in new:
                running.queue.put_nowait(event)
            taken = True
        except Exception as error:  # noqa: BLE001  (whatever a store may raise)
            logger.error("the store of known events failed: %s", _place(error))  # noqa: TRY400  (its text may be personal)
            return Answer(503, "the store of known events failed")
        finally:
            if not taken:
                await self._give_back(noted)
        duplicates = len(events) - len(new)
        return Answer(200, f"{len(new)} queued, {duplicates} seen before", len(new), duplicates)

    async def _give_back(self, keys: Iterable[str]) -> None:
        """Let events count as new again."""
        with anyio.move_on_after(self._deadline, shield=True):
            for key in keys:
                try:
                    await result_of(self._store.discard(key))
                except Exception as error:  # noqa: BLE001  (whatever a store may raise)
                    logger.error("the store of known events failed: %s", _place(error))  # noqa: TRY400

    # -- handling ------------------------------------------------------------------------------------------------------

    async def _run(self, running: _Running) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                for _ in range(self._workers):
                    tasks.start_soon(self._work, running)
                await running.closing.wait()
                with anyio.move_on_after(self._drain):
                    await running.queue.join()
                tasks.cancel_scope.cancel()
        finally:  # also for an application that is cancelled again while it closes
            await self._report_left(running)

    async def _report_left(self, running: _Running) -> None:
        left = [*running.busy.values()]
        while not running.queue.empty():
            left.append(running.queue.get_nowait())
        if not left:
            return
        logger.error("the inbox closed before %d events were handled", len(left))
        await self._give_back(event.dedupe_key for event in left)
        unreported = len(left)
        with anyio.move_on_after(max(self._drain, self._deadline), shield=True):
            for event in left:
                await self._report(event, NotHandledError())
                unreported -= 1
        if unreported and self._on_error is not None:
            logger.error("on_error did not take %d of them in time", unreported)

    async def _work(self, running: _Running) -> None:
        while True:
            event = await running.queue.get()
            running.busy[id(event)] = event
            await self._handle_one(event)
            # Not in a `finally`: what was cancelled is still to be reported.
            del running.busy[id(event)]
            running.queue.task_done()

    async def _handle_one(self, event: Event) -> None:
        if event.error is not None:
            await self._fail(event, event.error)
            return
        try:
            await call(self._handle, event)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            await self._fail(event, NotHandledError("something that the handler waited for was cancelled"))
        except Exception as error:  # noqa: BLE001  (whatever a handler may raise)
            await self._fail(event, error)
        except (GeneratorExit, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  (a panic of an extension module, an outcome of a test)
            failure = NotHandledError(f"the handler raised {type(error).__name__}")
            failure.__cause__ = error
            await self._fail(event, failure.with_traceback(error.__traceback__))

    async def _fail(self, event: Event, error: Exception) -> None:
        logger.error("%s could not be handled: %s", without_addresses(event.type or "an event"), _place(error))
        await self._give_back((event.dedupe_key,))
        await self._report(event, error)

    async def _report(self, event: Event, error: Exception) -> None:
        if self._on_error is None:
            return
        try:
            await call(self._on_error, event, error)
        except Exception as failure:  # noqa: BLE001  (whatever a hook may raise)
            logger.error("on_error failed: %s", _place(failure))  # noqa: TRY400  (its text may be personal)


class _Running:
    """What an inbox has while it runs, bound to its event loop."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event] = asyncio.Queue()
        self.closing = asyncio.Event()
        self.busy: dict[int, Event] = {}
        self.task: asyncio.Task[None] | None = None


def _refused(status: int, reason: str) -> Answer:
    logger.warning("a delivery was refused with %d: %s", status, reason)
    return Answer(status, reason)


def _place(error: BaseException) -> str:
    """An exception with the line that raised it; without its text, which may hold an address, unless it is ours."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    text = f": {error}" if isinstance(error, MailerLiteError) else ""
    return f"{type(error).__name__}{where}{text}"

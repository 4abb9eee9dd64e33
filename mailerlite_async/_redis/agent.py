"""The thread that goes to Redis for all calls of a process, so that no event loop ever waits for it."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from typing import TYPE_CHECKING

from mailerlite_async._redis.connection import FAILURES, LOST, Connection

if TYPE_CHECKING:
    from mailerlite_async._redis.ledger import SharedLedger
    from mailerlite_async._redis.tickets import Question


class Agent:
    """Takes what a ledger has to tell and to ask to Redis, and brings back the answers.

    Its thread runs while there is something to do or a client is open, and starts again by itself.

    Args:
        ledger: to work for.
        connection: to Redis.
    """

    def __init__(self, ledger: SharedLedger, connection: Connection) -> None:
        self._ledger = ledger
        self._connection = connection
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Make sure that the thread runs; the caller holds `ledger.changed`."""
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name="mailerlite-redis", daemon=True)
            with contextlib.suppress(RuntimeError):  # the interpreter is ending: the lease gives the tokens back
                thread.start()
                self._thread = thread

    def join(self, timeout: float) -> None:
        """Wait until the thread has ended."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _run(self) -> None:
        changed = self._ledger.changed
        while True:
            with changed:
                while pause := self._ledger.pause(time.monotonic()):
                    changed.wait(None if pause == math.inf else pause)
                if pause is None:
                    self._thread = None
                    break
            self._go()
        self._connection.reset()

    def _go(self) -> None:
        """One round trip, or one look whether Redis is back."""
        ledger = self._ledger
        question: Question | None = None
        try:
            if ledger.cut_off:
                self._connection.ping()
            with ledger.changed:
                asked_at = time.monotonic()
                question = ledger.ask(asked_at)
            try:
                answer = self._connection.exchange(question.body)
            except LOST:
                if ledger.cut_off or "restore" in question.body:
                    raise
                self._connection.reset()
                with ledger.changed:
                    ledger.lost_connection()
                return
            with ledger.changed:
                woken = ledger.take(question, answer, asked_at, time.monotonic())
        except FAILURES as error:
            self._connection.reset()
            with ledger.changed:
                woken = ledger.failed(type(error).__name__, time.monotonic())
        for ticket in woken:
            ticket.wake()

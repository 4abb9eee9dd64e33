"""The shared ledgers of this process: one for each store and account; a forked child and the end of the program."""

from __future__ import annotations

import atexit
import os
import threading
import weakref

from mailerlite_async._clock import SystemClock
from mailerlite_async._redis.connection import account_of
from mailerlite_async._redis.ledger import SharedLedger
from mailerlite_async._redis.store import RedisStore
from mailerlite_async.config import Config
from mailerlite_async.errors import ConfigurationError

_ledgers: weakref.WeakSet[SharedLedger] = weakref.WeakSet()
_open: weakref.WeakValueDictionary[tuple[RedisStore, str], SharedLedger] = weakref.WeakValueDictionary()
_opening = threading.Lock()


def open_ledger(store: RedisStore, config: Config) -> SharedLedger:
    """The ledger all clients of this process share that have the same store and account.

    Raises:
        ConfigurationError: if the client is on a clock of its own, which Redis cannot follow.
    """
    if not isinstance(config.clock, SystemClock):
        raise ConfigurationError("a store in Redis has the clock of Redis: a client with another clock cannot use it")
    account = account_of(config.api_key, config.base_url)
    with _opening:
        ledger = _open.get((store, account))
        if ledger is None:
            ledger = SharedLedger(store, config.limits, account=account, pad=config.options.timeout)
            _open[store, account] = ledger
            _ledgers.add(ledger)
        ledger.join()
        return ledger


def _after_fork() -> None:
    global _opening  # noqa: PLW0603  (another thread of the parent may have held it)
    _opening = threading.Lock()
    for ledger in list(_ledgers):
        ledger.begin()


def _at_exit() -> None:
    for ledger in list(_ledgers):
        ledger.flush()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)

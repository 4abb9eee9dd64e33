"""Clients that outlive a test, such as those of modules: each test finds them as if they were new."""

from __future__ import annotations

from mailerlite_async._engine import Engine
from mailerlite_async._fork import renewables
from mailerlite_async.limits import MemoryStore


def forget_the_account(base_url: str) -> None:
    """Let the clients of a server forget the account it served before: what was spent, refused and found.

    Args:
        base_url: of the server.
    """
    engines = [thing for thing in renewables() if isinstance(thing, Engine) and thing.config.base_url == base_url]
    for engine in engines:
        if isinstance(store := engine.config.limits.store, MemoryStore):
            store._ledger = None
    for engine in engines:
        engine.forget_account()

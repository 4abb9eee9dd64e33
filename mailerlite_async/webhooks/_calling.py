"""Calls functions of the application, coroutine functions and plain ones alike."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread


async def call(function: Callable[..., object], *arguments: Any) -> Any:
    """Call a coroutine function, or a plain one in a thread, which is left to itself when the caller is cancelled."""
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  (an object with a coroutine for its call)
    ):
        return await result_of(function(*arguments))
    return await result_of(await anyio.to_thread.run_sync(function, *arguments, abandon_on_cancel=True))


async def result_of(value: Any) -> Any:
    """A value that may have to be awaited."""
    return await value if isinstance(value, Awaitable) else value

"""The asyncio client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from mailerlite_async._async._facade_resources import AsyncResources
from mailerlite_async._async.caller import AsyncCaller
from mailerlite_async._clock import Clock
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.config import Options, make_config
from mailerlite_async.limits import RateLimits

if TYPE_CHECKING:
    import httpx

    from mailerlite_async._async.bulk import AsyncBulk
    from mailerlite_async._batch import BatchResult
    from mailerlite_async._call import Call
    from mailerlite_async._flow import Attempt, Response
    from mailerlite_async._quota import Quota

T = TypeVar("T")


class AsyncMailerLite(AsyncResources):
    """MailerLite for asyncio: share one client among all tasks, and close it at the end.

    Args:
        api_key: the key; None takes it from `MAILERLITE_API_KEY`.
        base_url: where the API is; None takes it from `MAILERLITE_BASE_URL`, or else it is the real API.
        timeout: seconds for connecting, and between two pieces of an answer. Some calls take the API several seconds.
        limits: of the account, and how to use them.
        max_retries: repetitions after the first attempt. What was never sent and 429 are repeated whatever the call
            does; after a fault that leaves open whether the call was carried out, only calls that are safe to repeat.
        max_wait: seconds a call may wait in all, for limits and between attempts; None for as long as it takes. A call
            that would have to wait longer fails with `RateLimitError`, at once if that is certain.
        api_version: a date `YYYY-MM-DD` that pins the API's behaviour, sent as `X-Version`; None takes it from
            `MAILERLITE_API_VERSION`, or else the newest applies.
        http_client: makes the `httpx.AsyncClient` to use, a new one for each process and loop; the client closes it.
        transport: the httpx transport to use, for instance that of the emulator.
        user_agent: the name of your application, put before ours.
        clock: the time, for tests.
        on_attempt: called after each attempt of a call with an `Attempt`, for metrics and traces. It is called between
            attempts and must be quick; what it raises is logged and goes no further.

    Raises:
        ConfigurationError: if there is no key, or an option is out of range.

    Example:
        async with AsyncMailerLite() as ml:
            person = await ml.subscribers.upsert("ann@example.com", fields={"name": "Ann"})

    API: https://developers.mailerlite.com/docs/
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        limits: RateLimits | None = None,
        max_retries: int = 4,
        max_wait: float | None = None,
        api_version: str | None = None,
        http_client: Callable[[], httpx.AsyncClient] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        user_agent: str | None = None,
        clock: Clock | None = None,
        on_attempt: Callable[[Attempt], object] | None = None,
    ) -> None:
        config = make_config(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            limits=limits,
            max_retries=max_retries,
            max_wait=max_wait,
            api_version=api_version,
            user_agent=user_agent,
            clock=clock,
            on_attempt=on_attempt,
        )
        from mailerlite_async._async.engine import AsyncEngine  # httpx, anyio and aiolimiter load with the first client

        self._caller = AsyncCaller(AsyncEngine(config, http_client, transport), config.options)

    def __repr__(self) -> str:
        return f"<AsyncMailerLite {self._caller.engine.config.base_url}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client cannot be pickled: it has open connections and the key; make one in each process")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections. Views made by `with_options` are closed with it."""
        await self._caller.engine.aclose()

    async def batch(self, calls: Sequence[Call[T]]) -> BatchResult[T]:
        """Make up to 50 calls in one request, which costs one call of the limit.

        The calls are carried out in order. One that fails hides none of the others: each item of the result has its own
        value or error. A batch of nothing but `subscribers.upsert` is processed as an import: it uses the import lane
        (five a minute), and its answer is not documented, so items may come back with neither value nor error.

        Args:
            calls: calls built with `mailerlite_async.calls`, of any resource but webhooks; 1 to 50 of them.

        Returns:
            The result; `items` are in the order of the calls, each typed as the single call is.

        Raises:
            ValueError: if there is none or are more than 50, or one cannot be part of a batch; it names the item.
            TypeError: if an item is not a call; it names the item.
            MailerLiteError: if the batch as a whole failed. It is repeated by itself only if each of its calls may be.

        API: https://developers.mailerlite.com/docs/batching.html
        """
        from mailerlite_async._batch import batch  # most programs make their calls one by one

        return await self._caller.value(batch(calls))

    async def execute(self, call: Call[T]) -> Response[T]:
        """Make a call built with `mailerlite_async.calls`, and get status, headers and attempts beside its value.

        Args:
            call: the call.

        Returns:
            The response.

        Raises:
            MailerLiteError: see `mailerlite_async.errors`.
        """
        return await self._caller.execute(call)

    def with_options(
        self,
        *,
        timeout: float | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        max_wait: float | None | Unset = UNSET,
        background: bool | Unset = UNSET,
    ) -> Self:
        """A view of this client with other options; connections and limits are shared.

        Args:
            timeout: see the client.
            max_retries: see the client.
            max_wait: see the client.
            background: True lets every call that is not background go first, and spreads the calls over time.

        Returns:
            The view. It need not be closed.

        Raises:
            ConfigurationError: if an option is out of range.
        """
        return self._view(self._caller.options.evolve(timeout, max_retries, max_wait, background))

    def _view(self, options: Options) -> Self:
        view: Any = object.__new__(type(self))
        # A subclass may have attributes of its own. The resources are bound to the options of this one.
        vars(view).update((name, value) for name, value in vars(self).items() if not hasattr(AsyncResources, name))
        view._caller = AsyncCaller(self._caller.engine, options)
        return view  # type: ignore[no-any-return]  # mypy knows no type for an object made around __init__

    @property
    def bulk(self) -> AsyncBulk:
        """Bulk work: thousands of rows the cheapest legal way, each with its own result."""
        from mailerlite_async._async.bulk import AsyncBulk  # most programs never need it

        return AsyncBulk(self._caller)

    @property
    def quota(self) -> Quota:
        """Where the limits stand at this moment, as far as this client knows."""
        from mailerlite_async._quota import quota_of  # few programs ask

        return quota_of(self._caller.engine.ledger, self._caller.engine.clock)

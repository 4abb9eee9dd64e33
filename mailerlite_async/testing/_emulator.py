"""The emulator: one account of the service with its rules, limits and faults, as a function of requests."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, closing
from functools import partial
from typing import Final

from mailerlite_async._clock import Clock, SystemClock

from ._courier import HttpSender, Send, deliver_due
from ._deliveries import Delivery
from ._exchange import Exchange, LoggedRequest
from ._faces import AsgiApp, EmulatorTransport
from ._faults import Fault, Faults, Kind
from ._moment import Moment
from ._route_table import ROUTES
from ._router import Invocation, Lane, Match, Router
from ._routes_batch import answer_as_import
from ._seeding import seed_account
from ._state import Account
from ._webhook_events import announce
from ._windows import FixedWindow
from ._wire import (
    EmulatedRequest,
    EmulatedResponse,
    dropped,
    json_response,
    nested_parameters,
    reason_phrase,
    unprocessable,
)

REFUSED_KEY: Final = "invalid"
# The form of keys of the older Classic API, which this one refuses.
_CLASSIC_KEY: Final = re.compile(r"[0-9a-f]{32}")
_TOO_MANY_CALLS: Final = "Too Many Attempts."
_TOO_MANY_IMPORTS: Final = "You're being rate limited on import creation."
_PLAN_LIMIT: Final = {"emails.0.content": ["Content submission is only available on Premium plan."]}
_BAD_GATEWAY: Final = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

_Strike = Callable[[Kind], Fault | None]


class Emulator:
    """A MailerLite account in memory, with the limits of the real one.

    Every key is accepted but `invalid` and keys of 32 lower-case hexadecimal digits, the form of the older Classic API.
    All keys share the account, whose time zone is UTC. Calls are safe from any thread. A campaign is sent one second
    after its time.

    Args:
        requests: calls accepted in one period; a batch is one.
        imports: calls accepted in one period that create an import or are a batch of nothing but upserts, on top of
            that.
        period: length of a window in seconds.
        clock: where the time comes from; the machine's clock if left out. With a `VirtualClock` use the faces that
            run in process.

    Example:
        emulator = Emulator()
        with MailerLite("key", transport=emulator.transport()) as ml:
            ml.subscribers.upsert("ann@example.com")
    """

    def __init__(
        self, *, requests: int = 120, imports: int = 5, period: float = 60.0, clock: Clock | None = None
    ) -> None:
        if requests < 1 or imports < 1:
            raise ValueError(f"{'requests' if requests < 1 else 'imports'} must be at least 1")
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._router = Router(ROUTES)
        self._faults = Faults(self._router.methods)
        self._calls = FixedWindow(requests, period)
        self._imports = FixedWindow(imports, period)
        self._account = Account()
        self._log: list[LoggedRequest] = []
        self._queued = threading.Event()

    @property
    def clock(self) -> Clock:
        """Where the time comes from."""
        return self._clock

    @property
    def requests(self) -> list[LoggedRequest]:
        """All requests that arrived, in order. The log grows until `reset`."""
        with self._lock:
            return list(self._log)

    @property
    def deliveries(self) -> list[Delivery]:
        """All attempts to deliver to webhooks whose outcome is known, in order. The log grows until `reset`."""
        with self._lock:
            return list(self._account.deliveries.log)

    # -- faces ---------------------------------------------------------------------------------------------------------

    @property
    def app(self) -> AsgiApp:
        """An ASGI 3 application. A dropped connection raises `ConnectionResetError` in it."""
        return AsgiApp(self)

    def transport(self) -> EmulatorTransport:
        """A transport for `httpx.Client` and for `httpx.AsyncClient`, without any network."""
        return EmulatorTransport(self)

    def serve(self, port: int = 0) -> AbstractContextManager[str]:
        """Serve HTTP on the loopback interface in a background thread.

        Args:
            port: the TCP port, a free one for 0.

        Returns:
            A context manager that gives the base URL, `http://127.0.0.1:8025/api`. Leaving it closes all connections.

        Raises:
            OSError: on entering, if the port is in use.
            ValueError: on entering, if there is no such port.
        """
        from ._server import serve  # h11 and asyncio are of no use to the faces in process

        return serve(self, port)

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        """Answer a request at once; the time that faults would take does not pass."""
        return self.open(request).arrive()

    def open(self, request: EmulatedRequest) -> Exchange:
        """Send a request off, for faces that let time pass until it arrives and until its reply does."""
        match = self._router.match(request.method, request.segments)
        self._clock.monotonic()  # a clock that drives the loops it is read in has to know this one before time passes
        with self._lock:
            delay = self._faults.latency(request.method, match.template) / 2
        return Exchange(partial(self._arrive, request, match), delay)

    # -- control -------------------------------------------------------------------------------------------------------

    def seed(
        self,
        *,
        subscribers: Iterable[Mapping[str, object] | str] = (),
        groups: Iterable[Mapping[str, object] | str] = (),
        fields: Iterable[Mapping[str, object] | str] = (),
        segments: Iterable[Mapping[str, object] | str] = (),
        automations: Iterable[Mapping[str, object] | str] = (),
        forms: Iterable[Mapping[str, object] | str] = (),
    ) -> None:
        """Put records into the account without a request. Either all of them go in or none.

        Args:
            subscribers: mappings with the keys of the API, `email` required; a string is short for `{"email": ...}`.
                `groups` are ids or names of groups, `fields` values by field key.
            groups: mappings with `name` and perhaps `id`, `created_at`, `sent_count`, `opens_count`, `clicks_count`; a
                string is a name.
            fields: mappings with `name` and perhaps `type` (`text` if left out), `id`, `key`; a string is a name.
            segments: mappings with `name` and perhaps `id`, `created_at`; `subscribers` are ids or addresses of
                members, which stay in whatever becomes of them. A string is a name.
            automations: mappings with the keys of the API, `name` required; `activity` are runs with the keys of the
                API, in which `subscriber` may be an id or an address. A string is a name.
            forms: mappings with the keys of the API, `name` required, `type` `popup` if left out; `subscribers` are ids
                or addresses of those who signed up, `groups` ids or names of groups. A string is a name.

        Raises:
            ValueError: naming the entry that is wrong, such as `subscribers[3].status`.
        """
        with self._lock:
            now = Moment.now(self._clock)
            self._advance(now)
            seed_account(self._account, now, subscribers, groups, fields, segments, automations, forms)

    def fault(
        self,
        kind: str,
        *,
        method: str | None = None,
        route: str | None = None,
        status: int | None = None,
        seconds: float | None = None,
        times: int | None = 1,
        probability: float | None = None,
    ) -> None:
        """Let something go wrong.

        Kinds, in the order in which a request meets them:

        - `latency`: `seconds` pass, half of them before the request arrives and half before the reply does.
        - `reset`: the connection is dropped; nothing is counted or committed.
        - `html`: a 502 with an HTML page from the edge; nothing is counted or committed.
        - `revoked_key`: 401.
        - `foreign_traffic`: a call of somebody else is counted just before.
        - `rate_limit`: 429 of the global lane, with `seconds` as Retry-After, without one if left out.
        - `import_rate_limit`: 429 of the import lane, the same way; strikes only calls in that lane.
        - `error`: `status`, 500 if left out; counted, nothing committed.
        - `plan_limit`: 422 as for a feature the plan does not have; counted, nothing committed.
        - `import_batch_answer`: a batch of nothing but upserts does its work and is answered 200 as an import is, with
          the address of a report, which is complete at once; strikes only such batches.
        - `error_after_commit`, `reset_after_commit`: as `error` and `reset`, after the request has done its work.
        - `stall_after_commit`: no reply after the request has done its work; the connection is dropped `seconds` later.

        The calls inside a batch meet no faults of their own.

        Args:
            kind: one of these.
            method: strikes only this HTTP method.
            route: strikes only this template, with placeholders named as here: `/subscribers`, `/subscribers/{id}`,
                `/subscribers/{id}/forget`, `/subscribers/{id}/activity-log`, `/subscribers/{id}/groups/{gid}`,
                `/subscribers/import`, `/subscribers/import/{id}`, `/groups`, `/groups/{id}`,
                `/groups/{id}/subscribers`, `/groups/{id}/import-subscribers`, `/fields`, `/fields/{id}`, `/batch`,
                `/ecommerce/shops`, `/ecommerce/shops/{shop_id}`, `/ecommerce/shops/{shop_id}/carts`,
                `/ecommerce/shops/{shop_id}/carts/{cart_id}`, `/ecommerce/shops/{shop_id}/carts/{cart_id}/items`,
                `/ecommerce/shops/{shop_id}/carts/{cart_id}/items/replace`,
                `/ecommerce/shops/{shop_id}/carts/{cart_id}/items/{item_id}`, `/ecommerce/shops/{shop_id}/categories`,
                `/ecommerce/shops/{shop_id}/categories/import`, `/ecommerce/shops/{shop_id}/categories/{category_id}`,
                `/ecommerce/shops/{shop_id}/categories/{category_id}/products`,
                `/ecommerce/shops/{shop_id}/categories/{category_id}/products/{product_id}`,
                `/ecommerce/shops/{shop_id}/customers`, `/ecommerce/shops/{shop_id}/customers/import`,
                `/ecommerce/shops/{shop_id}/customers/{customer_id}`, `/ecommerce/shops/{shop_id}/orders`,
                `/ecommerce/shops/{shop_id}/orders/import`, `/ecommerce/shops/{shop_id}/orders/queue-order-sync`,
                `/ecommerce/shops/{shop_id}/orders/{order_id}`, `/ecommerce/shops/{shop_id}/products`,
                `/ecommerce/shops/{shop_id}/products/import`, `/ecommerce/shops/{shop_id}/products/{product_id}`,
                `/ecommerce/shops/{shop_id}/products/{product_id}/categories/multiple`,
                `/campaigns`, `/campaigns/{id}`, `/campaigns/{id}/schedule`, `/campaigns/{id}/cancel`,
                `/campaigns/{id}/reports/subscriber-activity`,
                `/segments`, `/segments/{id}`, `/segments/{id}/subscribers`,
                `/automations`, `/automations/{id}`, `/automations/{id}/activity`,
                `/forms/popup`, `/forms/embedded`, `/forms/promotion`, `/forms/{id}`, `/forms/{id}/subscribers`,
                `/webhooks`, `/webhooks/{id}`, `/timezones`, `/campaigns/languages`.
            status: status of `error` and `error_after_commit`.
            seconds: see the kinds.
            times: how often it strikes; None for no end.
            probability: the chance of a matching request to be struck; the same requests get the same luck in each run.

        Raises:
            TypeError: naming the argument that is of a wrong type.
            ValueError: naming the argument that is not known or makes no sense.
        """
        with self._lock:
            self._faults.add(
                kind,
                method=method,
                route=route,
                status=status,
                seconds=seconds,
                times=times,
                probability=probability,
            )

    def deliver(self, send: Send | None = None) -> list[Delivery]:
        """Deliver everything to webhooks that is due now. While `serve` runs that happens by itself.

        A delivery that is not answered 2xx within 3 seconds is due again after 10, 100 and 1000 seconds on the
        emulator's clock, and then given up. Seeding, and removing a group, are no events to webhooks.

        Args:
            send: a function of URL, headers and body that returns the status of the answer, and that may raise
                `TimeoutError`, `ConnectionError` or an error of httpx; a real POST if left out.

        Returns:
            The attempts, in order.
        """
        if send is not None:
            return list(deliver_due(self, send))
        with closing(HttpSender()) as http:
            return list(deliver_due(self, http))

    def clear_faults(self) -> None:
        """Let nothing go wrong any more; the account, the windows and the log stay."""
        with self._lock:
            self._faults.clear()

    def reset(self) -> None:
        """Be as new: an empty account, fresh windows, no faults, an empty log."""
        with self._lock:
            self._account = Account()
            self._calls.clear()
            self._imports.clear()
            self._faults.clear()
            self._log.clear()

    # -- the path of a request -----------------------------------------------------------------------------------------

    def _arrive(self, request: EmulatedRequest, match: Match, exchange: Exchange) -> EmulatedResponse:
        body = request.json()
        with self._lock:
            now = Moment.now(self._clock)
            url = f"{request.origin}{request.path.rstrip('/')}"
            params = nested_parameters(request.query)
            call = Invocation(self._account, match.arguments, params, body, url, now, self._router)
            lane: Lane = match.route.lane(call) if match.route else "global"
            strike = partial(self._strike, request.method, match.template)
            response = self._admit(request, now, lane, strike)
            if response is None:
                response = self._commit(request, match, call, lane, strike, exchange)
            self._log.append(
                LoggedRequest(
                    method=request.method,
                    path=request.path,
                    route=match.template,
                    query=tuple(request.query),
                    body=body,
                    status=response.status or None,
                    at=now.monotonic,
                    lane=lane,
                    headers={name: value for name, value in request.headers.items() if name != "authorization"},
                    inner=tuple(call.inner),
                )
            )
            return response

    def _strike(self, method: str, template: str | None, kind: Kind) -> Fault | None:
        return self._faults.strike(kind, method, template)

    def _admit(self, request: EmulatedRequest, now: Moment, lane: Lane, strike: _Strike) -> EmulatedResponse | None:
        """Whatever keeps a request from its handler: the edge, the key, the limits. None lets it through."""
        if strike("reset"):
            return dropped()
        if strike("html"):
            return EmulatedResponse(502, {"content-type": "text/html"}, _BAD_GATEWAY)
        if not _is_authorized(request) or strike("revoked_key"):
            return json_response(401, {"message": "Unauthenticated."})
        if strike("foreign_traffic"):
            self._calls.hit(now.monotonic)
        if (fault := strike("rate_limit")) is not None:
            return self._too_many_calls(fault.seconds)
        if not self._calls.hit(now.monotonic):
            return self._too_many_calls(self._calls.retry_after(now.monotonic))
        if lane == "import":
            if (fault := strike("import_rate_limit")) is not None:
                return _too_many(_TOO_MANY_IMPORTS, fault.seconds)
            if not self._imports.hit(now.monotonic):
                return _too_many(_TOO_MANY_IMPORTS, self._imports.retry_after(now.monotonic))
        return None

    def _commit(
        self, request: EmulatedRequest, match: Match, call: Invocation, lane: Lane, strike: _Strike, exchange: Exchange
    ) -> EmulatedResponse:
        """Do what the request asks for, unless a fault keeps it or takes the answer."""
        if (fault := strike("error")) is not None:
            return self._counted(_server_error(fault.status), call.now)
        if strike("plan_limit"):
            return self._counted(unprocessable(_PLAN_LIMIT).response(), call.now)
        self._advance(call.now)
        response = self._router.answer(request.method, match, call)
        self._announce(call.now)
        if lane == "import" and response.status == 200 and strike("import_batch_answer"):
            response = answer_as_import(call, response)
        if (fault := strike("error_after_commit")) is not None:
            response = _server_error(fault.status)
        if (fault := strike("stall_after_commit")) is not None:
            exchange.reply_delay += fault.seconds or 0.0
            response.abort = True
        if strike("reset_after_commit"):
            response.abort = True
        return self._counted(response, call.now)

    def _advance(self, now: Moment) -> None:
        self._account.advance(now)
        self._announce(now)

    def _announce(self, now: Moment) -> None:
        if announce(self._account, now):
            self._queued.set()

    def _counted(self, response: EmulatedResponse, now: Moment) -> EmulatedResponse:
        response.headers["x-ratelimit-limit"] = str(self._calls.limit)
        response.headers["x-ratelimit-remaining"] = str(self._calls.remaining(now.monotonic))
        return response

    def _too_many_calls(self, retry_after: float | None) -> EmulatedResponse:
        response = _too_many(_TOO_MANY_CALLS, retry_after)
        response.headers["x-ratelimit-limit"] = str(self._calls.limit)
        response.headers["x-ratelimit-remaining"] = "0"
        return response


def _is_authorized(request: EmulatedRequest) -> bool:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    return scheme.lower() == "bearer" and key not in ("", REFUSED_KEY) and not _CLASSIC_KEY.fullmatch(key)


def _too_many(message: str, retry_after: float | None) -> EmulatedResponse:
    response = json_response(429, {"message": message})
    if retry_after is not None:
        response.headers["retry-after"] = str(math.ceil(retry_after))
    return response


def _server_error(status: int) -> EmulatedResponse:
    message = "Server Error" if status == 500 else reason_phrase(status)
    return json_response(status, {"message": message})

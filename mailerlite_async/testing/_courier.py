"""Sends the deliveries of webhooks, over HTTP unless told otherwise, on demand or from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Final

import httpx

from ._deliveries import DEADLINE_SECONDS, Delivery
from ._moment import Moment

if TYPE_CHECKING:
    from ._emulator import Emulator

Send = Callable[[str, Mapping[str, str], bytes], int]

# How long the thread may take to see that the clock has reached the time of a retry or of a campaign.
_LOOK_SECONDS: Final = 0.1


class HttpSender:
    """Posts to real addresses. Redirects are answers like any other, and proxies of the environment are not used."""

    def __init__(self) -> None:
        self._client: httpx.Client | None = None

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Post a body.

        Returns:
            The status of the answer, whose body is not waited for.

        Raises:
            httpx.HTTPError: for no answer.
            httpx.InvalidURL: for an address that is none.
        """
        if self._client is None:
            self._client = httpx.Client(timeout=DEADLINE_SECONDS, trust_env=False)
        try:
            with self._client.stream("POST", url, headers=dict(headers), content=body) as response:
                return response.status_code
        except UnicodeError as error:  # the resolver's objection to a host name
            raise httpx.InvalidURL(str(error)) from error

    def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            self._client.close()


def deliver_due(emulator: Emulator, send: Send) -> Iterator[Delivery]:
    """Send everything that is due now, one after the other, without keeping requests waiting meanwhile.

    Args:
        emulator: whose deliveries.
        send: posts one body; a network error that it raises counts as no answer.

    Yields:
        Every attempt, once its outcome is in the log.
    """
    clock, lock = emulator._clock, emulator._lock
    with lock:
        start, account = Moment.now(clock), emulator._account
        emulator._advance(start)
    while True:
        with lock:
            parcel = account.deliveries.take(start)
        if parcel is None:
            return
        sent, url = Moment.now(clock), parcel.webhook.url
        answer: int | str
        try:
            answer = send(url, parcel.headers, parcel.body)
        except (httpx.TimeoutException, TimeoutError):
            answer = "timeout"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            answer = f"{type(error).__name__}: {error}"
        except BaseException:
            with lock:
                account.deliveries.put_back(parcel, start)
            raise
        with lock:
            delivery = account.deliveries.settle(parcel, url, answer, sent, Moment.now(clock))
        yield delivery


class Courier:
    """The thread that delivers while an emulator serves.

    Args:
        emulator: whose deliveries.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="mailerlite-emulator-webhooks", daemon=True)

    def start(self) -> None:
        """Deliver from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more; a delivery that is on its way is waited for."""
        self._stopped = True
        self._emulator._queued.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(HttpSender()) as send:
            while not self._stopped:
                for _ in deliver_due(self._emulator, send):
                    if self._stopped:
                        return
                self._emulator._queued.wait(_LOOK_SECONDS)
                self._emulator._queued.clear()

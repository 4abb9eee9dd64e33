"""Reads deliveries from a server and verifies them, up to a size and within a time, or says what to answer instead."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Any

import anyio

from mailerlite_async.errors import DecodeError, PayloadTooLargeError, SignatureError
from mailerlite_async.webhooks._calling import call
from mailerlite_async.webhooks._events import Event
from mailerlite_async.webhooks._numbers import check_count, check_seconds
from mailerlite_async.webhooks._parsing import received
from mailerlite_async.webhooks._signatures import Secrets

FixedSecrets = str | Iterable[str]
AskForSecrets = Callable[[], FixedSecrets | None | Awaitable[FixedSecrets | None]]


class RefusedError(Exception):
    """A delivery is not taken.

    Attributes:
        status: the HTTP status to answer.
        text: the same in words, without anything that was sent.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Verifier:
    """Makes events of deliveries.

    Args:
        secrets: those a delivery may be signed with, or a function that gives them at each delivery.
        max_bytes: the largest body that is taken.
        deadline: seconds for a body to arrive, and for the function to answer.

    Raises:
        TypeError: if `secrets` is neither, a secret is not text, or a number is none.
        ValueError: if a number is out of range, or there is no secret, or an empty one.
    """

    def __init__(self, secrets: FixedSecrets | AskForSecrets, *, max_bytes: int, deadline: float) -> None:
        check_count("max_bytes", max_bytes)
        check_seconds("deadline", deadline)
        self._ask: AskForSecrets | None = None
        self._fixed: Secrets | None = None
        if callable(secrets):
            self._ask = secrets
        else:
            self._fixed = Secrets(secrets)
        self._max_bytes = max_bytes
        self._deadline = deadline

    def until(self) -> float:
        """When a delivery that begins now is given up, on the clock of the event loop."""
        return anyio.current_time() + self._deadline

    async def events(
        self,
        chunks: AsyncIterable[bytes],
        signature: str | None,
        content_length: str | int | None,
        lost: tuple[type[Exception], ...],
    ) -> list[Event]:
        """The events of a delivery that is still arriving.

        Args:
            chunks: the body, piece by piece.
            signature: the header `Signature`; None if there was none.
            content_length: what the client says of the length of the body.
            lost: what `chunks` raises when the client has gone.

        Raises:
            RefusedError: if it is not taken.
            Exception: as `secrets`.
        """
        until = self.until()
        try:
            body = await self.read(chunks, content_length, until)
        except lost:
            raise RefusedError(400, "the body did not arrive") from None  # to nobody
        return self.verify(body, signature, await self.secrets(until))

    async def read(self, chunks: AsyncIterable[bytes], content_length: str | int | None, until: float) -> bytes:
        """The whole body, of which no more is read than can be taken.

        Raises:
            RefusedError: with 413 if the body is larger, or says that it will be; with 408 if it takes too long.
        """
        with anyio.CancelScope(deadline=until):
            try:
                return await read_body(chunks, content_length, self._max_bytes)
            except PayloadTooLargeError as error:
                raise RefusedError(413, str(error)) from None
        raise RefusedError(408, "the body did not arrive in time")

    async def secrets(self, until: float) -> Secrets:
        """The secrets that a delivery may be signed with.

        Raises:
            RefusedError: with 503 if there is none yet, or none in time.
            Exception: what the function raises; TypeError or ValueError if it gives what is no secret.
        """
        if self._ask is None:
            assert self._fixed is not None
            return self._fixed
        with anyio.CancelScope(deadline=until):
            given = _gone_through(await call(self._ask))
            if given is None or given in ("", ()):
                # Not 401: what cannot be verified yet may be good, and shall come again.
                raise RefusedError(503, "there is no secret yet to verify deliveries with")
            return Secrets(given)
        raise RefusedError(503, "the secrets did not come in time")

    def verify(self, body: bytes, signature: str | None, secrets: Secrets) -> list[Event]:
        """The events of a body, if it is signed.

        Raises:
            RefusedError: with 401 if it is not, 400 if it is malformed, 413 if it is too large.
            TypeError: if the body is not bytes.
        """
        try:
            return received(body, signature, secrets, self._max_bytes)
        except SignatureError as error:
            raise RefusedError(401, str(error)) from None
        except DecodeError as error:
            raise RefusedError(400, str(error)) from None
        except PayloadTooLargeError as error:
            raise RefusedError(413, str(error)) from None


def _gone_through(given: Any) -> Any:
    """Several secrets as a tuple, of which can be said whether it is empty; anything else as it is."""
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes | bytearray)
    return tuple(given) if several else given


async def read_body(chunks: AsyncIterable[bytes], content_length: str | int | None, max_bytes: int) -> bytes:
    """The whole body, of which no more is read than can be taken.

    Args:
        chunks: the body, piece by piece.
        content_length: what the client says of its length.
        max_bytes: the largest body that is taken.

    Raises:
        PayloadTooLargeError: if the body is larger, or says that it will be.
    """
    told = str(content_length).lstrip("0")
    # Python refuses to make a number of thousands of digits.
    if told.isascii() and told.isdigit() and (len(told) > len(str(max_bytes)) or int(told) > max_bytes):
        raise PayloadTooLargeError(max_bytes=max_bytes)
    body = bytearray()
    async for chunk in chunks:
        if len(body) + len(chunk) > max_bytes:
            raise PayloadTooLargeError(max_bytes=max_bytes)
        body += chunk
    return bytes(body)

"""Reads the body of a delivery from a server, up to a size, and names the status of a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterable

from mailerlite_async.errors import MailerLiteError, PayloadTooLargeError, SignatureError


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


def status_of(error: MailerLiteError) -> int:
    """The HTTP status for a delivery that was refused with an error."""
    if isinstance(error, SignatureError):
        return 401
    return 413 if isinstance(error, PayloadTooLargeError) else 400

"""Signatures of webhook deliveries: only the right secret over the very bytes that were sent will do."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from mailerlite_async import SignatureError
from mailerlite_async.webhooks import verify

BODY = b'{"type":"subscriber.created","email":"ann@example.com"}'
SECRET = "sixteen-letters!"
SIGNATURE = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("body", [BODY, bytearray(BODY), memoryview(BODY)])
def test_signed_body_is_accepted(body: Any) -> None:
    verify(body, SIGNATURE, SECRET)


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        (BODY + b" ", SIGNATURE, SECRET),
        (BODY, SIGNATURE.upper(), SECRET),
        (BODY, SIGNATURE[:-1], SECRET),
        (BODY, "", SECRET),
        (BODY, "caf\u00e9 \ud800", SECRET),
        (BODY, SIGNATURE, "another-secret"),
    ],
)
def test_anything_else_is_refused(body: bytes, signature: str, secret: str) -> None:
    with pytest.raises(SignatureError) as caught:
        verify(body, signature, secret)
    assert "ann@" not in f"{caught.value!r}"
    assert secret not in f"{caught.value!r}"


def test_a_body_that_was_decoded_and_an_empty_secret_are_mistakes() -> None:
    with pytest.raises(TypeError, match="raw_body must be bytes, not str"):
        verify(BODY.decode(), SIGNATURE, SECRET)  # type: ignore[arg-type]  # the mistake is the point
    with pytest.raises(ValueError, match="secret"):
        verify(BODY, SIGNATURE, "")

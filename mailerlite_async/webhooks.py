"""Webhook deliveries in your own application: is it really MailerLite that sent this?"""

from __future__ import annotations

import hashlib
import hmac

from mailerlite_async.errors import SignatureError

__all__ = ["verify"]


def verify(raw_body: bytes, signature: str, secret: str) -> None:
    """Make sure that a delivery was signed with the webhook's secret; takes the same time whether or not it was.

    Args:
        raw_body: the body as it arrived: not decoded, and not parsed and written again.
        signature: the header `Signature`.
        secret: the `secret` of the webhook, as `webhooks.create` gave it.

    Raises:
        SignatureError: if the signature is that of another body or another secret.
        TypeError: if the body is not bytes.
        ValueError: if the secret is empty, so that anybody could have signed.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    if not isinstance(raw_body, bytes | bytearray | memoryview):
        raise TypeError(f"raw_body must be bytes, not {type(raw_body).__name__}: the signature covers the bytes sent")
    if not secret:
        raise ValueError("secret is empty")
    expected = hmac.new(secret.encode(), raw_body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise SignatureError("the signature does not match the body and the secret")

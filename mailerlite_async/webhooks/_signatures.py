"""Signatures of webhook deliveries: is it really MailerLite that sent this?"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from mailerlite_async.errors import SignatureError


class Secrets:
    """The secrets a delivery may be signed with, which show in no `repr`.

    Args:
        secrets: one secret or several.

    Raises:
        TypeError: if one is not text.
        ValueError: if there is none, or one is empty, so that anybody could have signed, or has white space around it,
            so that nobody could have.
    """

    def __init__(self, secrets: str | Iterable[str]) -> None:
        if not isinstance(secrets, Iterable) or isinstance(secrets, bytes | bytearray):
            raise TypeError(f"secrets must be str or several of them, not {type(secrets).__name__}")
        given = (secrets,) if isinstance(secrets, str) else tuple(secrets)
        for secret in given:
            if not isinstance(secret, str):
                raise TypeError(f"a secret must be str, not {type(secret).__name__}")
        if not given:
            raise ValueError("secrets is empty")
        if not all(given):
            raise ValueError("a secret is empty" if len(given) > 1 else "secret is empty")
        if any(secret != secret.strip() for secret in given):
            raise ValueError("a secret has white space around it, which none of MailerLite's has")
        self._keys = tuple(secret.encode() for secret in given)

    def __repr__(self) -> str:
        return f"<{len(self._keys)} secrets>"

    def check(self, raw_body: bytes, signature: str | None) -> None:
        """Make sure that one of the secrets signed a body, in a time that does not depend on which, nor on whether.

        Raises:
            SignatureError: if none did.
            TypeError: if the body is not bytes, or the signature is not text.
        """
        if not isinstance(raw_body, bytes | bytearray | memoryview):
            raise TypeError(
                f"raw_body must be bytes, not {type(raw_body).__name__}: the signature covers the bytes sent"
            )
        if signature is None:
            raise SignatureError("there is no header Signature")
        if not isinstance(signature, str):
            raise TypeError(f"signature must be str or None, not {type(signature).__name__}")
        found = signature.encode("utf-8", "replace")
        matches = 0
        for key in self._keys:  # all of them, whether or not one has matched already
            expected = hmac.new(key, raw_body, hashlib.sha256).hexdigest().encode()
            matches += hmac.compare_digest(expected, found)
        if not matches:
            raise SignatureError(
                f"the signature does not match the body and {'the secret' if len(self._keys) == 1 else 'any secret'}"
            )


def verify(raw_body: bytes, signature: str | None, secret: str) -> None:
    """Make sure that a delivery was signed with the webhook's secret; takes the same time whether or not it was.

    Args:
        raw_body: the body as it arrived: not decoded, and not parsed and written again.
        signature: the header `Signature`; None if there was none.
        secret: the `secret` of the webhook, as `webhooks.create` gave it.

    Raises:
        SignatureError: if the signature is missing, or that of another body or another secret.
        TypeError: if the body is not bytes, or the signature or the secret is not text.
        ValueError: if the secret is empty, so that anybody could have signed.

    API: https://developers.mailerlite.com/docs/webhooks.html
    """
    Secrets((secret,)).check(raw_body, signature)

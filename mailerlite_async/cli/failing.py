"""How the failure of a call is told to the user."""

from __future__ import annotations

from mailerlite_async.errors import AuthenticationError, MailerLiteError


def explain(error: MailerLiteError) -> str:
    """What went wrong, and what to do about it if that is known."""
    if isinstance(error, AuthenticationError):
        return f"{sentence(error)} The API does not accept the key in MAILERLITE_API_KEY."
    return sentence(error)


def sentence(error: MailerLiteError) -> str:
    """The error with a full stop."""
    return f"{str(error).removesuffix('.')}."

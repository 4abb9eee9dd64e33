"""What the service thinks of an e-mail address: whether it is one, and why an import would refuse it."""

from __future__ import annotations

import re
from typing import Literal

Objection = Literal["invalid", "mistyped", "role_based", "suspicious_format"]

_LONGEST = 254
_LONGEST_LOCAL_PART = 64
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?:[A-Za-z]{{2,63}}|xn--[A-Za-z0-9-]{{1,59}})")

# fmt: off
_ROLES = frozenset(
    {
        "abuse", "admin", "administrator", "billing", "contact", "help", "hostmaster", "info", "mailer-daemon",
        "marketing", "no-reply", "noc", "noreply", "office", "postmaster", "root", "sales", "security", "spam",
        "support", "webmaster",
    }
)
_MISSPELT_DOMAINS = frozenset(
    {
        "gamil.com", "gmai.com", "gmail.co", "gmail.con", "gmal.com", "gmial.com", "gnail.com", "hotmai.com",
        "hotmail.con", "hotmial.com", "hotmil.com", "outlok.com", "outloo.com", "yaho.com", "yahoo.con",
        "yahooo.com", "yhaoo.com",
    }
)
# fmt: on
# Twelve digits and more are telephone or account numbers far more often than mailboxes.
_SUSPICIOUS = re.compile(r"[0-9]{12,}")


def is_address(text: object) -> bool:
    """Whether this is an address as in RFC 2821, in ASCII and with a dotted domain."""
    return (
        isinstance(text, str)
        and len(text) <= _LONGEST
        and text.find("@") <= _LONGEST_LOCAL_PART
        and _ADDRESS.fullmatch(text) is not None
    )


def objection(address: str) -> Objection | None:
    """Why an import refuses this address, None if it does not.

    - `invalid`: not an address.
    - `mistyped`: the domain is a well-known misspelling of a mail provider, such as `gmial.com`.
    - `role_based`: the mailbox belongs to a function, such as `info@` or `support@`.
    - `suspicious_format`: a local part of twelve digits or more and nothing else.
    """
    if not is_address(address):
        return "invalid"
    local, _, domain = address.lower().rpartition("@")
    if domain in _MISSPELT_DOMAINS:
        return "mistyped"
    if local in _ROLES:
        return "role_based"
    if _SUSPICIOUS.fullmatch(local):
        return "suspicious_format"
    return None

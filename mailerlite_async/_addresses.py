"""Addresses: when two of them are the same, and which are refused before anything is sent.

The check is a conservative one. It refuses what cannot be an address, so that a slip in the file is told with its line;
whether the service likes an address is the service's business.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 254
_LONGEST_LOCAL_PART: Final = 64
_LONGEST_LABEL: Final = 63
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_LABEL: Final = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
_BETWEEN: Final = re.compile(r"[\s;,<>|()\[\]]+")
_AROUND: Final = "\"'`{}.:"
_SCHEME: Final = "mailto:"


def identity(address: str) -> str:
    """The form in which addresses are compared: lower case, and an international domain in its ASCII form."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{_ascii_domain(domain) or domain}".lower()


def objection(address: str) -> str | None:
    """What is wrong with an address, None if it can be one."""
    if len(address) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    if any(character.isspace() or not character.isprintable() for character in address):
        return "it holds a space or a control character"
    signs = _QUOTED.sub("", address).count("@")
    if signs != 1:
        return "it has no @" if signs == 0 else f"it has {signs} times @"
    local, _, domain = address.rpartition("@")
    if not local:
        return "there is nothing before the @"
    if len(local) > _LONGEST_LOCAL_PART:
        return f"the part before the @ is longer than {_LONGEST_LOCAL_PART} characters"
    return _objection_to_domain(domain)


def meant(text: str) -> set[str]:
    """The addresses that a text may mean which cannot be one itself, in the form in which addresses are compared.

    More rather than fewer: whoever they belong to is to be left alone. Signs that nobody sees are taken out, and what
    stands around or between addresses in lists, in mail headers and in source code is taken away.
    """
    seen = "".join(character for character in text if character.isprintable() or character.isspace())
    found = set[str]()
    for piece in (*_BETWEEN.split(seen), "".join(seen.split())):
        address = piece.strip(_AROUND)
        if address.lower().startswith(_SCHEME):
            address = address[len(_SCHEME) :]
        if "@" in address and len(address) <= _LONGEST:
            found.add(identity(address))
    return found


def _objection_to_domain(domain: str) -> str | None:
    if not domain:
        return "there is nothing after the @"
    if "." not in domain:
        return "the domain has no dot"
    for label in domain.split("."):
        if not label:
            return "the domain has nothing before, after or between dots"
        if len(label) > _LONGEST_LABEL or not _LABEL.fullmatch(label) or "_" in label:
            return "the domain has a part that no domain can have"
    return None if _ascii_domain(domain) else "the domain cannot be written in ASCII"


def _ascii_domain(domain: str) -> str | None:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None

"""Links: those to other pages lead there on a code host too, and those to other hosts are among the known ones.

Whether other hosts still answer is asked by `nox -s docs -- --links`, which needs the internet; this asks nobody.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import mailerlite_async
from tests.support.markdown import ROOT, pages

_FENCED = re.compile(r"^( *)(`{3,}).*?^ *\2$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_URL = re.compile(r"https?://[^\s\"'`<>)\]|]+")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

# What pages and docstrings may name on other hosts. An address that is mistyped, or new, is not among them.
MAILERLITE = "https://developers.mailerlite.com/docs/"
KNOWN = {
    MAILERLITE,
    *(
        f"{MAILERLITE}{page}.html"
        for page in (
            *("subscribers", "groups", "fields", "segments", "forms", "campaigns", "automations", "webhooks"),
            *("batching", "timezones", "campaign-languages"),
        )
    ),
    *(
        f"{MAILERLITE}ecommerce-{page}-api"
        for page in (
            *("shops", "products", "categories", "categories-products", "customers", "orders", "carts", "cart-items"),
        )
    ),
    "https://www.mailerlite.com/",
    "https://keepachangelog.com/en/1.1.0/",
    "https://semver.org/",
    "https://nox.thea.codes/",
    "https://docs.pypi.org/trusted-publishers/",
}
# Examples, which lead nowhere.
NOWHERE = re.compile(r"(.+\.)?example\.com|127\.0\.0\.1|localhost|testserver|.*[{}].*")


def prose(page: str) -> str:
    """A page without its code."""
    return _FENCED.sub("", (ROOT / page).read_text(encoding="utf-8"))


def slugs(page: str) -> set[str]:
    """The anchors that a code host and Sphinx make of the headings of a page."""
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in _HEADING.findall(prose(page))
    }


LINKS = [(page, link) for page in pages() for link in _LINK.findall(prose(page)) if not _URL.match(link)]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=[f"{page} {link}" for page, link in LINKS])
def test_link_between_pages_leads_there(page: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    assert target.exists()
    resolved = target.resolve().relative_to(ROOT.resolve()).as_posix()
    if anchor:
        assert anchor in slugs(resolved)
    if page.startswith("docs/"):
        assert resolved.startswith("docs/"), "what is not below docs is not on the site"


def docstrings(path: Path) -> list[str]:
    """All docstrings of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, kinds)]


def external() -> dict[str, str]:
    """Each address on another host, and a place that names it."""
    found = {url.rstrip(".,;:"): page for page in pages() for url in _URL.findall(prose(page))}
    for path in Path(mailerlite_async.__file__).parent.rglob("*.py"):
        for text in docstrings(path):
            found |= {url.rstrip(".,;:"): path.name for url in _URL.findall(text)}
    return {url: place for url, place in found.items() if not NOWHERE.fullmatch(urlsplit(url).hostname or url)}


def test_addresses_on_other_hosts_are_known() -> None:
    found = external()
    assert {url: place for url, place in found.items() if url not in KNOWN} == {}
    assert KNOWN - found.keys() == set(), "no page names it any more"


def test_anchors_are_those_of_a_code_host() -> None:
    assert "what-will-it-cost" in slugs("docs/bulk.md")
    assert "several-processes-redis" in slugs("docs/limits.md")

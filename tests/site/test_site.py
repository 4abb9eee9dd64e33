"""The built documentation in a real browser: search finds things, no page is wider than a phone, no host but its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

import mailerlite_async
from mailerlite_async import bulk, models, testing, webhooks
from mailerlite_async._async._facade_resources import AsyncResources

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

pytestmark = pytest.mark.system

RESOURCES = [name for name, value in vars(AsyncResources).items() if isinstance(value, cached_property)]
PHONE, DESKTOP = 390, 1280
# What a page loads by itself; links of its text may lead anywhere.
LOADED = re.compile(r"""<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|href)=["']([^"']+)["'][^>]*>""")
IN_STYLES = re.compile(r"""url\(\s*["']?(?!data:)([^"')]+)|@import\s+["']([^"']+)""")


def html_pages(site: Path) -> list[str]:
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


def resize(browser: Chrome, width: int) -> None:
    """Make the page as wide as that; a window could not be as narrow as a phone."""
    metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def eventually(browser: Chrome, find: Callable[[], list[WebElement]]) -> list[WebElement]:
    """What is found, once anything is."""
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(browser, 60).until(lambda _: find())


def results(browser: Chrome) -> list[WebElement]:
    from selenium.webdriver.common.by import By

    return browser.find_elements(By.CSS_SELECTOR, "#search-results li a")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("upsert", "api/subscribers.html#mailerlite_async.AsyncMailerLite.subscribers.upsert"),
        ("max_wait", "limits.html"),
        ("unsubscribed", "errors.html"),
        ("checkpoint", "bulk.html"),
    ],
)
def test_search_finds(browser: Chrome, address: str, query: str, expected: str) -> None:
    browser.get(f"{address}search.html?q={query}")
    eventually(browser, lambda: [link for link in results(browser) if expected in (link.get_attribute("href") or "")])


def test_search_from_the_box_leads_to_the_page(browser: Chrome, address: str) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    resize(browser, DESKTOP)
    browser.get(address)
    browser.find_element(By.CSS_SELECTOR, "input[name=q]").send_keys("five-minute start", Keys.RETURN)
    (first, *_) = eventually(browser, lambda: results(browser))
    first.click()
    (title,) = eventually(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "article h1"))
    assert "Five-minute start" in title.text


def test_search_for_what_is_not_there_finds_nothing(browser: Chrome, address: str) -> None:
    from selenium.webdriver.common.by import By

    browser.get(f"{address}search.html?q=xyzzyplugh")
    eventually(
        browser,
        lambda: [
            each
            for each in browser.find_elements(By.CSS_SELECTOR, "#search-results .search-summary")
            if "did not match" in each.text
        ],
    )
    assert results(browser) == []


def test_no_page_is_wider_than_a_phone(browser: Chrome, address: str, site: Path) -> None:
    resize(browser, PHONE)
    pages = html_pages(site)
    assert len(pages) > 40
    wide = {}
    for page in pages:
        browser.get(f"{address}{page}")
        width = browser.execute_script(
            "return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth, window.innerWidth)"
        )
        if width > PHONE:
            wide[page] = width
    assert wide == {}


def test_browser_loads_nothing_from_other_hosts(browser: Chrome, address: str) -> None:
    for page in ("index.html", "limits.html", "api/subscribers.html", "search.html?q=upsert"):
        browser.get(f"{address}{page}")
        names = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
        assert names
        assert [name for name in names if not name.startswith((address, "data:"))] == []


def test_pages_and_styles_name_nothing_on_other_hosts(site: Path) -> None:
    found = [
        (path.name, urljoin("http://own.invalid/", match))
        for path in site.rglob("*.html")
        for match in LOADED.findall(path.read_text(encoding="utf-8"))
    ] + [
        (path.name, urljoin("http://own.invalid/", one or other))
        for path in site.rglob("*.css")
        for one, other in IN_STYLES.findall(path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 100
    assert [each for each in found if not each[1].startswith(("http://own.invalid/", "data:"))] == []


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    from sphinx.util.inventory import InventoryFile

    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    documented = {name for kind, entries in inventory.data.items() if kind.startswith("py:") for name in entries}
    for module in (mailerlite_async, models, bulk, testing, webhooks):
        for name in set(module.__all__) - {"__version__", "calls", "errors", "models"}:
            # What `bulk` and the package both have is documented once.
            assert documented & {f"{module.__name__}.{name}", f"mailerlite_async.bulk.{name}"}, name


@pytest.mark.parametrize("resource", [*RESOURCES, "bulk"])
def test_every_method_of_a_resource_is_in_the_reference(site: Path, resource: str) -> None:
    page = (site / "api" / f"{resource}.html").read_text(encoding="utf-8")
    kind = type(getattr(mailerlite_async.AsyncMailerLite("key"), resource))
    names = [name for name in vars(kind) if not name.startswith("_")]
    assert names
    for name in names:
        assert f'id="mailerlite_async.AsyncMailerLite.{resource}.{name}"' in page

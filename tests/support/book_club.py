"""The two book-club websites of the examples, each served over HTTP beside an emulator that fires at it."""

from __future__ import annotations

import importlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from mailerlite_async.testing import Emulator
from tests.support.web_servers import listen, serve_aiohttp, serve_asgi, url_of

FRAMEWORKS = ("fastapi", "aiohttp")
HOOK = "/webhooks/mailerlite"


def module(framework: str, name: str) -> Any:
    """A module of an application."""
    return importlib.import_module(f"examples.{framework}_book_club.{name}")


class BookClub:
    """A website that is being served, and what stands around it.

    Attributes:
        url: of the website.
        visitor: sends requests to it.
        emulator: the MailerLite it talks to, which delivers events by itself.
        path: its database.
    """

    def __init__(self, framework: str, url: str, visitor: httpx.Client, emulator: Emulator, path: Path) -> None:
        self.framework = framework
        self.url = url
        self.visitor = visitor
        self.emulator = emulator
        self.path = path

    def set_up(self) -> None:
        """Run the command that prepares the account."""
        module(self.framework, "setup_account").main([f"{self.url}{HOOK}"])

    def sign_up(self, name: str = "Ann", email: str = "ann@example.com", **more: Any) -> httpx.Response:
        """Send the form of somebody who joins."""
        return self.visitor.post("/signup", json={"name": name, "email": email, **more})

    def status(self, member: int = 1) -> str:
        """What the website itself has on record."""
        answer = self.visitor.get(f"/members/{member}")
        assert answer.status_code == 200, answer.text
        status: str = answer.json()["status"]
        return status

    def change(self, **body: Any) -> None:
        """Do something to a subscriber behind the website's back, as MailerLite's own pages do."""
        answer = httpx.post(
            f"{self.api}/subscribers", json=body, headers={"Authorization": "Bearer another"}, timeout=10
        )
        assert answer.status_code == 200, answer.text

    @property
    def api(self) -> str:
        """The base URL of the emulator."""
        return os.environ["MAILERLITE_BASE_URL"]

    def delivered(self, count: int = 1) -> list[Any]:
        """The deliveries, once there are so many of them."""
        self.wait_for(lambda: len(self.emulator.deliveries) >= count)
        return self.emulator.deliveries

    def deliver(self, body: bytes, signature: str | None) -> httpx.Response:
        """Post a delivery."""
        headers = {"Content-Type": "application/json"} | ({} if signature is None else {"Signature": signature})
        return self.visitor.post(HOOK, content=body, headers=headers)

    def rows(self, query: str) -> list[Any]:
        """What a query of the database gives."""
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(query).fetchall()

    @staticmethod
    def wait_for(condition: Callable[[], bool]) -> None:
        """Return as soon as a condition holds; it is a failure if it never does."""
        give_up = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < give_up
            time.sleep(0.005)


@contextmanager
def serve(framework: str) -> Iterator[str]:
    """Serve one of the websites, as the environment says; gives its URL."""
    app = module(framework, "app")
    with listen() as listener:
        with serve_asgi(app.app, listener) if framework == "fastapi" else serve_aiohttp(app.create_app(), listener):
            yield url_of(listener)

"""The account that syncs are tested on, and how to run one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from mailerlite_async import MailerLite
from mailerlite_async.cli.syncing import SyncOptions, run_sync

from .conftest import KEY, Bench, Result

FILE = "email,name,City,Shoe\nann@example.com,Ann,York,39\nbob@example.com,Robert,,\nnew@example.com,New,Rome,\n"


def book_club(bench: Bench) -> Bench:
    """An account with Ann, who is as the file says; Bob, who is called otherwise; Carol, who is not in the file."""
    bench.emulator.seed(
        groups=[{"name": "Book club", "id": "7"}],
        subscribers=[
            {"email": "ann@example.com", "id": "1", "groups": ["7"], "fields": {"name": "Ann", "city": "York"}},
            {"email": "bob@example.com", "id": "2", "groups": ["7"], "fields": {"name": "Bob", "city": "Bath"}},
            {"email": "carol@example.com", "id": "3", "groups": ["7"]},
        ],
    )
    return bench


def never() -> bool:
    raise AssertionError("it must not ask")


def sync(
    bench: Bench, source: str = FILE, name: str = "people.csv", *, confirm: Callable[[], bool] = never, **options: Any
) -> Result:
    path = bench.write(source, name)
    out, err = io.StringIO(), io.StringIO()
    if "group_id" not in options:
        options.setdefault("group", "Book club")
    options = {"max_removals": 1.0, "confirmed": confirm is never, **options}
    with MailerLite(KEY, transport=bench.transport, clock=bench.clock, max_retries=0) as ml:
        status = run_sync(ml, SyncOptions(file=str(path), **options), out, err, confirm=confirm)
    return Result(status, out.getvalue(), err.getvalue())


def changed(bench: Bench) -> bool:
    return any(request.method != "GET" for request in bench.emulator.requests)

"""Which arguments type checkers accept: UNSET and None where they mean something, and nothing unknown."""

# Both checkers report an ignore that is not needed, so each of them must see every mistake that is marked so.
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import httpx

from mailerlite_async import UNSET, AsyncMailerLite, Clock, MailerLite, MemoryStore, RateLimits, Unset, calls
from mailerlite_async.models import ImportReport, SubscriberRow
from mailerlite_async.testing import Emulator, VirtualClock

NOW = datetime.now(UTC)


def accepted(ml: MailerLite, status: str, maybe: datetime | None | Unset) -> None:
    ml.subscribers.upsert("ann@example.com", fields={"name": "Ann", "size": 7, "rate": 0.5, "vip": True, "city": None})
    ml.subscribers.upsert("ann@example.com", fields=MappingProxyType({"name": "Ann"}), groups=("1", 2))
    ml.subscribers.upsert("ann@example.com", subscribed_at=NOW, opted_in_at=None, unsubscribed_at=UNSET)
    ml.subscribers.upsert("ann@example.com", ip_address=None, optin_ip=UNSET, resubscribe=True, status="active")
    ml.subscribers.upsert("ann@example.com", status=status, subscribed_at=maybe)
    ml.subscribers.update(1, email=UNSET, fields=UNSET, groups=UNSET, status=UNSET, subscribed_at=UNSET)
    ml.subscribers.iter(status="a status of next year", include_groups=True, page_size=10, cursor=None)
    ml.groups.import_subscribers(1, [SubscriberRow("ann@example.com", {"name": None})])
    ml.groups.import_subscribers("1", ({"email": f"person{number}@example.com"} for number in range(3)))
    ml.imports.create([SubscriberRow("ann@example.com"), {"email": "bob@example.com"}])
    ml.fields.create("Hobby", "a type of next year")


def clients(transport: httpx.MockTransport, clock: VirtualClock) -> None:
    MailerLite()
    MailerLite(None, base_url=None, timeout=5, limits=None, max_retries=0, max_wait=None, api_version=None)
    MailerLite("key", transport=transport, clock=clock, user_agent="shop/2.1")
    MailerLite("key", http_client=httpx.Client, limits=RateLimits(share=0.5, store=MemoryStore()))
    MailerLite("key", http_client=lambda: httpx.Client(transport=transport))
    MailerLite("key", transport=Emulator().transport())
    AsyncMailerLite("key", http_client=httpx.AsyncClient)
    AsyncMailerLite("key", transport=Emulator().transport())
    fake: Clock = clock
    AsyncMailerLite("key", clock=fake)


def callbacks(ml: MailerLite, seen: list[ImportReport]) -> None:
    ml.imports.wait("1", on_progress=seen.append)
    ml.imports.wait("1", on_progress=lambda report: report.percent)
    ml.imports.wait("1", on_progress=len)  # type: ignore[arg-type]


def unknown_arguments(ml: MailerLite, aml: AsyncMailerLite) -> None:
    ml.subscribers.upsert("ann@example.com", name="Ann")  # type: ignore[call-arg]
    ml.subscribers.upsert(mail="x")  # type: ignore[call-arg]
    ml.subscribers.upsert("ann@example.com", {"name": "Ann"})  # type: ignore[call-arg]
    ml.subscribers.iter(limit=5)  # type: ignore[call-arg]
    ml.subscribers.list(page_size=5)  # type: ignore[call-arg]
    ml.subscribers.update("1", resubscribe=True)  # type: ignore[call-arg]
    ml.groups.list(cursor="x")  # type: ignore[call-arg]
    aml.groups.iter(page=2)  # type: ignore[call-arg]
    calls.fields.create()  # type: ignore[call-arg]
    ml.with_options(retries=3)  # type: ignore[call-arg]
    MailerLite(key="x")  # type: ignore[call-arg]
    MailerLite("key", "https://example.com")  # type: ignore[call-arg]


def wrong_types(ml: MailerLite) -> None:
    ml.subscribers.upsert("ann@example.com", subscribed_at="2026-01-01")  # type: ignore[arg-type]
    ml.subscribers.upsert("ann@example.com", fields={"name": ["Ann"]})  # type: ignore[dict-item]
    ml.subscribers.upsert("ann@example.com", status=None)  # type: ignore[arg-type]
    ml.subscribers.get(1.0)  # type: ignore[arg-type]
    ml.subscribers.get(None)  # type: ignore[arg-type]
    ml.groups.list(sort="size")  # type: ignore[arg-type]
    ml.groups.import_subscribers("1", ["ann@example.com"])  # type: ignore[list-item]
    MailerLite("key", limits=120)  # type: ignore[arg-type]
    MailerLite("key", http_client=httpx.Client())  # type: ignore[arg-type]
    AsyncMailerLite("key", http_client=httpx.Client)  # type: ignore[arg-type]
    ml.execute("GET /groups")  # type: ignore[arg-type]


def groups_given_as_one_id(ml: MailerLite) -> Any:
    # A `str` is a sequence of `str`: no type checker sees this mistake, so it is refused when the call is built.
    return ml.subscribers.upsert("ann@example.com", groups="123")

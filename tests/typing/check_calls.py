"""What type checkers make of calls, pages and pagers: mypy and pyright must both agree with each line."""

# Both checkers report an ignore that is not needed, so each of them must see every mistake that is marked so.
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from typing import Any, assert_type

from mailerlite_async import AsyncMailerLite, AsyncPager, Call, Flow, MailerLite, Page, Pager, Response, calls
from mailerlite_async.models import (
    Activity,
    Campaign,
    CampaignActivity,
    CartItemInput,
    Field,
    ForgottenSubscriber,
    Group,
    ImportJob,
    ImportReport,
    Order,
    Product,
    ProductInput,
    Shop,
    Subscriber,
)


def builders() -> None:
    assert_type(calls.subscribers.list(), Call[Page[Subscriber]])
    assert_type(calls.subscribers.count(), Call[int])
    assert_type(calls.subscribers.get("1"), Call[Subscriber])
    assert_type(calls.subscribers.upsert("ann@example.com"), Call[Subscriber])
    assert_type(calls.subscribers.update("1"), Call[Subscriber])
    assert_type(calls.subscribers.delete("1"), Call[None])
    assert_type(calls.subscribers.forget("1"), Call[ForgottenSubscriber])
    assert_type(calls.subscribers.activity("1"), Call[Page[Activity]])
    assert_type(calls.groups.list(), Call[Page[Group]])
    assert_type(calls.groups.get("1"), Call[Group])
    assert_type(calls.groups.assign("1", "2"), Call[Group])
    assert_type(calls.groups.unassign("1", "2"), Call[None])
    assert_type(calls.groups.subscribers("1"), Call[Page[Subscriber]])
    assert_type(calls.groups.import_subscribers("1", []), Call[ImportJob])
    assert_type(calls.imports.create([]), Call[ImportJob])
    assert_type(calls.imports.get("1"), Call[ImportReport])
    assert_type(calls.imports.wait("1"), Flow[ImportReport])
    assert_type(calls.fields.list(), Call[Page[Field]])
    assert_type(calls.fields.delete("1"), Call[None])
    assert_type(calls.shops.list(), Call[Page[Shop]])
    assert_type(calls.categories.products("1", "2"), Call[Page[Product]])
    assert_type(calls.products.import_products("1", [ProductInput("Mug"), {"name": "Cup"}]), Call[tuple[Product, ...]])
    assert_type(calls.orders.create("1", {"email": "x"}, {"items": []}, status="pending"), Call[Order])
    assert_type(calls.cart_items.replace("1", "2", [CartItemInput("3")]), Call[None])
    assert_type(calls.campaigns.list(), Call[Page[Campaign]])
    assert_type(calls.campaigns.schedule("1", delivery="instant"), Call[Campaign])
    assert_type(calls.campaigns.activity("1"), Call[Page[CampaignActivity]])


def parts_of_a_call(call: Call[Subscriber]) -> None:
    assert_type(call.route, str)
    assert_type(call.path, str)
    assert_type(call.target, str)
    assert_type(call.repeatable, bool)
    assert_type(call.params, tuple[tuple[str, str], ...])
    call.repeatable = True  # type: ignore[misc]


def pages(ml: MailerLite, page: Page[Group]) -> None:
    assert_type(page.items, tuple[Group, ...])
    assert_type(page.items[0].name, str)
    assert_type(page.next, Call[Page[Group]] | None)
    assert_type(page.total, int | None)
    assert_type(page.next_cursor, str | None)
    assert_type(page.meta, Mapping[str, Any])
    if page.next is not None:
        assert_type(ml.execute(page.next), Response[Page[Group]])


async def async_pagers(ml: AsyncMailerLite) -> None:
    assert_type(ml.subscribers.iter(status="active", prefetch=True), AsyncPager[Subscriber])
    assert_type(ml.subscribers.iter_activity("1"), AsyncPager[Activity])
    assert_type(ml.groups.iter(), AsyncPager[Group])
    assert_type(ml.groups.iter_subscribers("1"), AsyncPager[Subscriber])
    assert_type(ml.fields.iter(), AsyncPager[Field])
    async for person in ml.subscribers.iter():
        assert_type(person, Subscriber)
    async for page in ml.groups.iter().pages():
        assert_type(page, Page[Group])
    assert_type(ml.groups.iter().pages(), AsyncGenerator[Page[Group], None])
    assert_type(aiter(ml.groups.iter()), AsyncIterator[Group])
    assert_type([group async for group in ml.groups.iter()], list[Group])


def sync_pagers(ml: MailerLite) -> None:
    assert_type(ml.subscribers.iter(status="active", prefetch=True), Pager[Subscriber])
    assert_type(ml.subscribers.iter_activity("1"), Pager[Activity])
    assert_type(ml.groups.iter(), Pager[Group])
    assert_type(ml.groups.iter_subscribers("1"), Pager[Subscriber])
    assert_type(ml.fields.iter(), Pager[Field])
    for person in ml.subscribers.iter():
        assert_type(person, Subscriber)
    for page in ml.groups.iter().pages():
        assert_type(page, Page[Group])
    assert_type(iter(ml.groups.iter()), Iterator[Group])
    assert_type(list(ml.groups.iter()), list[Group])


def views(ml: MailerLite, aml: AsyncMailerLite) -> None:
    assert_type(ml.with_options(timeout=5), MailerLite)
    assert_type(aml.with_options(max_wait=None, background=True), AsyncMailerLite)


async def blocks() -> None:
    with MailerLite("key") as ml:
        assert_type(ml, MailerLite)
    async with AsyncMailerLite("key") as aml:
        assert_type(aml, AsyncMailerLite)


async def wrong_ways_to_iterate(ml: MailerLite, aml: AsyncMailerLite) -> None:
    for _ in aml.groups.iter():  # type: ignore[attr-defined]
        break
    async for _ in ml.groups.iter():  # type: ignore[attr-defined]
        break

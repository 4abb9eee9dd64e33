"""Walking lists in both styles of pagination: filters are kept, cursors can be stored, and no list is walked for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mailerlite_async import Call, DecodeError, NotFoundError, Page, ServerError
from mailerlite_async.testing import Emulator
from tests.support import samples
from tests.support.facade import Facade
from tests.support.scripted import THE_END, ScriptedTransport, query, reply


def crowd(emulator: Emulator, size: int = 7) -> list[str]:
    """Seed subscribers, every other one unsubscribed, all in one group; the ids of the active ones, newest first."""
    emulator.seed(groups=[{"id": "11", "name": "Readers"}])
    people = [
        {
            "id": str(101 + number),
            "email": f"person{number}@example.com",
            "status": "unsubscribed" if number % 2 else "active",
            "groups": ["11"],
        }
        for number in range(size)
    ]
    emulator.seed(subscribers=people)
    return [str(person["id"]) for person in people if person["status"] == "active"][::-1]


def queries(emulator: Emulator) -> list[dict[str, str]]:
    return [dict(request.query) for request in emulator.requests]


def cursor_pages(*cursors: str | None, items: int = 1) -> list[httpx.Response]:
    """Pages of subscribers, each with the cursor for the next."""
    return [
        reply({"data": [samples.subscriber()] * items, "links": {}, "meta": {"next_cursor": cursor}})
        for cursor in cursors
    ]


def numbered_page(current: int, last: int, items: int = 1) -> httpx.Response:
    return reply({"data": [samples.group()] * items, "meta": {"current_page": current, "last_page": last}})


# -- cursors -----------------------------------------------------------------------------------------------------------


async def test_cursor_list_is_walked_with_its_filters(facade: Facade, emulator: Emulator) -> None:
    active = crowd(emulator)
    ml = facade.patient()
    found = await facade.collect(ml.subscribers.iter(status="active", include_groups=True, page_size=2))
    assert [person.id for person in found] == active
    assert all(person.groups[0].name == "Readers" for person in found)
    first, second = queries(emulator)
    assert first == {"filter[status]": "active", "limit": "2", "include": "groups"}
    assert second == {**first, "cursor": second["cursor"]}


async def test_members_are_walked_with_their_filters(facade: Facade, emulator: Emulator) -> None:
    active = crowd(emulator)
    ml = facade.patient()
    found = await facade.collect(ml.groups.iter_subscribers("11", page_size=1))
    assert [person.id for person in found] == active
    assert {asked["limit"] for asked in queries(emulator)} == {"1"}
    assert {request.path for request in emulator.requests} == {"/api/groups/11/subscribers"}
    gone = await facade.collect(ml.groups.iter_subscribers("11", status="unsubscribed", page_size=2))
    assert len(gone) == 3
    assert {asked["filter[status]"] for asked in queries(emulator)[-2:]} == {"unsubscribed"}


async def test_pages_carry_cursors_to_go_on_from(facade: Facade, emulator: Emulator) -> None:
    active = crowd(emulator)
    ml = facade.patient()
    pages = await facade.collect(ml.subscribers.iter(status="active", page_size=1).pages())
    assert [[person.id for person in page.items] for page in pages] == [[each] for each in active]
    assert [page.next_cursor is None for page in pages] == [False, False, False, True]
    rest = await facade.collect(ml.subscribers.iter(status="active", page_size=1, cursor=pages[1].next_cursor))
    assert [person.id for person in rest] == active[2:]


async def test_next_of_a_page_is_a_call(facade: Facade, emulator: Emulator) -> None:
    active = crowd(emulator)
    ml = facade.patient()
    page = await facade.call(ml.subscribers.list(status="active", limit=3))
    assert isinstance(page.next, Call)
    assert repr(page) == "<Page of 3, more follow>"
    response = await facade.call(ml.execute(page.next))
    assert isinstance(response.value, Page)
    assert [person.id for person in response.value.items] == active[3:]
    assert (response.value.next, repr(response.value)) == (None, "<Page of 1, the last>")
    assert queries(emulator)[1] == {"filter[status]": "active", "limit": "3", "cursor": page.next_cursor}


async def test_missing_cursor_ends_the_list(facade: Facade) -> None:
    for last in (
        reply(
            {"data": [samples.subscriber()], "links": {"next": "https://example.com"}, "meta": {"next_cursor": None}}
        ),
        reply({"data": [samples.subscriber()], "meta": {}}),
        reply({"data": [samples.subscriber()], "meta": []}),
        reply({"data": [samples.subscriber()]}),
        reply({"data": [samples.subscriber()], "meta": {"next_cursor": ""}}),
    ):
        transport = ScriptedTransport(*cursor_pages("a"), last, THE_END)
        ml = facade.patient(transport=transport)
        assert len(await facade.collect(ml.subscribers.iter())) == 2
        assert len(transport.requests) == 2


async def test_empty_page_ends_the_list_even_with_a_cursor(facade: Facade) -> None:
    transport = ScriptedTransport(*cursor_pages("a"), reply({"data": [], "meta": {"next_cursor": "b"}}), THE_END)
    ml = facade.patient(transport=transport)
    assert len(await facade.collect(ml.subscribers.iter())) == 1
    assert len(transport.requests) == 2


@pytest.mark.parametrize("cursors", [("a", "a"), ("a", "b", "a"), ("a", "b", "c", "b")])
async def test_cursor_that_comes_again_is_an_error(facade: Facade, cursors: tuple[str, ...]) -> None:
    transport = ScriptedTransport(*cursor_pages(*cursors), THE_END)
    ml = facade.patient(transport=transport)
    with pytest.raises(DecodeError, match=r"^GET /subscribers: unexpected answer at \$\.meta\.next_cursor") as caught:
        await facade.collect(ml.subscribers.iter())
    assert caught.value.json_path == "$.meta.next_cursor"
    assert len(transport.requests) == len(cursors)


async def test_page_that_leads_to_itself_is_an_error(facade: Facade) -> None:
    ml = facade.patient(transport=ScriptedTransport(*cursor_pages("a")))
    with pytest.raises(DecodeError, match="the cursor of this page came again") as caught:
        await facade.call(ml.subscribers.list(cursor="a"))
    assert caught.value.json_path == "$.meta.next_cursor"
    assert caught.value.body.startswith(b'{"data"')


async def test_items_before_a_repeated_cursor_were_given(facade: Facade) -> None:
    ml = facade.patient(transport=ScriptedTransport(*cursor_pages("a", "b", "a"), THE_END))
    seen: list[Any] = []
    with pytest.raises(DecodeError):
        await walk(facade, ml.subscribers.iter(), seen.append)
    assert len(seen) == 2


async def walk(facade: Facade, pager: Any, see: Callable[[Any], None]) -> None:
    if facade.is_async:
        async for item in pager:
            see(item)
    else:
        for item in pager:
            see(item)


# -- page numbers ------------------------------------------------------------------------------------------------------


async def test_numbered_list_is_walked_with_its_filters(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=["Romance", *(f"Crime {number}" for number in range(5))])
    ml = facade.patient()
    found = await facade.collect(ml.groups.iter(name="Crime", sort="-name", page_size=2))
    assert [group.name for group in found] == [f"Crime {number}" for number in (4, 3, 2, 1, 0)]
    kept = {"filter[name]": "Crime", "sort": "-name", "limit": "2"}
    assert queries(emulator) == [kept, {**kept, "page": "2"}, {**kept, "page": "3"}]


async def test_fields_are_walked_with_their_filters(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    found = await facade.collect(ml.fields.iter(keyword="name", page_size=1))
    assert [field.key for field in found] == ["name", "last_name"]
    assert queries(emulator)[1] == {"filter[keyword]": "name", "limit": "1", "page": "2"}


async def test_next_of_a_numbered_page(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[f"Group {number}" for number in range(5)])
    ml = facade.patient()
    page = await facade.call(ml.groups.list(limit=2, page=2))
    assert (page.total, page.next_cursor) == (5, None)
    response = await facade.call(ml.execute(page.next))
    assert [group.name for group in response.value.items] == ["Group 4"]
    assert response.value.next is None
    assert queries(emulator)[1] == {"limit": "2", "page": "3"}


@pytest.mark.parametrize("answered", [1, 3])
async def test_server_that_answers_another_page_is_an_error(facade: Facade, answered: int) -> None:
    transport = ScriptedTransport(numbered_page(1, 9), numbered_page(answered, 9), THE_END)
    ml = facade.patient(transport=transport)
    with pytest.raises(DecodeError, match=rf"page 2 was asked for, page {answered} came") as caught:
        await facade.collect(ml.groups.iter())
    assert caught.value.json_path == "$.meta.current_page"
    assert (caught.value.method, caught.value.route, len(transport.requests)) == ("GET", "/groups", 2)


async def test_page_numbers_may_come_as_text(facade: Facade) -> None:
    pages = [
        reply({"data": [samples.group()], "meta": {"current_page": str(number), "last_page": "3", "per_page": "1"}})
        for number in (1, 2, 3)
    ]
    transport = ScriptedTransport(*pages, THE_END)
    assert len(await facade.collect(facade.patient(transport=transport).groups.iter())) == 3
    assert len(transport.requests) == 3


@pytest.mark.parametrize("value", ["first", "", [1], 1.5, True])
async def test_page_number_that_cannot_be_read_is_no_end_of_the_list(facade: Facade, value: Any) -> None:
    page = reply({"data": [samples.group()], "meta": {"current_page": 1, "last_page": value}})
    with pytest.raises(DecodeError) as caught:
        await facade.collect(facade.patient(transport=ScriptedTransport(page)).groups.iter())
    assert caught.value.json_path == "$.meta.last_page"


async def test_empty_numbered_list(facade: Facade) -> None:
    ml = facade.patient(transport=ScriptedTransport(numbered_page(1, 1, items=0)))
    assert await facade.collect(ml.groups.iter()) == []


# -- the activity log, which may come without `meta` -------------------------------------------------------------------


def log_of(*sizes: int) -> Callable[[httpx.Request], httpx.Response]:
    """A log whose pages have so many entries, all different."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(query(request).get("page", "1"))
        size = sizes[page - 1] if page <= len(sizes) else 0
        entries = [{**samples.activity(), "id": str(1000 * page + number)} for number in range(size)]
        return reply({"data": entries})

    return answer


@pytest.mark.parametrize(("sizes", "calls"), [((3, 3, 1), 3), ((3, 3), 3), ((2,), 1), ((0,), 1)])
async def test_log_without_meta_ends_at_a_page_that_is_not_full(
    facade: Facade, sizes: tuple[int, ...], calls: int
) -> None:
    transport = ScriptedTransport(log_of(*sizes))
    ml = facade.patient(transport=transport)
    entries = await facade.collect(ml.subscribers.iter_activity("1", log_name="email_open", page_size=3))
    assert len(entries) == len({entry.id for entry in entries}) == sum(sizes)
    assert [query(request).get("page") for request in transport.requests] == [None, "2", "3"][:calls]
    assert {query(request)["filter[log_name]"] for request in transport.requests} == {"email_open"}


async def test_log_without_a_limit_is_full_at_a_hundred(facade: Facade) -> None:
    transport = ScriptedTransport(log_of(100, 5))
    ml = facade.patient(transport=transport)
    page = await facade.call(ml.subscribers.activity("1"))
    assert page.next is not None
    assert len((await facade.call(ml.execute(page.next))).value.items) == 5


async def test_log_that_ignores_the_page_number_is_an_error(facade: Facade) -> None:
    same = reply({"data": [samples.activity()] * 3})
    transport = ScriptedTransport(same, same, THE_END)
    ml = facade.patient(transport=transport)
    with pytest.raises(DecodeError, match="the items of the page before came again") as caught:
        await facade.collect(ml.subscribers.iter_activity("1", page_size=3))
    assert (caught.value.json_path, caught.value.route) == ("$.data", "/subscribers/{id}/activity-log")
    assert len(transport.requests) == 2


async def test_log_with_meta_is_walked_by_it(facade: Facade) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        page = int(query(request).get("page", "1"))
        return reply({"data": [samples.activity()], "meta": {"current_page": page, "last_page": 3}})

    transport = ScriptedTransport(answer)
    ml = facade.patient(transport=transport)
    assert len(await facade.collect(ml.subscribers.iter_activity("1", page_size=5))) == 3


async def test_emulated_log_is_walked(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": str(number), "name": f"Group {number}"} for number in range(11, 16)])
    ml = facade.patient()
    person = await facade.call(ml.subscribers.upsert("ann@example.com", groups=list(range(11, 16))))
    whole = (await facade.call(ml.subscribers.activity(person.id))).items
    walked = await facade.collect(ml.subscribers.iter_activity(person.id, page_size=2))
    assert walked == list(whole)
    assert len(walked) >= 5


# -- pagers ------------------------------------------------------------------------------------------------------------


async def test_nothing_is_asked_before_the_first_item(facade: Facade, emulator: Emulator) -> None:
    crowd(emulator)
    ml = facade.patient()
    pager = ml.subscribers.iter(page_size=2)
    assert emulator.requests == []
    assert len(await facade.collect(pager, most=1)) == 1
    assert len(emulator.requests) == 1
    assert repr(pager).endswith("Pager GET /subscribers>")


async def test_each_iteration_starts_again(facade: Facade, emulator: Emulator) -> None:
    crowd(emulator)
    ml = facade.patient()
    pager = ml.subscribers.iter(page_size=3)
    assert await facade.collect(pager) == await facade.collect(pager)
    assert len(emulator.requests) == 6


async def test_wrong_argument_is_refused_when_the_pager_is_made(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    with pytest.raises(ValueError, match=r"^group_id must be an id"):
        ml.groups.iter_subscribers("../1")
    assert emulator.requests == []


async def test_failing_page_ends_the_walk_and_a_new_one_may_succeed(facade: Facade, emulator: Emulator) -> None:
    crowd(emulator)
    ml = facade.patient(max_retries=0)
    pager = ml.subscribers.iter(page_size=3)
    seen: list[Any] = []

    def see(person: Any) -> None:
        seen.append(person)
        if len(seen) == 3:
            emulator.fault("error")

    with pytest.raises(ServerError):
        await walk(facade, pager, see)
    assert len(seen) == 3
    assert len(await facade.collect(pager)) == 7
    with pytest.raises(NotFoundError):
        await facade.collect(ml.groups.iter_subscribers("999"))


async def test_subscriber_deleted_during_the_walk_loses_nobody_else(facade: Facade, emulator: Emulator) -> None:
    crowd(emulator)
    ml = facade.patient()
    seen: list[str] = []
    pages = ml.subscribers.iter(page_size=2).pages()
    first = await (anext(pages) if facade.is_async else facade.call(next(pages)))
    seen += [person.id for person in first.items]
    await facade.call(ml.subscribers.delete(first.items[-1].id))
    seen += [person.id for page in await facade.collect(pages) for person in page.items]
    assert seen == [str(number) for number in range(107, 100, -1)]

"""Groups: make them, put subscribers on them and read their members."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, ImportLink, Listing, Nothing
from mailerlite_async._flow import Flow
from mailerlite_async._paths import object_id, subscriber_reference
from mailerlite_async.calls._checks import check_text
from mailerlite_async.calls._finding import check_max_age, check_name, oldest, remembered, walk
from mailerlite_async.calls._rows import import_body
from mailerlite_async.calls._values import page_limit
from mailerlite_async.errors import NotFoundError, ServerError, TransportError
from mailerlite_async.models import Group, ImportJob, Subscriber, SubscriberRow, SubscriberStatus

GroupSort = Literal[
    "name",
    "-name",
    "total",
    "-total",
    "open_rate",
    "-open_rate",
    "click_rate",
    "-click_rate",
    "created_at",
    "-created_at",
]

# An account has at most 1,000 groups, and 250 a page have been seen; members are read 1,000 at a time.
PAGE_SIZES = {"list": 250, "subscribers": 1000}


def list(
    *,
    name: str | None = None,
    sort: GroupSort | None = None,
    limit: int | None = None,
    page: int | None = None,
) -> Call[Page[Group]]:
    """One page of groups.

    Args:
        name: only groups with this text in their name.
        sort: what to order by; a leading `-` for descending. None for the oldest first.
        limit: groups a page.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    params = query(("filter[name]", name), ("sort", sort), ("limit", page_limit(limit)), ("page", page))
    return Call("GET", "/groups", Listing(Group, "page"), params=params, repeatable=True)


def get(group_id: str | int) -> Call[Group]:
    """One group. The API answers this, though it is not documented.

    Args:
        group_id: the id.

    Returns:
        The group.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    return Call("GET", "/groups/{id}", Data(Group), (object_id(group_id, "group_id"),), repeatable=True)


def create(name: str) -> Call[Group]:
    """Make a group. Names are not unique: the same call again makes a second group, so it is never repeated blindly.

    Args:
        name: up to 255 characters.

    Returns:
        The new group.

    Raises:
        ValidationError: if the name is empty or too long (before anything is sent), or the account has 1,000 groups.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    body = {"name": check_text(name, "name", "POST", "/groups")}
    return Call("POST", "/groups", Data(Group), json=body, repeatable=False)


def find(name: str, *, max_age: float = 0.0) -> Flow[Group | None]:
    """The group with exactly this name, looked for on all pages.

    Args:
        name: the whole name, upper and lower case told apart.
        max_age: seconds for which an earlier finding of this client will do, so that no call is needed; 0 asks the API.
            A group that was since renamed or deleted is still found then.

    Returns:
        The group, the oldest if several have the name; None if there is none.

    Raises:
        ValueError: if the name is empty, or `max_age` is negative.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    check_name(name, "name")
    check_max_age(max_age)
    return remembered(("groups", name), max_age, _find(name))


def get_or_create(name: str) -> Flow[Group]:
    """The group with exactly this name; it is made if there is none.

    The API has no call for this and takes two groups of one name, so two callers at the same moment may both make one.
    It is therefore looked for again afterwards: everybody is given the oldest, and whoever made a younger one deletes
    it. Callers of this method and of `find` so end up with the same group, as long as the API shows a new group to
    everybody at once. Nobody else can be kept from making a second one, and somebody who picked the younger group from
    a list in the moment before it was deleted will find it gone. If the answer to the creation is lost, the group is
    looked for instead of made again.

    Args:
        name: up to 255 characters.

    Returns:
        The group.

    Raises:
        ValueError: if the name is empty.
        ValidationError: if the name is refused, or the account has 1,000 groups.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    check_name(name, "name")
    return _get_or_create(name)


def update(group_id: str | int, name: str) -> Call[Group]:
    """Rename a group.

    Args:
        group_id: the id.
        name: up to 255 characters.

    Returns:
        The group.

    Raises:
        NotFoundError: if there is none with this id.
        ValidationError: if the name is refused.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    segments = (object_id(group_id, "group_id"),)
    body = {"name": check_text(name, "name", "PUT", "/groups/{id}")}
    return Call("PUT", "/groups/{id}", Data(Group), segments, json=body, repeatable=True)


def delete(group_id: str | int) -> Call[None]:
    """Delete a group; its subscribers stay.

    Args:
        group_id: the id.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    return Call("DELETE", "/groups/{id}", Nothing(), (object_id(group_id, "group_id"),), repeatable=True)


def subscribers(
    group_id: str | int,
    *,
    status: SubscriberStatus | None = None,
    include_groups: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[Page[Subscriber]]:
    """One page of the members of a group: the ACTIVE ones, unless another status is asked for.

    Args:
        group_id: the id.
        status: members with this status; None for the API's default, the active ones.
        include_groups: whether each subscriber's `groups` is filled in.
        limit: members a page, at most 1,000; the API's default is 50.
        cursor: where to go on, `next_cursor` of an earlier page.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no group with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    params = query(
        ("filter[status]", status),
        ("limit", page_limit(limit)),
        ("cursor", cursor),
        ("include", "groups" if include_groups else None),
    )
    segments = (object_id(group_id, "group_id"),)
    route = "/groups/{id}/subscribers"
    return Call("GET", route, Listing(Subscriber, "cursor", 50), segments, params, repeatable=True)


def assign(subscriber: str | int, group_id: str | int) -> Call[Group]:
    """Put a subscriber into a group. Safe to repeat.

    Args:
        subscriber: an id (advised, since addresses change), or an address.
        group_id: the id of the group.

    Returns:
        The group; its counts may not include the new member yet. None if the API says no more than that it is done.

    Raises:
        ValidationError: if there is no such subscriber or group.
        ValueError: if an argument is neither an id nor, for the subscriber, an address.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    segments = (subscriber_reference(subscriber, "subscriber"), object_id(group_id, "group_id"))
    return Call("POST", "/subscribers/{id}/groups/{gid}", Data(Group), segments, repeatable=True)


def unassign(subscriber: str | int, group_id: str | int) -> Call[None]:
    """Take a subscriber out of a group. Safe to repeat.

    Args:
        subscriber: an id (advised, since addresses change), or an address.
        group_id: the id of the group.

    Raises:
        NotFoundError: if there is no such subscriber or group, or perhaps if the subscriber is not in it.
        ValueError: if an argument is neither an id nor, for the subscriber, an address.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    segments = (subscriber_reference(subscriber, "subscriber"), object_id(group_id, "group_id"))
    return Call("DELETE", "/subscribers/{id}/groups/{gid}", Nothing(), segments, repeatable=True)


def import_subscribers(group_id: str | int, rows: Iterable[SubscriberRow | Mapping[str, Any]]) -> Call[ImportJob]:
    """Start importing rows into a group. Uses the import lane: five calls a minute, however many rows each has.

    The import runs in the background: give the job to `imports.wait`. After a fault that leaves open whether the API
    took it, the call is not repeated by itself; doing so yourself leads to the same end state.

    Args:
        group_id: the id.
        rows: `SubscriberRow`s, or mappings with `email` and perhaps `fields`. All of them are sent in one request.

    Returns:
        The job.

    Raises:
        NotFoundError: if there is no group with this id.
        ValidationError: if a row is refused; the keys of `errors` are such as `subscribers.3.email`.
        ValueError: if the id is not one, there are no rows, or a row has no `email` or another key; it names the row.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/groups.html
    """
    segments = (object_id(group_id, "group_id"),)
    route = "/groups/{id}/import-subscribers"
    return Call("POST", route, ImportLink(), segments, json=import_body(rows), repeatable=False)


def _find(name: str) -> Flow[Group | None]:
    groups = yield from walk(list(name=name, limit=PAGE_SIZES["list"]))
    return oldest([group for group in groups if group.name == name], lambda group: group.id)


def _get_or_create(name: str) -> Flow[Group]:
    known = yield from _find(name)
    if known is not None:
        return known
    try:
        made: Group = yield create(name)
    except (TransportError, ServerError) as error:
        # It may have been made all the same, and must not be made twice.
        found = yield from _find(name)
        if found is None:
            raise error from None
        return found
    first = yield from _find(name)
    if first is None or first.id == made.id:
        return made
    with contextlib.suppress(NotFoundError):
        yield delete(made.id)
    return first

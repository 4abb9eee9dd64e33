"""Group routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ._groups_state import MOST_GROUPS, STATUSES, Group
from ._index import read_id
from ._pagination import numbered_page
from ._rendering import render_group
from ._router import Invocation, Route
from ._routes_subscribers import subscriber_page
from ._validation import Validation
from ._wire import EmulatedResponse, json_response, model_not_found, no_content

DEFAULT_PAGE: Final = 250
LARGEST_PAGE: Final = 1000
DEFAULT_MEMBERS_PAGE: Final = 50
LARGEST_MEMBERS_PAGE: Final = 1000
_MODEL: Final = "App\\Models\\Group\\Group"

_SORTS: Final[dict[str, Callable[[Group], str | float]]] = {
    "name": lambda group: group.name.casefold(),
    "total": lambda group: group.active_count,
    "open_rate": lambda group: group.open_rate,
    "click_rate": lambda group: group.click_rate,
    "created_at": lambda group: group.created_at,
}
_SORT_WORDS: Final = tuple(sign + name for name in _SORTS for sign in ("", "-"))


def list_groups(call: Invocation) -> EmulatedResponse:
    """`GET /groups`, oldest first unless sorted otherwise."""
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_PAGE, default=DEFAULT_PAGE)
    page = check.integer("page", lowest=1, default=1)
    sort = check.choice("sort", _SORT_WORDS)
    name = check.nested("filter").text("name")
    check.finish()
    groups = sorted(call.account.groups, key=lambda group: group.id)
    if name is not None:
        groups = [group for group in groups if name.casefold() in group.name.casefold()]
    if sort is not None:
        groups.sort(key=_SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    return json_response(200, numbered_page(groups, render_group, page=page, limit=limit, url=call.url))


def create_group(call: Invocation) -> EmulatedResponse:
    """`POST /groups`; two groups may have the same name."""
    check = Validation(call.input)
    name = check.required_name()
    if len(call.account.groups) >= MOST_GROUPS:
        check.add("name", f"The account may not have more than {MOST_GROUPS} groups.")
    check.finish()
    group = call.account.groups.create(name, call.now.naive_date())
    return json_response(201, {"data": render_group(group)})


def get_group(call: Invocation) -> EmulatedResponse:
    """`GET /groups/{id}`, which the service offers without documenting it."""
    return json_response(200, {"data": render_group(find_group(call))})


def update_group(call: Invocation) -> EmulatedResponse:
    """`PUT /groups/{id}`: renames."""
    group = find_group(call)
    check = Validation(call.input)
    name = check.required_name()
    check.finish()
    group.name = name
    return json_response(200, {"data": render_group(group)})


def delete_group(call: Invocation) -> EmulatedResponse:
    """`DELETE /groups/{id}`; its members stay subscribers."""
    call.account.subscribers.disband(find_group(call))
    return no_content()


def list_members(call: Invocation) -> EmulatedResponse:
    """`GET /groups/{id}/subscribers`, active ones unless asked for others."""
    group = find_group(call)
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_MEMBERS_PAGE, default=DEFAULT_MEMBERS_PAGE)
    with_groups = check.choice("include", ("groups",)) is not None
    status = check.nested("filter").choice("status", STATUSES) or "active"
    check.finish()
    return json_response(200, subscriber_page(call, group.members[status], limit, with_groups=with_groups))


def find_group(call: Invocation) -> Group:
    """The group whose id is the first open segment of the path.

    Raises:
        RejectionError: 404 if there is none.
    """
    group = call.account.groups.get(read_id(call.arguments[0]))
    if group is None:
        raise model_not_found(_MODEL, call.arguments[0])
    return group


ROUTES: Final = (
    Route("GET", "/groups", list_groups),
    Route("POST", "/groups", create_group),
    Route("GET", "/groups/{id}", get_group),
    Route("PUT", "/groups/{id}", update_group),
    Route("DELETE", "/groups/{id}", delete_group),
    Route("GET", "/groups/{id}/subscribers", list_members),
)

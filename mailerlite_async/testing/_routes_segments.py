"""Segment routes."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from ._groups_state import STATUSES
from ._index import LARGEST_ID, read_id
from ._pagination import Cursor, cursor_page, numbered_page
from ._rendering import render_subscribers
from ._rendering_segments import render_listed_segment, render_segment
from ._router import Invocation, Route
from ._segments_state import Segment
from ._validation import Validation
from ._wire import EmulatedResponse, json_response, model_not_found, no_content

DEFAULT_PAGE: Final = 250
LARGEST_PAGE: Final = 1000
DEFAULT_MEMBERS_PAGE: Final = 50
LARGEST_MEMBERS_PAGE: Final = 1000
_MODEL: Final = "App\\Models\\Segment"


def list_segments(call: Invocation) -> EmulatedResponse:
    """`GET /segments`, oldest first."""
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_PAGE, default=DEFAULT_PAGE)
    page = check.integer("page", lowest=1, default=1)
    check.finish()
    segments = sorted(call.account.segments, key=lambda segment: segment.id)
    render = partial(render_listed_segment, account=call.account)
    return json_response(200, numbered_page(segments, render, page=page, limit=limit, url=call.url))


def get_segment(call: Invocation) -> EmulatedResponse:
    """`GET /segments/{id}`, which the service offers without documenting it."""
    return json_response(200, {"data": render_segment(_find(call), call.account)})


def update_segment(call: Invocation) -> EmulatedResponse:
    """`PUT /segments/{id}`: renames."""
    segment = _find(call)
    check = Validation(call.input)
    name = check.required_name()
    check.finish()
    segment.name = name
    return json_response(200, {"data": render_segment(segment, call.account)})


def delete_segment(call: Invocation) -> EmulatedResponse:
    """`DELETE /segments/{id}`; its members stay subscribers."""
    call.account.segments.remove(_find(call))
    return no_content()


def list_members(call: Invocation) -> EmulatedResponse:
    """`GET /segments/{id}/subscribers`, active ones unless asked for others, each with groups.

    As recorded, every page that shows somebody has a cursor, be it the last, and `per_page` is text if a limit was
    sent.
    """
    segment = _find(call)
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_MEMBERS_PAGE, default=DEFAULT_MEMBERS_PAGE)
    after = check.integer("after", lowest=1, highest=LARGEST_ID, default=0)
    status = check.nested("filter").choice("status", STATUSES) or "active"
    check.finish()
    cursor = call.params.get("cursor") or (Cursor(after, forward=True).encode() if after else None)
    subscribers = call.account.subscribers
    page: dict[str, Any] = cursor_page(
        segment.with_status(subscribers, status),
        lambda ids: render_subscribers([subscribers[member] for member in ids], call.account, groups=True),
        cursor=cursor,
        limit=limit,
        url=call.url,
    )
    if page["data"] and page["meta"]["next_cursor"] is None:
        following = Cursor(int(page["data"][-1]["id"]), forward=True).encode()
        page["meta"]["next_cursor"] = following
        page["links"]["next"] = f"{call.url}?cursor={following}"
    if call.params.get("limit"):
        page["meta"]["per_page"] = str(limit)
    return json_response(200, page)


def _find(call: Invocation) -> Segment:
    segment = call.account.segments.get(read_id(call.arguments[0]))
    if segment is None:
        raise model_not_found(_MODEL, call.arguments[0])
    return segment


ROUTES: Final = (
    Route("GET", "/segments", list_segments),
    Route("GET", "/segments/{id}", get_segment),
    Route("PUT", "/segments/{id}", update_segment),
    Route("DELETE", "/segments/{id}", delete_segment),
    Route("GET", "/segments/{id}/subscribers", list_members),
)

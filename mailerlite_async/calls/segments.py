"""Segments: sets of subscribers chosen by rules. They are made in the dashboard only."""

from __future__ import annotations

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, Listing, Nothing
from mailerlite_async._paths import object_id
from mailerlite_async.calls._checks import check_text
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import Segment, Subscriber, SubscriberStatus

# An account has at most 250 segments, and that many a page have been seen; of members 50.
PAGE_SIZES = {"list": 250, "subscribers": 50}

_ROUTE = "/segments/{id}"


def list(*, limit: int | None = None, page: int | None = None) -> Call[Page[Segment]]:
    """One page of segments.

    Args:
        limit: segments a page.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/segments.html
    """
    params = query(("limit", page_limit(limit)), ("page", page))
    return Call("GET", "/segments", Listing(Segment, "page"), params=params, repeatable=True)


def get(segment_id: str | int) -> Call[Segment]:
    """One segment. The API answers this, though it is not documented.

    Args:
        segment_id: the id.

    Returns:
        The segment.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/segments.html
    """
    return Call("GET", _ROUTE, Data(Segment), (object_id(segment_id, "segment_id"),), repeatable=True)


def update(segment_id: str | int, name: str) -> Call[Segment]:
    """Rename a segment; its rules can be changed in the dashboard only.

    Args:
        segment_id: the id.
        name: up to 255 characters.

    Returns:
        The segment.

    Raises:
        NotFoundError: if there is none with this id.
        ValidationError: if the name is empty or too long, before anything is sent, or if the API refuses it.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/segments.html
    """
    segments = (object_id(segment_id, "segment_id"),)
    body = {"name": check_text(name, "name", "PUT", _ROUTE)}
    return Call("PUT", _ROUTE, Data(Segment), segments, json=body, repeatable=True)


def delete(segment_id: str | int) -> Call[None]:
    """Delete a segment; its subscribers stay.

    Args:
        segment_id: the id.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/segments.html
    """
    return Call("DELETE", _ROUTE, Nothing(), (object_id(segment_id, "segment_id"),), repeatable=True)


def subscribers(
    segment_id: str | int,
    *,
    status: SubscriberStatus | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    after: str | int | None = None,
) -> Call[Page[Subscriber]]:
    """One page of the members of a segment: the ACTIVE ones, unless another status is asked for.

    Each subscriber comes with its groups. The last page has a `next` too, because the API does not say that it is the
    last; the page it leads to is empty.

    Args:
        segment_id: the id.
        status: members with this status; None for the API's default, the active ones.
        limit: members a page; the API's default is 50.
        cursor: where to go on, `next_cursor` of an earlier page.
        after: the older way to say so, the id of the last subscriber seen; prefer `cursor`.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no segment with this id.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/segments.html
    """
    params = query(
        ("filter[status]", status),
        ("limit", page_limit(limit)),
        ("cursor", cursor),
        ("after", None if after is None else object_id(after, "after")),
    )
    segments = (object_id(segment_id, "segment_id"),)
    route = f"{_ROUTE}/subscribers"
    return Call("GET", route, Listing(Subscriber, "cursor", 50), segments, params, repeatable=True)

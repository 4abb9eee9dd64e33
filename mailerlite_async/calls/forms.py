"""Forms: where people sign up. They are made in the dashboard only."""

from __future__ import annotations

from typing import Literal

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, Listing, Nothing
from mailerlite_async._paths import object_id
from mailerlite_async.calls._checks import check_choice, check_text
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import Form, FormType, Subscriber, SubscriberStatus

FormSort = Literal[
    "created_at",
    "-created_at",
    "name",
    "-name",
    "conversions_count",
    "-conversions_count",
    "opens_count",
    "-opens_count",
    "visitors",
    "-visitors",
    "conversion_rate",
    "-conversion_rate",
    "last_registration_at",
    "-last_registration_at",
]

# No larger pages have been seen, and no largest size is published.
PAGE_SIZES = {"list": 25, "subscribers": 25}

_ROUTE = "/forms/{id}"
_TYPES = ("popup", "embedded", "promotion")
_SORT_KEYS = (
    *("created_at", "name", "conversions_count", "opens_count", "visitors", "conversion_rate"),
    "last_registration_at",
)


def list(
    type: FormType,
    *,
    name: str | None = None,
    sort: FormSort | None = None,
    limit: int | None = None,
    page: int | None = None,
) -> Call[Page[Form]]:
    """One page of the forms of a type. `page.meta["aggregations"]` counts the forms of every type.

    Args:
        type: `popup`, `embedded` or `promotion`.
        name: only forms with this text in their name.
        sort: what to order by; a leading `-` for descending.
        limit: forms a page; the API's default is 25.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        ValidationError: if there is no such type or order; nothing is sent then.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/forms.html
    """
    # The type is no segment to be filled in: only three paths exist, and any other word is read as a form's id.
    route = f"/forms/{check_choice(type, 'type', 'GET', '/forms/{type}', _TYPES)}"
    if sort is not None:
        check_choice(sort.removeprefix("-"), "sort", "GET", route, _SORT_KEYS)
    params = query(("filter[name]", name), ("sort", sort), ("limit", page_limit(limit)), ("page", page))
    return Call("GET", route, Listing(Form, "page"), params=params, repeatable=True)


def get(form_id: str | int) -> Call[Form]:
    """One form, of any type.

    Args:
        form_id: the id.

    Returns:
        The form.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/forms.html
    """
    return Call("GET", _ROUTE, Data(Form), (object_id(form_id, "form_id"),), repeatable=True)


def update(form_id: str | int, name: str) -> Call[Form]:
    """Rename a form; everything else can be changed in the dashboard only.

    Args:
        form_id: the id.
        name: up to 255 characters.

    Returns:
        The form.

    Raises:
        NotFoundError: if there is none with this id.
        ValidationError: if the name is empty or too long, before anything is sent, or if the API refuses it.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/forms.html
    """
    segments = (object_id(form_id, "form_id"),)
    body = {"name": check_text(name, "name", "PUT", _ROUTE)}
    return Call("PUT", _ROUTE, Data(Form), segments, json=body, repeatable=True)


def delete(form_id: str | int) -> Call[None]:
    """Delete a form; those who signed up with it stay.

    Args:
        form_id: the id.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/forms.html
    """
    return Call("DELETE", _ROUTE, Nothing(), (object_id(form_id, "form_id"),), repeatable=True)


def subscribers(
    form_id: str | int,
    *,
    status: SubscriberStatus | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[Page[Subscriber]]:
    """One page of those who signed up with a form: the ACTIVE ones, unless another status is asked for.

    Args:
        form_id: the id.
        status: subscribers with this status; None for the API's default, the active ones.
        limit: subscribers a page; the API's default is 25.
        cursor: where to go on, `next_cursor` of an earlier page.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no form with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/forms.html
    """
    params = query(("filter[status]", status), ("limit", page_limit(limit)), ("cursor", cursor))
    segments = (object_id(form_id, "form_id"),)
    route = f"{_ROUTE}/subscribers"
    return Call("GET", route, Listing(Subscriber, "cursor", 25), segments, params, repeatable=True)

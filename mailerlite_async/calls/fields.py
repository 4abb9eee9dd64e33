"""Fields: what the account stores about its subscribers."""

from __future__ import annotations

from typing import Literal

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, Listing, Nothing
from mailerlite_async._flow import Flow
from mailerlite_async._paths import object_id
from mailerlite_async.calls._checks import check_choice, check_text
from mailerlite_async.calls._finding import check_max_age, check_name, oldest, remembered, walk
from mailerlite_async.calls._values import page_limit, text
from mailerlite_async.models import Field, FieldType

FieldSort = Literal["name", "-name", "type", "-type"]

_TYPES = ("text", "number", "date")

# An account has at most 100 fields.
PAGE_SIZES = {"list": 100}


def list(
    *,
    keyword: str | None = None,
    type: FieldType | None = None,
    sort: FieldSort | None = None,
    limit: int | None = None,
    page: int | None = None,
) -> Call[Page[Field]]:
    """One page of fields.

    Args:
        keyword: only fields with this text in their name.
        type: only fields of this type: `text`, `number` or `date`.
        sort: what to order by; a leading `-` for descending.
        limit: fields a page; the API's default is 100.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/fields.html
    """
    params = query(
        ("filter[keyword]", keyword),
        ("filter[type]", type),
        ("sort", sort),
        ("limit", page_limit(limit)),
        ("page", page),
    )
    return Call("GET", "/fields", Listing(Field, "page"), params=params, repeatable=True)


def find(name: str, *, max_age: float = 0.0) -> Flow[Field | None]:
    """The field with exactly this key, or else with exactly this name, looked for on all pages.

    Args:
        name: the key, such as `last_name`, or the whole name, such as `Last name`; upper and lower case told apart.
        max_age: seconds for which an earlier finding of this client will do, so that no call is needed; 0 asks the API.
            A field that was since renamed or deleted is still found then.

    Returns:
        The field; None if there is none.

    Raises:
        ValueError: if the name is empty, or `max_age` is negative.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/fields.html
    """
    check_name(name, "name")
    check_max_age(max_age)
    return remembered(("fields", name), max_age, _find(name))


def create(name: str, type: FieldType = "text") -> Call[Field]:
    """Make a field. The API refuses a second one of the same name; the call is not repeated blindly.

    Args:
        name: up to 255 characters; the key is made from it.
        type: `text`, `number` or `date`; it cannot be changed later.

    Returns:
        The new field.

    Raises:
        ValidationError: if the name is empty or too long or the type unknown (before anything is sent), or if there is
            a field of this name.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/fields.html
    """
    at = "POST", "/fields"
    body = {"name": check_text(name, "name", *at), "type": check_choice(text(type, "type"), "type", *at, _TYPES)}
    return Call("POST", "/fields", Data(Field), json=body, repeatable=False)


def update(field_id: str | int, name: str) -> Call[Field]:
    """Rename a field; its key and type stay.

    Args:
        field_id: the id.
        name: up to 255 characters.

    Returns:
        The field.

    Raises:
        NotFoundError: if there is none with this id.
        ValidationError: if the name is refused.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/fields.html
    """
    segments = (object_id(field_id, "field_id"),)
    body = {"name": check_text(name, "name", "PUT", "/fields/{id}")}
    return Call("PUT", "/fields/{id}", Data(Field), segments, json=body, repeatable=True)


def delete(field_id: str | int) -> Call[None]:
    """Delete a field and what it holds of every subscriber.

    Args:
        field_id: the id.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/fields.html
    """
    return Call("DELETE", "/fields/{id}", Nothing(), (object_id(field_id, "field_id"),), repeatable=True)


def _find(name: str) -> Flow[Field | None]:
    # The API filters by name only, and a key may differ from it.
    fields = yield from walk(list(limit=PAGE_SIZES["list"]))
    by_key = [field for field in fields if field.key == name]
    return oldest(by_key or [field for field in fields if field.name == name], lambda field: field.id)

"""Field routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ._fields_state import FIELD_TYPES, MOST_FIELDS, Field
from ._index import read_id
from ._pagination import numbered_page
from ._rendering import render_field, render_listed_field
from ._router import Invocation, Route
from ._validation import Validation
from ._wire import EmulatedResponse, json_response, model_not_found, no_content, unprocessable

DEFAULT_PAGE: Final = 100
LARGEST_PAGE: Final = 1000
_MODEL: Final = "App\\Models\\Field"
_NAME_TAKEN: Final = "Field name must be unique"

_SORTS: Final[dict[str, Callable[[Field], str]]] = {
    "name": lambda field: field.name.casefold(),
    "type": lambda field: field.type,
}
_SORT_WORDS: Final = tuple(sign + name for name in _SORTS for sign in ("", "-"))


def list_fields(call: Invocation) -> EmulatedResponse:
    """`GET /fields`, by id unless sorted otherwise."""
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_PAGE, default=DEFAULT_PAGE)
    page = check.integer("page", lowest=1, default=1)
    sort = check.choice("sort", _SORT_WORDS)
    filters = check.nested("filter")
    keyword = filters.text("keyword")
    type = filters.choice("type", FIELD_TYPES)
    check.finish()
    fields = [
        field
        for field in call.account.fields
        if (keyword is None or keyword.casefold() in field.name.casefold()) and type in (None, field.type)
    ]
    if sort is not None:
        fields.sort(key=_SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    return json_response(200, numbered_page(fields, render_listed_field, page=page, limit=limit, url=call.url))


def create_field(call: Invocation) -> EmulatedResponse:
    """`POST /fields`; names are unique."""
    check = Validation(call.input)
    name = check.required_name()
    type = check.required_choice("type", FIELD_TYPES)
    if len(call.account.fields) >= MOST_FIELDS:
        check.add("name", f"The account may not have more than {MOST_FIELDS} fields.")
    check.finish()
    if call.account.fields.named(name) is not None:
        raise unprocessable({"name": [_NAME_TAKEN]}, _NAME_TAKEN)
    return json_response(201, {"data": render_field(call.account.fields.create(name, type))})


def update_field(call: Invocation) -> EmulatedResponse:
    """`PUT /fields/{id}`: renames; the key stays."""
    field = _find(call)
    check = Validation(call.input)
    name = check.required_name()
    check.finish()
    if call.account.fields.named(name) not in (None, field):
        raise unprocessable({"name": [_NAME_TAKEN]}, _NAME_TAKEN)
    field.name = name
    return json_response(200, {"data": render_field(field)})


def delete_field(call: Invocation) -> EmulatedResponse:
    """`DELETE /fields/{id}`; a built-in field is refused."""
    field = _find(call)
    if field.is_default:
        raise unprocessable({"id": ["The selected id is invalid."]})
    call.account.fields.remove(field)
    return no_content()


ROUTES: Final = (
    Route("GET", "/fields", list_fields),
    Route("POST", "/fields", create_field),
    Route("PUT", "/fields/{id}", update_field),
    Route("DELETE", "/fields/{id}", delete_field),
)


def _find(call: Invocation) -> Field:
    field = call.account.fields.get(read_id(call.arguments[0]))
    if field is None:
        raise model_not_found(_MODEL, call.arguments[0])
    return field

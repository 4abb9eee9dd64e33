"""Form routes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ._forms_state import FORM_TYPES, Form
from ._groups_state import STATUSES
from ._index import read_id
from ._pagination import numbered_page
from ._rendering_forms import render_form
from ._router import Handler, Invocation, Route
from ._routes_subscribers import subscriber_page
from ._validation import Validation
from ._wire import EmulatedResponse, json_response, model_not_found, no_content

DEFAULT_PAGE: Final = 25
LARGEST_PAGE: Final = 1000
DEFAULT_MEMBERS_PAGE: Final = 25
LARGEST_MEMBERS_PAGE: Final = 1000
_MODEL: Final = "App\\Models\\Form"

_SORTS: Final[dict[str, Callable[[Form], str | float]]] = {
    "created_at": lambda form: form.created_at,
    "name": lambda form: form.name.casefold(),
    "conversions_count": lambda form: form.conversions_count,
    "opens_count": lambda form: form.opens_count,
    "visitors": lambda form: form.opens_count,
    "conversion_rate": lambda form: form.conversion_rate,
    "last_registration_at": lambda form: form.last_registration_at or "",
}
_SORT_WORDS: Final = tuple(sign + name for name in _SORTS for sign in ("", "-"))


def list_forms(call: Invocation, type: str) -> EmulatedResponse:
    """`GET /forms/{type}`, oldest first unless sorted otherwise; the counts are those of all types."""
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_PAGE, default=DEFAULT_PAGE)
    page = check.integer("page", lowest=1, default=1)
    sort = check.choice("sort", _SORT_WORDS)
    name = check.nested("filter").text("name")
    check.finish()
    all_forms = sorted(call.account.forms, key=lambda form: form.id)
    forms = [
        form for form in all_forms if form.type == type and (name is None or name.casefold() in form.name.casefold())
    ]
    if sort is not None:
        forms.sort(key=_SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    render = partial(render_form, account=call.account)
    shown: dict[str, Any] = numbered_page(forms, render, page=page, limit=limit, url=call.url)
    shown["meta"]["aggregations"] = {each: sum(form.type == each for form in all_forms) for each in FORM_TYPES}
    return json_response(200, shown)


def get_form(call: Invocation) -> EmulatedResponse:
    """`GET /forms/{id}`; an unknown type is taken for an id too."""
    return json_response(200, {"data": render_form(_find(call), call.account)})


def update_form(call: Invocation) -> EmulatedResponse:
    """`PUT /forms/{id}`: renames."""
    form = _find(call)
    check = Validation(call.input)
    name = check.required_name()
    check.finish()
    form.name = name
    return json_response(200, {"data": render_form(form, call.account)})


def delete_form(call: Invocation) -> EmulatedResponse:
    """`DELETE /forms/{id}`; those who signed up stay subscribers."""
    call.account.forms.remove(_find(call))
    return no_content()


def list_members(call: Invocation) -> EmulatedResponse:
    """`GET /forms/{id}/subscribers`, active ones unless asked for others, without groups."""
    form = _find(call)
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_MEMBERS_PAGE, default=DEFAULT_MEMBERS_PAGE)
    status = check.nested("filter").choice("status", STATUSES) or "active"
    check.finish()
    index = form.with_status(call.account.subscribers, status)
    return json_response(200, subscriber_page(call, index, limit, with_groups=False))


def _lister(type: str) -> Handler:
    return lambda call: list_forms(call, type)


def _find(call: Invocation) -> Form:
    form = call.account.forms.get(read_id(call.arguments[0]))
    if form is None:
        raise model_not_found(_MODEL, call.arguments[0])
    return form


ROUTES: Final = (
    *(Route("GET", f"/forms/{type}", _lister(type)) for type in FORM_TYPES),
    Route("GET", "/forms/{id}", get_form),
    Route("PUT", "/forms/{id}", update_form),
    Route("DELETE", "/forms/{id}", delete_form),
    Route("GET", "/forms/{id}/subscribers", list_members),
)

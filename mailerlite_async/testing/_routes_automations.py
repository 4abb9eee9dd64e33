"""Automation routes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from ._automations_state import RUN_STATUSES, Automation
from ._index import read_id
from ._pagination import numbered_page
from ._rendering_automations import render_automation, render_listed_automation
from ._router import Invocation, Route
from ._validation import Validation
from ._wire import EmulatedResponse, json_response, model_not_found, no_content

DEFAULT_PAGE: Final = 10
LARGEST_PAGE: Final = 1000
DEFAULT_ACTIVITY_PAGE: Final = 50
LARGEST_ACTIVITY_PAGE: Final = 1000
_MODEL: Final = "App\\Models\\Automation"
_DAY_LENGTH: Final = len("2026-01-31")


def list_automations(call: Invocation) -> EmulatedResponse:
    """`GET /automations`, oldest first; the counts are those of all, whatever the filter."""
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_PAGE, default=DEFAULT_PAGE)
    page = check.integer("page", lowest=1, default=1)
    filters = check.nested("filter")
    enabled = filters.choice("enabled", ("true", "false", "1", "0"))
    name = filters.text("name")
    group = filters.text("group")
    check.finish()
    all_automations = sorted(call.account.automations, key=lambda automation: automation.id)
    shown = [
        automation
        for automation in all_automations
        if (enabled is None or automation.enabled == (enabled in ("true", "1")))
        and (name is None or name.casefold() in automation.name.casefold())
        and (group is None or automation.is_started_by(read_id(group) or 0))
    ]
    rendered: dict[str, Any] = numbered_page(shown, render_listed_automation, page=page, limit=limit, url=call.url)
    complete = sum(automation.is_complete for automation in all_automations)
    rendered["meta"]["aggregations"] = {
        "workflows": complete,
        "drafts": len(all_automations) - complete,
        "unsync": 0,
        "all": len(all_automations),
    }
    return json_response(200, rendered)


def create_automation(call: Invocation) -> EmulatedResponse:
    """`POST /automations`: an empty draft; two automations may have the same name."""
    check = Validation(call.input)
    name = check.required_name()
    check.finish()
    automation = call.account.automations.create(name, call.now.naive_date())
    return json_response(201, {"data": render_automation(automation)})


def get_automation(call: Invocation) -> EmulatedResponse:
    """`GET /automations/{id}`."""
    return json_response(200, {"data": render_automation(_find(call))})


def delete_automation(call: Invocation) -> EmulatedResponse:
    """`DELETE /automations/{id}`."""
    call.account.automations.remove(_find(call))
    return no_content()


def list_activity(call: Invocation) -> EmulatedResponse:
    """`GET /automations/{id}/activity`: runs of one status, as seeded."""
    automation = _find(call)
    check = Validation(call.params)
    limit = check.integer("limit", lowest=1, highest=LARGEST_ACTIVITY_PAGE, default=DEFAULT_ACTIVITY_PAGE)
    page = check.integer("page", lowest=1, default=1)
    filters = check.nested("filter")
    status = filters.required_choice("status", RUN_STATUSES)
    days = {key: _day(filters, key) for key in ("date_from", "date_to", "scheduled_from", "scheduled_to")}
    search = filters.text("search") or filters.text("keyword")
    check.finish()
    runs = [run for run in automation.runs if str(run["status"]).lower() == status]
    kind, key = ("scheduled", "scheduled_for") if status == "active" else ("date", "date")
    runs = [run for run in runs if _lies_within(run.get(key), days[f"{kind}_from"], days[f"{kind}_to"])]
    if search is not None:
        runs = [run for run in runs if search.casefold() in (run.get("subscriber") or {}).get("email", "").casefold()]
    return json_response(200, numbered_page(runs, _render_run, page=page, limit=limit, url=call.url))


ROUTES: Final = (
    Route("GET", "/automations", list_automations),
    Route("POST", "/automations", create_automation),
    Route("GET", "/automations/{id}", get_automation),
    Route("DELETE", "/automations/{id}", delete_automation),
    Route("GET", "/automations/{id}/activity", list_activity),
)


def _find(call: Invocation) -> Automation:
    automation = call.account.automations.get(read_id(call.arguments[0]))
    if automation is None:
        raise model_not_found(_MODEL, call.arguments[0])
    return automation


def _render_run(run: Mapping[str, Any]) -> dict[str, object]:
    return dict(run)


def _day(filters: Validation, key: str) -> str | None:
    text = filters.text(key)
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        filters.add(key, f"The filter.{key} does not match the format Y-m-d.".replace("_", " "))
        return None


def _lies_within(moment: str | None, first: str | None, last: str | None) -> bool:
    day = (moment or "")[:_DAY_LENGTH]
    return (first is None or day >= first) and (last is None or (day != "" and day <= last))

"""Automations: read them and their runs, make empty drafts. Steps and triggers are edited in the dashboard only."""

from __future__ import annotations

from datetime import date, datetime

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, Listing, Nothing
from mailerlite_async._paths import object_id
from mailerlite_async.calls._checks import check_choice, check_text, refuse
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import Automation, AutomationActivityStatus, AutomationRun
from mailerlite_async.models._dates import in_utc

# The only sizes that have been seen: the API's defaults.
PAGE_SIZES = {"list": 10, "activity": 50}

_ROUTE = "/automations/{id}"
_STATUSES = ("completed", "active", "canceled", "failed")


def list(
    *,
    enabled: bool | None = None,
    name: str | None = None,
    group: str | int | None = None,
    limit: int | None = None,
    page: int | None = None,
) -> Call[Page[Automation]]:
    """One page of automations, with their steps.

    Args:
        enabled: only those that run, or only those that do not; None for all.
        name: only automations with this text in their name.
        group: the id of a group: only automations that it starts.
        limit: automations a page; the API's default is 10.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        TypeError: if `enabled` is not a `bool`.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/automations.html
    """
    if not (enabled is None or isinstance(enabled, bool)):
        raise TypeError(f"enabled must be bool, not {type(enabled).__name__}")
    params = query(
        ("filter[enabled]", None if enabled is None else str(enabled).lower()),
        ("filter[name]", name),
        ("filter[group]", None if group is None else object_id(group, "group")),
        ("limit", page_limit(limit)),
        ("page", page),
    )
    return Call("GET", "/automations", Listing(Automation, "page", 10), params=params, repeatable=True)


def get(automation_id: str | int) -> Call[Automation]:
    """One automation, with its steps.

    Args:
        automation_id: the id.

    Returns:
        The automation.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/automations.html
    """
    return Call("GET", _ROUTE, Data(Automation), (object_id(automation_id, "automation_id"),), repeatable=True)


def create(name: str) -> Call[Automation]:
    """Make an empty draft. The same call again makes a second one, so it is never repeated blindly.

    Args:
        name: up to 255 characters.

    Returns:
        The draft, without steps.

    Raises:
        ValidationError: if the name is empty or too long, before anything is sent, or if the API refuses it.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/automations.html
    """
    body = {"name": check_text(name, "name", "POST", "/automations")}
    return Call("POST", "/automations", Data(Automation), json=body, repeatable=False)


def delete(automation_id: str | int) -> Call[None]:
    """Delete an automation.

    Args:
        automation_id: the id.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/automations.html
    """
    return Call("DELETE", _ROUTE, Nothing(), (object_id(automation_id, "automation_id"),), repeatable=True)


def activity(
    automation_id: str | int,
    status: AutomationActivityStatus,
    *,
    date_from: date | None = None,
    date_to: date | None = None,
    scheduled_from: date | None = None,
    scheduled_to: date | None = None,
    search: str | None = None,
    limit: int | None = None,
    page: int | None = None,
) -> Call[Page[AutomationRun]]:
    """One page of the runs of an automation: the subscribers that went through it, and how far they came.

    Args:
        automation_id: the id.
        status: `completed`, `active`, `canceled` or `failed`; the API gives runs of one status only.
        date_from: runs that ended on this day or later. An aware `datetime` stands for its day in UTC. Not for active
            runs.
        date_to: runs that ended on this day or earlier; not for active runs.
        scheduled_from: active runs that go on on this day or later.
        scheduled_to: active runs that go on on this day or earlier.
        search: only runs of the subscriber with this address.
        limit: runs a page; the API's default is 10 or 50.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no automation with this id.
        ValidationError: if there is no such status, or a date is given that is not for it; nothing is sent then.
        TypeError: if a date is none.
        ValueError: if the id is not one, or a date is a naive `datetime`.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/automations.html
    """
    segments = (object_id(automation_id, "automation_id"),)
    route = f"{_ROUTE}/activity"
    check_choice(status, "status", "GET", route, _STATUSES)
    dates: dict[str, date | None] = {
        "date_from": date_from,
        "date_to": date_to,
        "scheduled_from": scheduled_from,
        "scheduled_to": scheduled_to,
    }
    for argument, day in dates.items():
        if day is not None and argument.startswith("scheduled") != (status == "active"):
            refuse("GET", route, argument, f"is not for {status} runs")
    params = query(
        ("filter[status]", status),
        *((f"filter[{argument}]", _day(day, argument)) for argument, day in dates.items()),
        ("filter[search]", search),
        ("limit", page_limit(limit)),
        ("page", page),
    )
    return Call("GET", route, Listing(AutomationRun, "page", 10), segments, params, repeatable=True)


def _day(value: date | None, argument: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, date):
        raise TypeError(f"{argument} must be a date, not {type(value).__name__}")
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError(f"{argument} must be a date or an aware datetime: a naive one does not say which day")
        value = in_utc(value).date()
    return value.isoformat()

"""Seeding of what no call can make: segments, automations and forms, with who belongs to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ._automations_state import RUN_STATUSES, Automation
from ._forms_state import FORM_TYPES, Form
from ._index import read_id
from ._moment import is_naive_date
from ._rendering_automations import AUTOMATION_DETAILS, FIRST_SCREENSHOT
from ._rendering_forms import FORM_DETAILS
from ._seed_reader import SeedReader
from ._segments_state import MOST_SEGMENTS, Segment
from ._state import Account

_AUTOMATION_DETAILS: Final = (*AUTOMATION_DETAILS, FIRST_SCREENSHOT)
_ISO_END: Final = ".000000Z"
_FORM_COUNTS: Final = ("conversions_count", "opens_count")
# The documents show null where everything recorded has a flag.
_NULLABLE: Final = ("double_optin",)
_RUN_KEYS: Final = (
    *("id", "status", "date", "reason", "reason_description", "subscriber", "stepRuns", "currentStep", "nextStep"),
    "scheduled_for",
)
SEGMENT_KEYS: Final = ("id", "name", "created_at", "subscribers", "automations_using_segment_count")
AUTOMATION_KEYS: Final = ("id", "name", "created_at", "enabled", *_AUTOMATION_DETAILS, "activity")
FORM_KEYS: Final = (
    *("id", "type", "name", "created_at", "groups", "subscribers", "last_registration_at"),
    *_FORM_COUNTS,
    *FORM_DETAILS,
)


def seed_segment(account: Account, reader: SeedReader, date: str) -> Segment:
    """Add a segment.

    Raises:
        ValueError: naming the key that is wrong.
    """
    if len(account.segments) >= MOST_SEGMENTS:
        reader.fail("name", f"is one too many: an account has at most {MOST_SEGMENTS} segments")
    name, created_at = reader.name(), reader.date("created_at") or date
    members = _read_members(account, reader)
    used = reader.count("automations_using_segment_count")
    segment = account.segments.create(name, created_at, members, reader.id(account.has_id))
    segment.automations_count = used
    return segment


def seed_automation(account: Account, reader: SeedReader, date: str) -> Automation:
    """Add an automation. Details are taken as they are, as long as they are of the type the API answers.

    Raises:
        ValueError: naming the key that is wrong.
    """
    name, created_at = reader.name(), reader.date("created_at") or date
    enabled = reader.get("enabled") if reader.has("enabled") else False
    if not isinstance(enabled, bool):
        reader.fail("enabled", f"must be True or False, not {enabled!r}")
    details = _read_details(reader, AUTOMATION_DETAILS)
    for key in ("triggers", "steps"):
        for position, item in enumerate(details.get(key, ())):
            if not isinstance(item, Mapping):
                reader.fail(f"{key}[{position}]", f"must be a mapping, not {item!r}")
            if not isinstance(item.get("group_ids", []), list):
                reader.fail(f"{key}[{position}].group_ids", f"must be ids, not {item['group_ids']!r}")
    if (screenshot := reader.text(FIRST_SCREENSHOT)) is not None:
        details[FIRST_SCREENSHOT] = screenshot
    activity = reader.get("activity") if reader.has("activity") else ()
    if isinstance(activity, str | Mapping) or not isinstance(activity, Iterable):
        reader.fail("activity", f"must be runs, not {activity!r}")
    runs = [
        _read_run(account, reader, f"activity[{position}]", entry, created_at)
        for position, entry in enumerate(activity)
    ]
    automation = account.automations.create(name, created_at, reader.id(account.has_id))
    automation.enabled, automation.details, automation.runs = enabled, details, runs
    return automation


def seed_form(account: Account, reader: SeedReader, date: str, groups: tuple[int, ...]) -> Form:
    """Add a form. Details are taken as they are, as long as they are of the type the API answers.

    Raises:
        ValueError: naming the key that is wrong.
    """
    type, name = reader.choice("type", FORM_TYPES, "popup"), reader.name()
    created_at = reader.date("created_at") or date
    members = _read_members(account, reader)
    conversions = reader.count("conversions_count") if reader.has("conversions_count") else len(members)
    opens = reader.count("opens_count")
    registered = reader.text("last_registration_at")
    if registered is not None and not (registered.endswith(_ISO_END) and is_naive_date(_as_naive(registered))):
        reader.fail("last_registration_at", f"must be a date like 2026-01-31T12:00:00.000000Z, not {registered!r}")
    details = _read_details(reader, FORM_DETAILS)
    form = account.forms.create(type, name, created_at, reader.id(account.has_id))
    form.groups, form.signed_up, form.details = groups, members, details
    form.conversions_count, form.opens_count, form.last_registration_at = conversions, opens, registered
    return form


def _as_naive(date: str) -> str:
    return date.removesuffix(_ISO_END).replace("T", " ", 1)


def _read_details(reader: SeedReader, defaults: Mapping[str, object]) -> dict[str, Any]:
    details: dict[str, Any] = {}
    for key, default in defaults.items():
        if not reader.has(key):
            continue
        value = reader.get(key)
        nullable = default is None or key in _NULLABLE
        if not (isinstance(value, type(default)) or (nullable and (value is None or default is None))):
            reader.fail(key, f"must be like {default!r}, not {value!r}")
        try:
            # A copy, since the caller may go on to change what was given.
            details[key] = json.loads(json.dumps(value))
        except (TypeError, ValueError):
            reader.fail(key, "must be what JSON can hold")
    return details


def _read_run(account: Account, reader: SeedReader, path: str, entry: object, date: str) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        reader.fail(path, f"must be a mapping, not {entry!r}")
    for key in entry:
        if key not in _RUN_KEYS:
            reader.fail(f"{path}.{key}", f"is not a known key; keys are {', '.join(_RUN_KEYS)}")
    status = entry.get("status", "Completed")
    if not isinstance(status, str) or status.lower() not in RUN_STATUSES:
        reader.fail(f"{path}.status", f"must be one of {', '.join(RUN_STATUSES)}, not {status!r}")
    run: dict[str, Any] = {
        "reason": None,
        "reason_description": "",
        "stepRuns": [],
        "currentStep": None,
        "date": date,
        **entry,
        "id": str(entry.get("id") or account.ids.next()),
        "status": status.capitalize(),
    }
    for key in ("date", "scheduled_for"):
        value = run.get(key)
        if not (isinstance(value, str) and is_naive_date(value)) and (value is not None or key == "date"):
            reader.fail(f"{path}.{key}", f"must be a date like 2026-01-31 12:00:00, not {value!r}")
    subscriber = entry.get("subscriber")
    if isinstance(subscriber, Mapping) and not isinstance(subscriber.get("email"), str):
        reader.fail(f"{path}.subscriber.email", f"must be an address, not {subscriber.get('email')!r}")
    if subscriber is not None and not isinstance(subscriber, Mapping):
        found = _find_member(account, subscriber)
        if found is None:
            reader.fail(f"{path}.subscriber", f"{subscriber!r} is neither the id nor the address of a subscriber")
        run["subscriber"] = {"id": str(found), "email": account.subscribers[found].email}
    return run


def _read_members(account: Account, reader: SeedReader) -> tuple[int, ...]:
    given = reader.get("subscribers") if reader.has("subscribers") else ()
    if isinstance(given, str) or not isinstance(given, Iterable):
        reader.fail("subscribers", f"must be ids or addresses of subscribers, not {given!r}")
    found: set[int] = set()
    for position, item in enumerate(given):
        member = _find_member(account, item)
        if member is None:
            reader.fail(f"subscribers[{position}]", f"{item!r} is neither the id nor the address of a subscriber")
        found.add(member)
    return tuple(sorted(found))


def _find_member(account: Account, item: object) -> int | None:
    subscriber = account.subscribers.get(read_id(item))
    if subscriber is None and isinstance(item, str):
        subscriber = account.subscribers.by_email(item)
    return None if subscriber is None else subscriber.id

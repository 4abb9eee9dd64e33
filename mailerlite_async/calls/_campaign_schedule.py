"""When a campaign is sent, as the API takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from mailerlite_async._paths import object_id
from mailerlite_async._unset import Unset
from mailerlite_async.calls._campaign_body import Part
from mailerlite_async.calls._checks import check_choice, refuse
from mailerlite_async.models import CampaignSchedule, ResendSchedule

_DELIVERIES: Final = ("instant", "scheduled", "timezone_based", "smart_sending")
_TIME: Final = ("date", "hours", "minutes", "timezone_id")
_HIGHEST: Final = {"hours": 23, "minutes": 59}
# What a time must have, by the kind of delivery.
_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "scheduled": ("date", "hours", "minutes"),
    "timezone_based": ("hours", "minutes"),
    "smart_sending": ("date",),
}


def schedule_body(
    delivery: str | Unset,
    schedule: CampaignSchedule | Mapping[str, Any] | Unset,
    resend: ResendSchedule | Mapping[str, Any] | Unset,
    test: Sequence[CampaignSchedule | Mapping[str, Any]] | Unset,
    at: tuple[str, str],
) -> dict[str, Any]:
    """The body of a call that schedules.

    Args:
        delivery: as given; left out for RSS campaigns.
        schedule: the time.
        resend: the time of the second e-mail.
        test: the two times of a test of the sending time.
        at: method and route.
    """
    body: dict[str, Any] = {}
    if not isinstance(delivery, Unset):
        body["delivery"] = check_choice(delivery, "delivery", *at, _DELIVERIES)
    if not isinstance(schedule, Unset):
        if not isinstance(test, Unset):
            refuse(*at, "schedule", "is not taken by tests of the sending time")
        if delivery == "instant":
            # Sent at once although a time is given: nobody means that.
            refuse(*at, "schedule", "is not taken if delivery is instant")
        needed = _NEEDED.get(str(body.get("delivery")), ())
        body["schedule"] = _time(Part.read(schedule, CampaignSchedule, _TIME, "schedule", at), needed)
    elif delivery in _NEEDED and isinstance(test, Unset):
        refuse(*at, "schedule", f"field is required if delivery is {delivery}")
    if not isinstance(resend, Unset):
        part = Part.read(resend, ResendSchedule, ("delivery", *_TIME), "resend", at)
        kind = part.choice("delivery", ("day", "scheduled"))
        body["resend"] = _time(part, _NEEDED["scheduled"] if kind == "scheduled" else ())
    if not isinstance(test, Unset):
        body["sending_time_test_schedule"] = _test_times(test, at)
    return body


def _test_times(test: Sequence[CampaignSchedule | Mapping[str, Any]], at: tuple[str, str]) -> list[dict[str, Any]]:
    if isinstance(test, str | Mapping | CampaignSchedule):
        raise TypeError("sending_time_test_schedule must be a sequence of two times, not one time")
    if not isinstance(test, Sequence):
        raise TypeError(f"sending_time_test_schedule must be a sequence of two times, not {type(test).__name__}")
    if len(test) != 2:
        refuse(*at, "sending_time_test_schedule", "must contain 2 items")
    parts = (
        Part.read(each, CampaignSchedule, _TIME, f"sending_time_test_schedule.{position}", at)
        for position, each in enumerate(test)
    )
    return [_time(part, _NEEDED["scheduled"]) for part in parts]


def _time(part: Part, needed: Sequence[str]) -> dict[str, Any]:
    """A time in the API's form: `2025-09-21`, `22` and `00`."""
    for key in needed:
        if part.values.get(key) is None:
            part.refuse(key, "field is required")
    written: dict[str, Any] = {}
    for key, value in part.values.items():
        if key == "date":
            written[key] = _date(part, value)
        elif key in _HIGHEST:
            written[key] = _two_digits(part, key, value)
        elif key == "timezone_id":
            written[key] = int(object_id(value, f"{part.path}.{key}"))
        else:
            written[key] = value
    return written


def _date(part: Part, value: object) -> str:
    if isinstance(value, str):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        if day is None or day.isoformat() != value:
            part.refuse("date", "does not match the format Y-m-d")
        return value
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(f"{part.path}.date must be a date, not {type(value).__name__}")
    return value.isoformat()


def _two_digits(part: Part, key: str, value: object) -> str:
    number = int(value) if isinstance(value, str) and len(value) == 2 and value.isascii() and value.isdigit() else value
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"{part.path}.{key} must be int, not {type(value).__name__}")
    if not 0 <= number <= _HIGHEST[key]:
        part.refuse(key, f"must be 0 to {_HIGHEST[key]}")
    return f"{number:02}"

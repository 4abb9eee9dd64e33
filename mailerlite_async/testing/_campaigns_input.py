"""What requests say about campaigns, checked in the manner of Laravel."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

from ._campaign_languages_state import DEFAULT_LANGUAGE, LANGUAGES_BY_ID
from ._campaigns_state import Campaign
from ._index import read_id
from ._moment import Moment
from ._state import Account
from ._timezones_state import TIMEZONES_BY_ID
from ._validation import Validation

CREATABLE: Final = ("regular", "ab", "resend", "multivariate")
DELIVERIES: Final = ("instant", "scheduled", "timezone_based", "smart_sending")
_WINNERS: Final = ("o", "c")
_UNITS: Final = ("h", "d")
_LARGEST_VARIANTS: Final = 8
_TIME_OF_DAY: Final = {"hours": 24, "minutes": 60}
_TWO_DIGITS: Final = re.compile(r"[0-9]{2}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Texts = dict[str, str | None]


@dataclass(slots=True)
class CampaignInput:
    """A valid body. `emails` have the keys of the API; a key left out is absent."""

    name: str
    type: str
    language_id: int
    emails: list[Texts] = field(default_factory=list)
    group_ids: tuple[int, ...] = ()
    segment_ids: tuple[int, ...] = ()
    ecommerce_tracking: bool = False


def read_campaign(body: Mapping[str, object], account: Account, known: Campaign | None) -> CampaignInput:
    """Read the body of a call that makes or changes a campaign.

    Args:
        body: as sent.
        account: whose groups and segments it names.
        known: the campaign to change, if it is not a new one.

    Raises:
        RejectionError: 422 with all errors.
    """
    flat = dict(_flatten(body))
    check = Validation(flat)
    name = check.required_name()
    type = known.type if known else check.required_choice("type", CREATABLE)
    language_id = _language(check, flat, known)
    several = type == "multivariate"
    items = check.array("emails", most=_LARGEST_VARIANTS if several else 1)
    emails = [_email(check, flat, f"emails.{position}", required=not several) for position in range(len(items))]
    groups = check.group_ids("groups", account.groups) or ()
    segments = _segments(check, flat, account)
    tracking = check.boolean("settings.ecommerce_tracking")
    if type == "ab" and (known is None or "ab_settings" in flat):
        emails += _ab_versions(check, emails)
    elif type == "resend" and (known is None or "resend_settings" in flat):
        check.required_choice("resend_settings.test_type", ("subject",))
        check.required_choice("resend_settings.select_winner_by", _WINNERS)
        emails += [{**each, "subject": check.required_name("resend_settings.b_value.subject")} for each in emails[:1]]
    elif type == "multivariate" and known is None:
        emails = _combinations(check, emails)
    check.finish()
    return CampaignInput(name, type, language_id, emails, () if segments else groups, segments, tracking)


def read_times(body: Mapping[str, object], campaign: Campaign, now: Moment) -> tuple[str | None, float | None]:
    """Read the body of a call that schedules: the kind of delivery, and when, None for now.

    Raises:
        RejectionError: 422 with all errors.
    """
    flat = dict(_flatten(body))
    check = Validation(flat)
    delivery = None if campaign.type == "rss" else check.required_choice("delivery", DELIVERIES)
    due: float | None = None
    if "sending_time_test_schedule" in flat:
        if len(check.array("sending_time_test_schedule", most=2)) != 2:
            check.add("sending_time_test_schedule", "The sending time test schedule must contain 2 items.")
        times = [_time(check, flat, f"sending_time_test_schedule.{each}", now, day=True, clock=True) for each in (0, 1)]
        due = min(times)
    elif delivery not in (None, "", "instant"):
        due = _time(check, flat, "schedule", now, day=delivery != "timezone_based", clock=delivery != "smart_sending")
    if campaign.type == "resend" and check.required_choice("resend.delivery", ("day", "scheduled")) == "scheduled":
        _time(check, flat, "resend", now, day=True, clock=True)
    check.finish()
    return delivery, due


def _flatten(value: object, path: str = "") -> Iterator[tuple[str, Any]]:
    """Everything inside a JSON value by its dotted path, as the errors name it."""
    if path:
        yield path, value
    if isinstance(value, Mapping | list):
        inner = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, each in inner:
            yield from _flatten(each, f"{path}.{key}" if path else str(key))


def _language(check: Validation, flat: Mapping[str, object], known: Campaign | None) -> int:
    default = known.language_id if known else DEFAULT_LANGUAGE
    if flat.get("language_id") is None:
        return default
    language_id = read_id(flat["language_id"])
    if language_id in LANGUAGES_BY_ID:
        return language_id
    check.add("language_id", "The selected language id is invalid.")
    return default


def _email(check: Validation, flat: Mapping[str, object], path: str, *, required: bool) -> Texts:
    found: Texts = {}
    for key in ("subject", "from_name"):
        if required or f"{path}.{key}" in flat:
            found[key] = check.required_name(f"{path}.{key}")
    if required or f"{path}.from" in flat:
        found["from"] = check.email(f"{path}.from", required=True)
    if f"{path}.reply_to" in flat:
        found["reply_to"] = check.email(f"{path}.reply_to", required=True)
    if (content := check.text(f"{path}.content")) is not None:
        found["content"] = content
    return found


def _segments(check: Validation, flat: Mapping[str, object], account: Account) -> tuple[int, ...]:
    given = flat.get("segments")
    if given is not None and not isinstance(given, list):
        check.add("segments", "The segments must be an array.")
    found: list[int] = []
    for position, item in enumerate(given if isinstance(given, list) else ()):
        segment = account.campaigns.segments.get(read_id(item))
        if segment is None:
            check.add(f"segments.{position}", f"The selected segments.{position} is invalid.")
        else:
            found.append(segment.id)
    return tuple(found)


def _winner(check: Validation, path: str) -> None:
    check.required_choice(f"{path}.select_winner_by", _WINNERS)
    _required_number(check, f"{path}.after_time_amount", 1, None)
    check.required_choice(f"{path}.after_time_unit", _UNITS)


def _required_number(check: Validation, path: str, lowest: int, highest: int | None) -> int:
    if not check.has(path):
        check.add(path, f"The {path.replace('_', ' ')} field is required.")
    return check.integer(path, lowest=lowest, highest=highest, default=lowest)


def _ab_versions(check: Validation, emails: Sequence[Texts]) -> list[Texts]:
    """The second version of the e-mail; tests of the sending time have none."""
    kind = check.required_choice("ab_settings.test_type", ("subject", "sender", "sending_time"))
    timed = kind == "sending_time"
    _required_number(check, "ab_settings.test_split", 100 if timed else 5, 100 if timed else 25)
    if timed:
        return []
    _winner(check, "ab_settings")
    other: Texts = {}
    if kind == "sender":
        other["from_name"] = check.required_name("ab_settings.b_value.from_name")
        other["from"] = check.email("ab_settings.b_value.from", required=True)
    else:
        other["subject"] = check.required_name("ab_settings.b_value.subject")
    return [{**each, **other} for each in emails[:1]]


def _combinations(check: Validation, emails: Sequence[Texts]) -> list[Texts]:
    """An e-mail for each combination of subject, sender and content."""
    path = "multivariate_settings.test_variants"
    subjects, senders = check.array(f"{path}.subject"), check.array(f"{path}.sender")
    contents, times = (
        _required_number(check, f"{path}.{key}", 1, _LARGEST_VARIANTS) for key in ("content", "sending_time")
    )
    split = "multivariate_settings.test_split"
    _required_number(check, split, 100 if times > 1 else 10, 100 if times > 1 else 50)
    if times == 1:
        _winner(check, "multivariate_settings")
    if math.prod((len(subjects), len(senders), contents, times)) > _LARGEST_VARIANTS:
        check.add(path, f"The {path.replace('_', ' ')} may not have more than {_LARGEST_VARIANTS} combinations.")
    named = [check.required_name(f"{path}.subject.{position}") for position in range(len(subjects))]
    from_whom = [_sender(check, f"{path}.sender.{position}") for position in range(len(senders))]
    if len(emails) != contents:
        check.add("emails", f"The emails must contain {contents} items.")
    return [{**each, **sender, "subject": subject} for subject, sender, each in product(named, from_whom, emails)]


def _sender(check: Validation, path: str) -> Texts:
    return {
        "from": check.email(f"{path}.from", required=True),
        "from_name": check.required_name(f"{path}.from_name"),
    }


def _time(check: Validation, flat: Mapping[str, object], path: str, now: Moment, *, day: bool, clock: bool) -> float:
    """A time on the clock of a zone, in seconds since the epoch; one without a day is the next there is."""
    offset = 0
    if flat.get(f"{path}.timezone_id") is not None:
        timezone = TIMEZONES_BY_ID.get(read_id(flat[f"{path}.timezone_id"]) or 0)
        if timezone is None:
            check.add(f"{path}.timezone_id", f"The selected {path}.timezone id is invalid.")
        else:
            offset = timezone.offset
    there = timedelta(minutes=offset)
    local_now = datetime.fromtimestamp(now.epoch, UTC) + there
    parts = {key: _two_digits(check, flat, f"{path}.{key}", most) if clock else 0 for key, most in _TIME_OF_DAY.items()}
    chosen = _day(check, flat, f"{path}.date") if day else None
    moment = (chosen or local_now).replace(hour=parts["hours"], minute=parts["minutes"], second=0, microsecond=0)
    if day and chosen is not None and moment + timedelta(days=0 if clock else 1) <= local_now:
        check.add(f"{path}.date", f"The {path}.date must be a date after now.")
    if not day and moment <= local_now:
        moment += timedelta(days=1)
    return max((moment - there).timestamp(), now.epoch)


def _two_digits(check: Validation, flat: Mapping[str, object], path: str, most: int) -> int:
    value = flat.get(path)
    if value in (None, ""):
        check.add(path, f"The {path} field is required.")
    elif not isinstance(value, str) or not _TWO_DIGITS.fullmatch(value) or int(value) >= most:
        check.add(path, f"The {path} does not match the format {'H' if most == 24 else 'i'}.")
    else:
        return int(value)
    return 0


def _day(check: Validation, flat: Mapping[str, object], path: str) -> datetime | None:
    value = flat.get(path)
    if value in (None, ""):
        check.add(path, f"The {path} field is required.")
        return None
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        pass
    check.add(path, f"The {path} does not match the format Y-m-d.")
    return None

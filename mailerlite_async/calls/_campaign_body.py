"""The nested parts of a campaign as the API takes them, from either of the forms that are accepted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import attrs

from mailerlite_async._paths import object_id
from mailerlite_async._unset import Unset
from mailerlite_async.calls._checks import LONGEST_NAME, check_choice, check_text, refuse
from mailerlite_async.calls._values import several_ids
from mailerlite_async.models import (
    AbSettings,
    AbVariant,
    CampaignEmail,
    CampaignSender,
    MultivariateSettings,
    ResendSettings,
)

CREATABLE: Final = ("regular", "ab", "resend", "multivariate")
_LARGEST_VARIANTS: Final = 8
_WINNERS: Final = ("o", "c")
_UNITS: Final = ("h", "d")
_WINNER_KEYS: Final = ("select_winner_by", "after_time_amount", "after_time_unit")


@attrs.frozen
class Part:
    """One nested object of a body: its values by the API's keys, and where it stands.

    Attributes:
        values: those that are given.
        path: dotted, such as `emails.0`.
        method: the HTTP method, for errors.
        route: likewise.
    """

    values: dict[str, Any]
    path: str
    method: str
    route: str

    @classmethod
    def read(cls, value: object, kind: type[Any] | None, keys: Collection[str], path: str, at: tuple[str, str]) -> Part:
        """Read an object of the class, or a mapping of the API's own keys.

        Raises:
            TypeError: if it is neither.
            ValueError: if a mapping has another key; it names the key.
        """
        if kind is not None and isinstance(value, kind):
            plain = attrs.asdict(value, recurse=False)
            return cls({name.removesuffix("_"): each for name, each in plain.items() if each is not None}, path, *at)
        if not isinstance(value, Mapping):
            wanted = f"{kind.__name__} or a mapping" if kind else "a mapping"
            raise TypeError(f"{path} must be {wanted}, not {type(value).__name__}")
        if unknown := sorted(str(key) for key in value.keys() - set(keys)):
            raise ValueError(f"{path} has {', '.join(unknown)}: its keys are {', '.join(keys)}")
        return cls(dict(value), path, *at)

    def within(self, key: str, kind: type[Any], keys: Collection[str]) -> Part:
        """The object under a key, which must be there."""
        if self.values.get(key) is None:
            self.refuse(key, "field is required")
        return Part.read(self.values[key], kind, keys, f"{self.path}.{key}", (self.method, self.route))

    def refuse(self, key: str, text: str) -> None:
        """Refuse the value of a key.

        Raises:
            ValidationError: with `attempts == 0`.
        """
        refuse(self.method, self.route, f"{self.path}.{key}", text)

    def text(self, key: str, *, required: bool = True, most: int = LONGEST_NAME) -> None:
        """A text that is neither empty nor too long."""
        value = self.values.get(key)
        if value is None and not required:
            return
        check_text("" if value is None else value, f"{self.path}.{key}", self.method, self.route, most)

    def html(self, key: str) -> None:
        """A text of any length, perhaps."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{self.path}.{key} must be str, not {type(value).__name__}")

    def choice(self, key: str, known: Collection[str]) -> str:
        """One of some words, which must be there."""
        if self.values.get(key) is None:
            self.refuse(key, "field is required")
        return check_choice(self.values[key], f"{self.path}.{key}", self.method, self.route, known)

    def number(self, key: str, lowest: int, highest: int | None = None) -> int:
        """A whole number, which must be there."""
        value = self.values.get(key)
        if value is None:
            self.refuse(key, "field is required")
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{self.path}.{key} must be int, not {type(value).__name__}")
        if value < lowest or (highest is not None and value > highest):
            span = (
                str(lowest)
                if highest == lowest
                else f"{lowest} or more"
                if highest is None
                else f"{lowest} to {highest}"
            )
            self.refuse(key, f"must be {span}")
        return value

    def absent(self, keys: Sequence[str], reason: str) -> None:
        """Keys that have no place here."""
        for key in keys:
            if self.values.get(key) is not None:
                self.refuse(key, f"is not taken {reason}")

    def winner(self) -> None:
        """How the winner of a test is chosen."""
        self.choice("select_winner_by", _WINNERS)
        self.number("after_time_amount", 1)
        self.choice("after_time_unit", _UNITS)


def emails_value(
    emails: Sequence[CampaignEmail | Mapping[str, Any]], at: tuple[str, str], *, designed: bool = True, count: int = 1
) -> list[dict[str, Any]]:
    """The e-mails of a campaign.

    Args:
        emails: as given.
        at: method and route.
        designed: whether each needs a subject and a sender.
        count: how many there must be.
    """
    if isinstance(emails, str | Mapping | CampaignEmail):
        raise TypeError("emails must be a sequence of e-mails, not one e-mail")
    if not isinstance(emails, Sequence):
        raise TypeError(f"emails must be a sequence of e-mails, not {type(emails).__name__}")
    if len(emails) != count:
        refuse(*at, "emails", f"must contain {count} item{'s' if count != 1 else ''}")
    found = []
    for position, email in enumerate(emails):
        keys = ("subject", "from_name", "from", "reply_to", "content")
        part = Part.read(email, CampaignEmail, keys, f"emails.{position}", at)
        for key in ("subject", "from_name", "from"):
            part.text(key, required=designed)
        part.text("reply_to", required=False)
        part.html("content")
        found.append(part.values)
    return found


def ab_value(settings: AbSettings | Mapping[str, Any], at: tuple[str, str]) -> dict[str, Any]:
    """`ab_settings`."""
    keys = ("test_type", "test_split", "b_value", *_WINNER_KEYS)
    part = Part.read(settings, AbSettings, keys, "ab_settings", at)
    kind = part.choice("test_type", ("subject", "sender", "sending_time"))
    if kind == "sending_time":
        part.number("test_split", 100, 100)
        part.absent(("b_value", *_WINNER_KEYS), "by tests of the sending time")
        return part.values
    part.number("test_split", 5, 25)
    part.winner()
    variant = part.within("b_value", AbVariant, ("subject", "from_name", "from"))
    needed, others = (
        (("subject",), ("from_name", "from")) if kind == "subject" else (("from_name", "from"), ("subject",))
    )
    for key in needed:
        variant.text(key)
    variant.absent(others, f"by tests of the {kind}")
    return {**part.values, "b_value": variant.values}


def resend_value(settings: ResendSettings | Mapping[str, Any], at: tuple[str, str]) -> dict[str, Any]:
    """`resend_settings`; the only test there is, is one of the subject."""
    given: Any = settings
    if isinstance(settings, ResendSettings):
        given = {
            "test_type": "subject",
            "select_winner_by": settings.select_winner_by,
            "b_value": {"subject": settings.subject},
        }
    elif isinstance(settings, Mapping):
        given = {"test_type": "subject", **settings}
    part = Part.read(given, None, ("test_type", "select_winner_by", "b_value"), "resend_settings", at)
    part.choice("test_type", ("subject",))
    part.choice("select_winner_by", _WINNERS)
    variant = part.within("b_value", AbVariant, ("subject",))
    variant.text("subject")
    return {**part.values, "b_value": variant.values}


def multivariate_value(settings: MultivariateSettings | Mapping[str, Any], at: tuple[str, str]) -> dict[str, Any]:
    """`multivariate_settings`."""
    given: Any = settings
    if isinstance(settings, MultivariateSettings):
        given = {key: value for key in ("test_split", *_WINNER_KEYS) if (value := getattr(settings, key)) is not None}
        given["test_variants"] = {
            "subject": settings.subjects,
            "sender": settings.senders,
            "content": settings.contents,
            "sending_time": settings.sending_times,
        }
    part = Part.read(given, None, ("test_variants", "test_split", *_WINNER_KEYS), "multivariate_settings", at)
    if part.values.get("test_variants") is None:
        part.refuse("test_variants", "field is required")
    variants = _variants(part.values["test_variants"], at)
    if variants["sending_time"] > 1:
        part.number("test_split", 100, 100)
        part.absent(_WINNER_KEYS, "if the sending time is tested")
    else:
        part.number("test_split", 10, 50)
        part.winner()
    return {**part.values, "test_variants": variants}


def _variants(given: object, at: tuple[str, str]) -> dict[str, Any]:
    path = "multivariate_settings.test_variants"
    part = Part.read(given, None, ("subject", "sender", "content", "sending_time"), path, at)
    contents, times = (part.number(key, 1, _LARGEST_VARIANTS) for key in ("content", "sending_time"))
    subjects, senders = (_several(part, key) for key in ("subject", "sender"))
    for position, subject in enumerate(subjects):
        check_text(subject, f"{path}.subject.{position}", *at)
    found = []
    for position, sender in enumerate(senders):
        each = Part.read(sender, CampaignSender, ("from", "from_name"), f"{path}.sender.{position}", at)
        each.text("from")
        each.text("from_name")
        found.append(each.values)
    if len(subjects) * len(senders) * contents * times > _LARGEST_VARIANTS:
        refuse(*at, path, f"may not have more than {_LARGEST_VARIANTS} combinations")
    return {"subject": subjects, "sender": found, "content": contents, "sending_time": times}


def _several(part: Part, key: str) -> list[Any]:
    value = part.values.get(key)
    if value is None or isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise TypeError(f"{part.path}.{key} must be a sequence, not {type(value).__name__}")
    if not value:
        part.refuse(key, "field is required")
    return [*value]


def ids_value(ids: Sequence[str | int] | Unset, argument: str) -> list[str] | Unset:
    """Ids of groups or segments."""
    if isinstance(ids, Unset):
        return ids
    return several_ids(ids, argument)


def number_value(value: str | int | Unset, argument: str) -> int | Unset:
    """The small id of a language, which the API takes as a number."""
    return value if isinstance(value, Unset) else int(object_id(value, argument))

"""UNSET as an argument of any builder: it leaves the argument out or is refused, and never becomes text on the wire."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from mailerlite_async import UNSET, Call, MailerLite, MailerLiteError, RateLimits, ValidationError, calls
from mailerlite_async._bodies import encode
from mailerlite_async.testing import Emulator

# Valid values for the parameters without a default.
REQUIRED: dict[str, Any] = {
    "email": "ann@example.com",
    "name": "Readers",
    "rows": [{"email": "ann@example.com"}],
    "subscriber": "1",
}


def builders() -> list[tuple[str, Callable[..., Any]]]:
    found: list[tuple[str, Callable[..., Any]]] = []
    for resource in calls.__all__:
        module = getattr(calls, resource)
        for name, value in vars(module).items() if inspect.ismodule(module) else ():
            if inspect.isfunction(value) and not name.startswith("_") and value.__module__ == module.__name__:
                found.append((f"{resource}.{name}", value))
    return found


def built(builder: Callable[..., Any], parameter: str, value: Any) -> Any:
    """What the builder makes with one argument set, and those without a default."""
    arguments = {
        name: REQUIRED.get(name, "1")
        for name, each in inspect.signature(builder).parameters.items()
        if each.default is inspect.Parameter.empty
    }
    return builder(**{**arguments, parameter: value})


def sent(call: object) -> str:
    """Target and body of a call, as text."""
    if not isinstance(call, Call):
        return ""
    return call.target if call.json is UNSET else f"{call.target} {encode(call.json).decode()}"


HALF = "half \ud83d"
HUGE = 10**5000
NAN: Any = float("nan")  # what an empty cell of a data frame is


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (
            calls.subscribers.upsert("ann@example.com", fields={"city": "Vilnius", "name": HALF}),
            "fields['name'] is not valid",
        ),
        (calls.subscribers.upsert("ann@example.com", fields={HALF: 1}), "a key of fields is not valid"),
        (calls.subscribers.upsert("ann@example.com", fields={"age": HUGE}), "fields['age'] is too large a number"),
        (calls.groups.create(HALF), "name is not valid"),
        (calls.subscribers.update("1", fields={"city": None}, ip_address=NAN), "ip_address must be a finite number"),
        (calls.groups.list(name=HALF), "filter[name] is not valid"),
        (
            calls.groups.import_subscribers(
                "1", [{"email": "a@example.com"}, {"email": "b@example.com", "fields": {"a": HALF}}]
            ),
            "subscribers[1]['fields']['a'] is not valid",
        ),
        (
            calls.batch([calls.groups.create("Poetry"), calls.groups.create(HALF)]),
            "requests[1]['body']['name'] is not valid",
        ),
    ],
)
def test_what_cannot_be_written_is_named_and_costs_nothing(call: Call[Any], where: str) -> None:
    emulator = Emulator()
    with MailerLite("key", transport=emulator.transport(), limits=RateLimits(requests=1)) as ml:
        with pytest.raises(ValueError, match=re.escape(where)) as caught:
            ml.execute(call)
        assert type(caught.value) is ValueError  # not one with the text in it
        assert ml.quota.requests.available == 1
    assert emulator.requests == []


class Text(str):
    """As the libraries for templates and numbers have."""

    __slots__ = ()


class Whole(int):
    """Likewise."""


class Real(float):
    """Likewise."""


def test_text_and_numbers_may_be_of_a_class_of_their_own() -> None:
    fields: dict[str, Any] = {Text("city"): Text("Vilnius"), "age": Whole(7), "score": Real(1.5)}
    sent_with = sent(calls.subscribers.upsert(Text("ann@example.com"), fields=fields))
    assert sent_with == sent(
        calls.subscribers.upsert("ann@example.com", fields={"city": "Vilnius", "age": 7, "score": 1.5})
    )


@pytest.mark.parametrize("value", [object(), {1, 2}.__iter__()])
def test_what_is_no_json_is_named(value: object) -> None:
    with pytest.raises(TypeError, match=f"^settings must be something that JSON has, not {type(value).__name__}$"):
        encode({"name": "Readers", "settings": value})


@pytest.mark.parametrize("builder", [pytest.param(builder, id=name) for name, builder in builders()])
def test_unset_is_left_out_or_refused(builder: Callable[..., Any]) -> None:
    for parameter in inspect.signature(builder).parameters:
        with contextlib.suppress(TypeError, ValueError, MailerLiteError):
            assert "UNSET" not in sent(built(builder, parameter, UNSET))


@pytest.mark.parametrize(
    "builder",
    [
        calls.groups.create,
        lambda name: calls.groups.update("1", name),
        calls.fields.create,
        lambda name: calls.fields.update("1", name),
    ],
    ids=["groups.create", "groups.update", "fields.create", "fields.update"],
)
def test_names_are_text(builder: Callable[[Any], object]) -> None:
    for wrong in (None, 5, b"Readers", ["Readers"]):
        with pytest.raises(TypeError, match=f"^name must be str, not {type(wrong).__name__}"):
            builder(wrong)


@pytest.mark.parametrize("builder", [calls.subscribers.upsert, calls.subscribers.update], ids=["upsert", "update"])
def test_groups_are_a_sequence(builder: Callable[..., object]) -> None:
    for wrong, what in ((None, "NoneType"), (7, "one id"), ("7", "one id"), ({1: 2}, "dict"), (b"7", "bytes")):
        with pytest.raises(TypeError, match=f"^groups must be a sequence of ids, not {what}$"):
            builder("1", groups=wrong)


@pytest.mark.parametrize("argument", ["groups", "segments"])
def test_audience_is_a_sequence(argument: str) -> None:
    wrongs: Any = ((None, "NoneType"), (7, "one id"), ({1: 2}, "dict"))
    emails: Any = [{"subject": "May", "from_name": "Book club", "from": "club@example.com", "content": "<p>Read!</p>"}]
    for wrong, what in wrongs:
        with pytest.raises(TypeError, match=f"^{argument} must be a sequence of ids, not {what}$"):
            calls.campaigns.create("May", emails=emails, **{argument: wrong})


@pytest.mark.parametrize("wrong", [None, 5, iter([])])
def test_emails_and_times_are_sequences(wrong: Any) -> None:
    kind = type(wrong).__name__
    with pytest.raises(TypeError, match=f"^emails must be a sequence of e-mails, not {kind}$"):
        calls.campaigns.create("May", emails=wrong)
    with pytest.raises(TypeError, match=f"^sending_time_test_schedule must be a sequence of two times, not {kind}$"):
        calls.campaigns.schedule(1, delivery="scheduled", sending_time_test_schedule=wrong)


@pytest.mark.parametrize(
    ("builder", "options", "message"),
    [
        (calls.subscribers.list, {"status": ["active"]}, "status must be str, not list"),
        (calls.subscribers.list, {"cursor": b"a"}, "cursor must be str, not bytes"),
        (calls.groups.list, {"name": b"a"}, "name must be str, not bytes"),
        (calls.groups.list, {"sort": True}, "sort must be str, not bool"),
        (calls.groups.list, {"page": "2"}, "page must be int, not str"),
        (calls.groups.list, {"page": True}, "page must be int, not bool"),
        (calls.shops.list, {"page": 1.0}, "page must be int, not float"),
        (calls.campaigns.list, {"limit": 10.0}, "limit must be int, not float"),
        (calls.campaigns.activity, {"campaign_id": "1", "page": "2"}, "page must be int, not str"),
    ],
)
def test_parameters_of_a_list_are_text_or_numbers(builder: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}$"):
        builder(**options)


def test_pages_begin_at_one() -> None:
    for build in (calls.groups.list, calls.campaigns.list, lambda page: calls.campaigns.activity("1", page=page)):
        with pytest.raises(ValueError, match=r"^page must be 1 or more$"):
            build(page=0)


@pytest.mark.parametrize(("limit", "error"), [(0, ValueError), (-1, ValueError), ("5", TypeError), (True, TypeError)])
@pytest.mark.parametrize(
    "build", [calls.subscribers.list, calls.groups.list, calls.fields.list, calls.shops.list, calls.webhooks.list]
)
def test_page_without_room_is_refused(build: Any, limit: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="limit"):
        build(limit=limit)


def test_import_id_is_taken_from_the_path_of_the_url_alone() -> None:
    call = calls.imports.create([{"email": "ann@example.com"}])
    body = b'{"import_progress_url": "https://example.com/api/subscribers/import/5/?from=a/7"}'
    assert call.returns.decode(body, call).id == "5"


@pytest.mark.parametrize(
    ("build", "argument"),
    [
        (lambda: calls.groups.create("n" * 256), "name"),
        (lambda: calls.groups.update("1", ""), "name"),
        (lambda: calls.fields.create("n" * 256), "name"),
        (lambda: calls.fields.create("Team", "colour"), "type"),
        (lambda: calls.fields.update("1", "n" * 256), "name"),
    ],
)
def test_documented_limits_are_checked_before_sending(build: Callable[[], Any], argument: str) -> None:
    with pytest.raises(ValidationError) as caught:
        build()
    assert (caught.value.attempts, caught.value.status, list(caught.value.errors)) == (0, None, [argument])


def test_a_name_of_the_longest_length_is_taken() -> None:
    assert calls.groups.create("n" * 255).json == {"name": "n" * 255}

"""Answers become typed values: whatever the API is known to send decodes, and anything else says where it is wrong."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from mailerlite_async import DecodeError, Page, calls, models
from mailerlite_async._codec import Data, Listing
from mailerlite_async.models import Subscriber
from tests.support import samples
from tests.support.fresh import run_fresh
from tests.support.recorded import SURPLUS_PAGE, WRONG_PATH, Exchange, call_for, exchange, exchanges
from tests.support.samples import SAMPLES, Sample

SUCCESSES = [each for each in exchanges() if each.status < 300]


def by_key(value: Any) -> dict[str, Any]:
    """The attributes of an object by the API's keys."""
    return {
        field.metadata.get("key", field.name.removesuffix("_")): getattr(value, field.name)
        for field in attrs.fields(type(value))
    }


def lost(recorded: Any, value: Any, path: str = "$") -> list[str]:
    """The paths of a JSON value that did not make it into the decoded one."""
    if isinstance(recorded, dict):
        attributes = value if isinstance(value, dict) else by_key(value)
        found = [f"{path}.{key}" for key in recorded.keys() - attributes.keys()]
        for key in recorded.keys() & attributes.keys():
            found += lost(recorded[key], attributes[key], f"{path}.{key}")
        return found
    if isinstance(recorded, list):
        if len(recorded) != len(value):
            return [path]
        return [
            entry for i, pair in enumerate(zip(recorded, value, strict=True)) for entry in lost(*pair, f"{path}[{i}]")
        ]
    if isinstance(value, datetime):
        moment = datetime.fromisoformat(recorded)
        kept = value.tzinfo is UTC and value.replace(tzinfo=None) == moment.replace(tzinfo=None)
        return [] if kept else [path]
    if path.endswith("id") and isinstance(value, str):
        return [] if str(recorded) == value else [path]
    if isinstance(recorded, str) and isinstance(value, float):  # the rates of a campaign's groups are decimal text
        return [] if float(recorded) == value else [path]
    same_kind = type(recorded) is type(value) or {type(recorded), type(value)} == {int, float}
    return [] if same_kind and recorded == value else [path]


def changed(name: str, /, **changes: Any) -> Sample:
    """A sample whose object, or first item, has other values; those that are `...` are taken out."""
    call, body = SAMPLES[name]
    body = json.loads(json.dumps(body))
    target = body.get("data", body)
    target = target[0] if isinstance(target, list) else target
    target.update(changes)
    for key in [key for key, value in changes.items() if value is ...]:
        del target[key]
    return Sample(call, body)


def failure(sample: Sample) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        sample.decode()
    return caught.value


# -- what was recorded -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recorded", SUCCESSES, ids=lambda each: each.name)
def test_recorded_answer_decodes_without_loss(recorded: Exchange) -> None:
    call = call_for(recorded)
    value = call.returns.decode(recorded.content, call)
    if recorded.body is None:
        assert value is None
    elif "total" in recorded.body:
        assert value == recorded.body["total"]
    elif isinstance(value, Page):
        assert lost(recorded.body["data"], value.items) == []
        assert (value.links, value.meta) == (recorded.body["links"], recorded.body["meta"])
    else:
        assert lost(recorded.body["data"], value) == []


@pytest.mark.parametrize(
    "recorded", [each for each in exchanges() if each.name != WRONG_PATH], ids=lambda each: each.name
)
def test_call_for_a_recording_asks_for_the_same(recorded: Exchange) -> None:
    call = call_for(recorded)
    assert (call.method, call.path) == (recorded.method, recorded.path)
    asked = [each for each in recorded.query if recorded.name != SURPLUS_PAGE or each[0] != "page"]
    assert sorted(call.params) == sorted(asked)
    assert (call.json or None) == recorded.sent


def test_all_recordings_are_seen() -> None:
    assert len(SUCCESSES) == 56
    assert len(exchanges()) == 63


def test_comparison_sees_what_is_lost() -> None:
    recorded = exchange("subscribers-get-id-0").body["data"]
    value = SAMPLES["subscriber"].decode()
    assert lost({**recorded, "groups": [samples.group()]}, value) == []
    assert lost({**recorded, "groups": [{**samples.group(), "id": 1}], "new": 1}, value) == ["$.new", "$.groups[0].id"]
    other = {**recorded, "groups": [], "created_at": "2020-01-01 00:00:00", "sent": "0"}
    assert sorted(lost(other, value)) == ["$.created_at", "$.groups", "$.sent"]


# -- types -------------------------------------------------------------------------------------------------------------


def test_ids_are_text() -> None:
    person = SAMPLES["subscriber"].decode()
    assert (person.id, person.groups[0].id) == ("165968862226941797", "165971156405323676")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2025-09-19 11:10:41", datetime(2025, 9, 19, 11, 10, 41, tzinfo=UTC)),
        ("2025-09-19T11:10:41.000000Z", datetime(2025, 9, 19, 11, 10, 41, tzinfo=UTC)),
        ("2025-09-19T11:10:41.250000Z", datetime(2025, 9, 19, 11, 10, 41, 250_000, tzinfo=UTC)),
        ("2025-09-19T13:10:41+02:00", datetime(2025, 9, 19, 11, 10, 41, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("sent", [0, "0"], ids=["fast path", "tolerant path"])
def test_dates_of_every_form_are_aware_and_utc(written: str, moment: datetime, sent: object) -> None:
    person = changed("subscriber", created_at=written, unsubscribed_at=written, sent=sent).decode()
    for date in (person.created_at, person.unsubscribed_at):
        assert date == moment
        assert date.utcoffset() == timedelta(0)
        assert date.tzinfo is UTC


def test_dates_of_a_report_are_aware() -> None:
    report = SAMPLES["report"].decode()
    assert report.finished_at == datetime(2024, 12, 4, 12, 26, 39, tzinfo=UTC)
    assert report.undone_at is None


def test_dates_of_both_forms_in_one_object_are_aware() -> None:
    person = changed(
        "subscriber", subscribed_at="2025-09-19T11:10:41.000000Z", created_at="2025-09-19 11:10:41"
    ).decode()
    assert person.subscribed_at == person.created_at == datetime(2025, 9, 19, 11, 10, 41, tzinfo=UTC)
    assert person.subscribed_at.tzinfo is person.created_at.tzinfo is UTC


def models_in(value: Any) -> Iterator[Any]:
    """All attrs objects in a value, itself first."""
    if attrs.has(type(value)):
        yield value
        for field in attrs.fields(type(value)):
            yield from models_in(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from models_in(each)


@pytest.mark.parametrize("name", [name for name, it in SAMPLES.items() if isinstance(it.call.returns, Data | Listing)])
def test_decoded_objects_are_of_the_public_classes_and_frozen(name: str) -> None:
    value = SAMPLES[name].decode()
    found = list(models_in(value.items if isinstance(value, Page) else value))
    assert found
    for each in found:
        assert type(each) is getattr(models, type(each).__name__)
        field = attrs.fields(type(each))[0].name
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(each, field, None)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            delattr(each, field)
    assert pickle.loads(pickle.dumps(found)) == found


def test_groups_are_none_where_the_api_sends_none() -> None:
    assert changed("subscriber", groups=...).decode().groups is None
    assert changed("subscriber", groups=[]).decode().groups == ()


def test_values_cannot_be_changed() -> None:
    person = SAMPLES["subscriber"].decode()
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        person.email = "bob@example.com"
    with pytest.raises((AttributeError, TypeError)):
        object.__setattr__(person, "nickname", "Ann")


# -- what a server may add ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in ("count", "job")])
def test_unknown_keys_are_ignored(name: str) -> None:
    added = changed(name, brand_new={"deep": [1, {"x": None}]}, _=1)
    added.body["new_at_the_top"] = [1]
    assert added.decode() == SAMPLES[name].decode()


def test_unknown_words_are_accepted() -> None:
    person = changed("subscriber", status="dormant", source="fax").decode()
    assert (person.status, person.source) == ("dormant", "fax")
    assert changed("field", type="matrix").decode().type == "matrix"
    assert changed("activity", log_name="teleported").decode().items[0].log_name == "teleported"


def test_every_optional_key_may_be_missing() -> None:
    for name, sample in SAMPLES.items():
        if "data" not in sample.body:
            continue
        target = sample.body["data"][0] if isinstance(sample.body["data"], list) else sample.body["data"]
        decoded = sample.decode()
        items = decoded.items if isinstance(decoded, Page) else decoded
        model = type(items[0] if isinstance(items, tuple) else items)
        optional = {field.name for field in attrs.fields(model) if field.default is not attrs.NOTHING}
        assert changed(name, **dict.fromkeys(optional & target.keys(), ...)).decode()


# -- the tolerant path -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key", "sent", "value"),
    [
        ("subscriber", "fields", [], {}),
        ("subscriber", "location", [], {}),
        ("subscriber", "id", 165968862226941797, "165968862226941797"),
        ("subscriber", "sent", "12", 12),
        ("subscriber", "sent", "-12", -12),
        ("subscriber", "sent", 12.0, 12),
        ("subscriber", "open_rate", "7.69", 7.69),
        ("subscriber", "open_rate", "100", 100.0),
        ("group", "processing", "1", True),
        ("group", "processing", "no", False),
        ("group", "processing", 0, False),
        ("report", "done", "true", True),
        ("report", "percent", "100", 100),
        ("field", "is_default", "0", False),
    ],
)
def test_known_oddities_are_accepted(name: str, key: str, sent: Any, value: Any) -> None:
    decoded = getattr(changed(name, **{key: sent}).decode(), key)
    assert decoded == value
    assert type(decoded) is type(value)


def test_oddities_within_lists_are_accepted() -> None:
    assert changed("activity", properties=[], id=7).decode().items[0].properties == {}
    number = changed("groups", id=107641605251400900, active_count="9").decode().items[0]
    assert (number.id, number.active_count) == ("107641605251400900", 9)


@pytest.mark.parametrize("sent", ["0", 0], ids=["tolerant path", "fast path"])
def test_custom_fields_keep_their_values(sent: object) -> None:
    values = {"name": "Ann", "age": 41, "size": 1.5, "vip": True, "company": None, "zip": "0041"}
    decoded = changed("subscriber", fields=values, sent=sent).decode().fields
    assert decoded == values
    assert [type(value) for value in decoded.values()] == [type(value) for value in values.values()]


@pytest.mark.parametrize("key", [field.name for field in attrs.fields(Subscriber)])
@pytest.mark.parametrize("sent", [0, "0"], ids=["fast path", "tolerant path"])
def test_null_never_becomes_text(key: str, sent: object) -> None:
    changes = {"sent": sent, key: None}
    try:
        value = getattr(changed("subscriber", **changes).decode(), key)
    except DecodeError as error:
        assert error.json_path == f"$.data.{key}"  # noqa: PT017  (either outcome is right)
    else:
        assert value is None


# -- keys that are no names of attributes ------------------------------------------------------------------------------


def test_renamed_keys_are_not_lost() -> None:
    assert lost(samples.automation(), SAMPLES["automation"].decode()) == []
    assert lost(samples.run(), SAMPLES["runs"].decode().items[0]) == []


def test_automation_without_steps_loses_nothing() -> None:
    assert changed("automation", steps=[]).decode().steps == ()
    steps = changed("automation", steps=[{"id": 5, "type": "email", "from": "ann@example.com"}]).decode().steps
    assert [(step.id, step.from_) for step in steps] == [("5", "ann@example.com")]


def test_step_types_that_nobody_knows_are_accepted() -> None:
    step = changed("automation", steps=[{"id": "5", "type": "teleport", "to": "Mars"}]).decode().steps[0]
    assert (step.type, step.from_, step.email) == ("teleport", None, None)


@pytest.mark.parametrize(
    ("sample", "path"),
    [
        (changed("runs", stepRuns=...), "$.data[0].stepRuns"),
        (changed("runs", stepRuns=[{"id": "1", "step_id": []}]), "$.data[0].stepRuns[0].step_id"),
        (changed("runs", currentStep={"id": "1"}), "$.data[0].currentStep.type"),
        (changed("automation", steps=[{"id": "1", "type": "email", "from": []}]), "$.data.steps[0].from"),
        (
            changed("automation", steps=[{"id": "1", "type": "email", "email": {"id": "1"}}]),
            "$.data.steps[0].email.account_id",
        ),
    ],
)
def test_paths_show_the_keys_of_the_api(sample: Sample, path: str) -> None:
    assert failure(sample).json_path == path


# -- what cannot be decoded --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sample", "path", "reason"),
    [
        (changed("subscriber", email=...), "$.data.email", "required, but missing"),
        (changed("subscriber", email=None), "$.data.email", "text was expected, not null"),
        (changed("subscriber", email=["x"]), "$.data.email", "text was expected, not an array"),
        (changed("subscriber", email=True), "$.data.email", "text was expected, not a flag"),
        (changed("subscriber", id=1.5), "$.data.id", "text was expected, not a number"),
        (changed("subscriber", sent="many"), "$.data.sent", "a number was expected, not other text"),
        (changed("subscriber", sent=1.5), "$.data.sent", "a whole number was expected, not a number"),
        (changed("subscriber", sent=True), "$.data.sent", "a whole number was expected, not a flag"),
        (changed("subscriber", open_rate={}), "$.data.open_rate", "a number was expected, not an object"),
        (changed("subscriber", open_rate="nan"), "$.data.open_rate", "a number was expected, not other text"),
        (changed("subscriber", created_at="soon"), "$.data.created_at", "a date was expected, not other text"),
        (changed("subscriber", created_at=1), "$.data.created_at", "a date was expected, not a number"),
        (changed("subscriber", fields="x"), "$.data.fields", "an object was expected, not text"),
        (
            changed("subscriber", fields={"name": {}}),
            "$.data.fields.name",
            "text, a number or null was expected, not an object",
        ),
        (
            changed("subscriber", groups=[samples.group(), 5]),
            "$.data.groups[1]",
            "an object was expected, not a number",
        ),
        (
            changed("subscriber", groups=[{**samples.group(), "open_rate": {"float": "x", "string": "0%"}}]),
            "$.data.groups[0].open_rate.float",
            "a number was expected, not other text",
        ),
        (changed("group", processing="maybe"), "$.data.processing", "true or false was expected, not text"),
        (changed("report", invalid=[{"id": "1"}]), "$.data.invalid[0].email", "required, but missing"),
        (changed("groups", name=...), "$.data[0].name", "required, but missing"),
        (Sample(calls.groups.list(), {"data": {}}), "$.data", "an array was expected, not an object"),
        (Sample(calls.groups.list(), {"data": None}), "$.data", "an array was expected, not null"),
        (Sample(calls.groups.list(), {"data": [None]}), "$.data[0]", "an object was expected, not null"),
        (Sample(calls.groups.get(1), {"data": []}), "$.data", "an object was expected, not an array"),
        (Sample(calls.groups.get(1), {"total": 1}), "$.data", "required, but missing"),
        (Sample(calls.groups.get(1), [1]), "$", "an object was expected, not an array"),
        (Sample(calls.groups.get(1), "OK"), "$", "an object was expected, not text"),
        (Sample(calls.subscribers.count(), {"data": []}), "$.total", "required, but missing"),
        (Sample(calls.subscribers.count(), {"total": None}), "$.total", "a whole number was expected, not null"),
        (
            Sample(SAMPLES["job"].call, {"import_progress_url": None}),
            "$.import_progress_url",
            "text was expected, not null",
        ),
        (
            Sample(SAMPLES["job"].call, {"import_progress_url": "https://example.com/"}),
            "$.import_progress_url",
            "the URL does not end in an id",
        ),
    ],
)
def test_other_answers_are_refused_with_path_and_body(sample: Sample, path: str, reason: str) -> None:
    error = failure(sample)
    assert (error.json_path, error.reason) == (path, reason)
    assert error.body == sample.content


@pytest.mark.parametrize("body", [b" ", b"{", b"<html>", b"\xff", b'{"data": "\xff"}', b'{"data": 1e999}', b"nope"])
@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_not_json_is_refused(name: str, body: bytes) -> None:
    call = SAMPLES[name].call
    with pytest.raises(DecodeError, match=r"unexpected answer at \$: this is not JSON") as caught:
        call.returns.decode(body, call)
    assert caught.value.body == body


def test_answers_that_nobody_reads_may_be_anything() -> None:
    call = calls.groups.delete(1)
    for body in (b"", b"\xff", b"<html>", b'{"message": "deleted"}'):
        assert call.returns.decode(body, call) is None


@pytest.mark.parametrize(
    "url", ["https://example.com/import/139/", "https://example.com/import/139?x=1", "https://example.com/import/139"]
)
def test_job_is_named_by_the_end_of_its_url(url: str) -> None:
    job = Sample(SAMPLES["job"].call, {"import_progress_url": url}).decode()
    assert (job.id, job.url) == ("139", url)


# -- the fast path is the one in use -----------------------------------------------------------------------------------

DECODE_ALL = """
import sys
from tests.support.samples import SAMPLES
from tests.support.recorded import call_for, exchanges

for sample in SAMPLES.values():
    sample.decode()
for recorded in exchanges():
    if recorded.status < 300:
        call = call_for(recorded)
        call.returns.decode(recorded.content, call)
assert "cattrs" not in sys.modules, "a well-formed answer took the tolerant path"
SAMPLES["subscriber"].body["data"]["sent"] = "1"
SAMPLES["subscriber"].decode()
assert "cattrs" in sys.modules
"""


def test_well_formed_answers_never_load_cattrs() -> None:
    run_fresh(DECODE_ALL)

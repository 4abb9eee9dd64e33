"""Batches: each item is what the single call would have given, whatever the others come to."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async import (
    APIError,
    BatchItem,
    BatchResult,
    Call,
    DecodeError,
    MailerLite,
    MailerLiteError,
    NotFoundError,
    RequestTimeoutError,
    ValidationError,
    calls,
)
from mailerlite_async.testing import VirtualClock
from tests.support.recorded import exchange

KEY = "key-of-the-account"

SUBSCRIBER = exchange("subscribers-create-0").body
GROUP = exchange("groups-create-0").body
SUBSCRIBERS = exchange("subscribers-list-0").body

CALLS: list[tuple[Call[Any], Any]] = [
    (calls.subscribers.upsert("ann@example.com", fields={"name": "Ann"}), SUBSCRIBER),
    (calls.subscribers.get("1"), SUBSCRIBER),
    (calls.subscribers.list(status="active", limit=10), SUBSCRIBERS),
    (calls.subscribers.count(), {"total": 7}),
    (calls.subscribers.delete("1"), None),
    (calls.groups.create("Book club"), GROUP),
    (calls.groups.assign("ann@example.com", "2"), GROUP),
    (calls.groups.unassign("1", "2"), None),
    (
        calls.groups.import_subscribers("2", [{"email": "ann@example.com"}]),
        {"import_progress_url": "https://e/import/5"},
    ),
]

FAILURES: list[tuple[int, Any]] = [
    (400, {"message": "no"}),
    (401, {"message": "Unauthenticated."}),
    (403, {"message": ""}),
    (404, {"message": "Resource does not exist."}),
    (404, None),
    (405, {"message": "no"}),
    (
        422,
        {"message": "The given data was invalid.", "errors": {"email": ["The email must be a valid email address."]}},
    ),
    (422, "Campaign is not with status draft"),
    (422, {"message": "", "errors": {"email": ["This subscriber is unsubscribed"]}, "subscriber": "9"}),
    (200, {"data": {"id": None}}),
    (200, "nonsense"),
]


class Answers(httpx.BaseTransport):
    """Gives one answer after the other, and remembers what was asked."""

    def __init__(self, *answers: tuple[int, Any] | Exception) -> None:
        self.answers = list(answers)
        self.bodies: list[Any] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.content or b"null"))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return httpx.Response(status, content=b"" if body is None else json.dumps(body).encode())


def client(*answers: tuple[int, Any] | Exception, max_retries: int = 0) -> MailerLite:
    return MailerLite(KEY, transport=Answers(*answers), clock=VirtualClock(), max_retries=max_retries)


def envelope(*items: tuple[int, Any]) -> tuple[int, Any]:
    good = sum(200 <= code < 300 for code, _ in items)
    responses = [{"code": code, "body": body} for code, body in items]
    return 200, {"total": len(items), "successful": good, "failed": len(items) - good, "responses": responses}


def outcome(act: Any) -> tuple[Any, Any]:
    """What a single call gives: its value, or the plain parts of its error."""
    try:
        return act(), None
    except MailerLiteError as error:
        return None, parts(error)


def parts(error: MailerLiteError | None) -> Any:
    if error is None:
        return None
    state = {name: value for name, value in vars(error).items() if name not in ("headers", "body", "json_path")}
    return type(error), state


answers_to = st.integers(0, len(CALLS) - 1).flatmap(
    lambda index: st.tuples(
        st.just(CALLS[index][0]), st.one_of(st.just((200, CALLS[index][1])), st.sampled_from(FAILURES))
    )
)


@settings(max_examples=150, deadline=None)
@given(st.lists(answers_to, min_size=1, max_size=50))
def test_items_are_what_the_single_calls_would_have_given(pairs: list[tuple[Call[Any], tuple[int, Any]]]) -> None:
    batch = [call for call, _ in pairs]
    if all(call.route == "/subscribers" and call.method == "POST" for call in batch):
        return  # such a batch is an import, see below
    result = client(envelope(*(answer for _, answer in pairs))).batch(batch)
    assert len(result.items) == len(pairs)
    for item, (call, answer) in zip(result.items, pairs, strict=True):
        single = client(answer)
        value, error = outcome(lambda call=call, single=single: single.execute(call).value)
        assert item.status == answer[0]
        assert item.value == value
        assert parts(item.error) == error
        assert item.raw == answer[1]
    assert len(result.failed) == sum(item.error is not None for item in result.items)


def test_requests_are_written_as_documented() -> None:
    transport = Answers(envelope(*[(404, {"message": "no"})] * 4))
    MailerLite(KEY, transport=transport).batch(
        [
            calls.subscribers.list(status="active", include_groups=True, limit=5),
            calls.groups.assign("ann+b@example.com", "2"),
            calls.groups.update("2", "Readers"),
            calls.groups.delete("2"),
        ]
    )
    assert transport.bodies == [
        {
            "requests": [
                {
                    "method": "GET",
                    "path": "api/subscribers",
                    "body": {"filter": {"status": "active"}, "limit": "5", "include": "groups"},
                },
                {"method": "POST", "path": "api/subscribers/ann%2Bb@example.com/groups/2"},
                {"method": "PUT", "path": "api/groups/2", "body": {"name": "Readers"}},
                {"method": "DELETE", "path": "api/groups/2"},
            ]
        }
    ]


@pytest.mark.parametrize(
    ("items", "error", "text"),
    [
        ([], ValueError, "calls is empty"),
        ([calls.subscribers.count()] * 51, ValueError, "calls has 51 items"),
        ([calls.subscribers.count(), "x"], TypeError, r"calls\[1\] must be a Call, not str"),
        ([calls.batch([calls.subscribers.count()])], ValueError, r"calls\[0\] is a batch"),
        (
            [calls.subscribers.count(), Call("GET", "/webhooks/{id}", CALLS[3][0].returns, ("1",), repeatable=True)],
            ValueError,
            r"calls\[1\] is a webhook call",
        ),
        (calls.subscribers.count(), TypeError, "not one call"),
    ],
)
def test_what_cannot_be_a_batch_is_refused_before_sending(items: Any, error: type[Exception], text: str) -> None:
    transport = Answers()
    with pytest.raises(error, match=text):
        MailerLite(KEY, transport=transport).batch(items)
    assert transport.bodies == []


def test_fifty_calls_are_taken() -> None:
    result = client(envelope(*[(200, {"total": 1})] * 50)).batch([calls.subscribers.count()] * 50)
    assert [item.value for item in result.items] == [1] * 50


# -- the import lane ---------------------------------------------------------------------------------------------------

UPSERTS = [calls.subscribers.upsert(f"{name}@example.com") for name in ("ann", "bob")]


def test_lane_comes_from_the_calls() -> None:
    assert calls.batch(UPSERTS).uses_import_lane
    assert not calls.batch([*UPSERTS, calls.subscribers.count()]).uses_import_lane
    assert not calls.batch([calls.subscribers.list()]).uses_import_lane


def test_batch_is_as_safe_to_repeat_as_its_least_safe_call() -> None:
    assert calls.batch(UPSERTS).repeatable
    assert not calls.batch([*UPSERTS, calls.groups.create("Readers")]).repeatable


@pytest.mark.parametrize(
    "body",
    [{"import_progress_url": "https://e/import/5"}, [], None, "taken", {"responses": []}, {"responses": [{"x": 1}]}],
)
def test_undocumented_answer_of_a_batch_of_upserts_is_no_error(body: Any) -> None:
    result = client((202, body)).batch(UPSERTS)
    assert result.items == tuple(BatchItem(None, None, None, body) for _ in UPSERTS)
    assert result.raw == body


def test_upserts_answered_item_by_item_have_their_values() -> None:
    result = client(envelope((201, SUBSCRIBER), (422, {"message": "no", "errors": {"email": ["bad"]}}))).batch(UPSERTS)
    assert result.items[0].value is not None
    assert result.items[0].value.id == SUBSCRIBER["data"]["id"]
    assert isinstance(result.items[1].error, ValidationError)


def test_an_upsert_item_that_does_not_decode_keeps_its_raw_body() -> None:
    result = client(envelope((200, {"queued": True}), (201, SUBSCRIBER))).batch(UPSERTS)
    assert result.items[0] == BatchItem(200, None, None, {"queued": True})
    assert result.items[1].value is not None


def test_refused_upserts_raise_as_any_call_does() -> None:
    with pytest.raises(APIError) as caught:
        client((422, {"message": "The given data was invalid.", "errors": {"requests.0.path": ["no"]}})).batch(UPSERTS)
    assert caught.value.errors == {"requests.0.path": ["no"]}
    assert caught.value.route == "/batch"


# -- other answers -----------------------------------------------------------------------------------------------------

MIXED = [calls.subscribers.count(), calls.groups.unassign("1", "2")]


@pytest.mark.parametrize("body", [{"total": 2}, [], "x", None, {"responses": [{"code": 200, "body": {}}]}])
def test_other_answers_to_a_mixed_batch_are_decode_errors(body: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        client((200, body)).batch(MIXED)
    assert (caught.value.method, caught.value.route) == ("POST", "/batch")


@pytest.mark.parametrize("body", [None, "", [], {}])
def test_empty_inner_bodies_come_in_any_form(body: Any) -> None:
    result = client(envelope((200, {"total": 3}), (204, body))).batch(MIXED)
    assert [(item.value, item.error) for item in result.items] == [(3, None), (None, None)]


@pytest.mark.parametrize("body", [None, "", []])
def test_a_change_accepted_without_a_body_is_no_error(body: Any) -> None:
    """A guide has assigning to a group answered with 204."""
    result = client(envelope((204, body))).batch([calls.groups.assign("1", "2")])
    assert result.items == (BatchItem(204, None, None, body),)


def test_an_item_without_a_body_is_understood() -> None:
    result = client((200, {"responses": [{"code": 200, "body": {"total": 3}}, {"code": 204}]})).batch(MIXED)
    assert [item.error for item in result.items] == [None, None]


def test_path_of_an_item_that_does_not_decode_names_the_item() -> None:
    result = client(envelope((200, {"total": "many"}), (204, None))).batch(MIXED)
    error = result.items[0].error
    assert isinstance(error, DecodeError)
    assert (error.json_path, error.route) == ("$.responses[0].body.total", "/subscribers")


def test_unassigning_twice_because_an_answer_was_lost_is_done_not_missing() -> None:
    late = httpx.ReadTimeout("late")
    gone = envelope((200, {"total": 3}), (404, {"message": ""}))
    result = client(late, gone, max_retries=1).batch(MIXED)
    assert [(item.value, item.error) for item in result.items] == [(3, None), (None, None)]
    not_there = client(gone).batch(MIXED).items[1].error
    assert isinstance(not_there, NotFoundError)


def test_a_batch_with_an_unsafe_call_is_not_repeated_after_a_timeout() -> None:
    transport = Answers(httpx.ReadTimeout("late"), envelope((201, GROUP)))
    with pytest.raises(RequestTimeoutError):
        MailerLite(KEY, transport=transport, clock=VirtualClock()).batch([calls.groups.create("Readers")])
    assert len(transport.bodies) == 1


def test_words_survive_a_key_that_is_one_of_them() -> None:
    answers = Answers(envelope((422, {"message": "Too many of any key"}), (204, None)))
    result = MailerLite("any", transport=answers, clock=VirtualClock()).batch(MIXED)
    assert isinstance(result.items[0].error, ValidationError)
    assert result.items[0].error.message == "Too many of any key"
    assert "[key]" not in f"{result.raw}"


def test_key_is_hidden_in_the_items() -> None:
    result: BatchResult[Any] = client(envelope((422, {"message": f"bad {KEY}"}), (204, None))).batch(MIXED)
    assert KEY not in f"{result!r} {result.raw} {result.items[0].error} {vars(result.items[0].error)}"

"""When a call is sent again, how long it waits before that, and when it gives up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async import (
    APIError,
    Call,
    ConnectionFailedError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    calls,
)
from mailerlite_async._flow import Admitted, Answer, Fault, NotAdmitted
from tests.support.flows import NEVER_SENT, RESET, TIMEOUT, answer, run, told
from tests.support.samples import group

SAFE = calls.groups.update("1", "Readers")
UNSAFE = calls.groups.create("Readers")
DELETE = calls.groups.delete("1")
OK = answer(200, {"data": group()})
REFUSED = answer(429, {"message": "Too Many Attempts."}, retry_after=60.0)
GONE = answer(404, {"message": "Resource does not exist."})

OPEN = [RESET, TIMEOUT, *(answer(status) for status in (408, 500, 502, 503, 504, 599))]
FINAL = [answer(status) for status in (301, 400, 401, 403, 404, 405, 409, 422)]


def is_open(outcome: Answer | Fault) -> bool:
    """Whether the call may have been carried out, though nobody said so."""
    return outcome in OPEN


# -- which calls are sent again ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", OPEN, ids=told)
def test_safe_call_is_repeated_after_a_fault_that_leaves_open_what_happened(outcome: Answer | Fault) -> None:
    done = run(SAFE, outcome, OK)
    assert done.sends == 2
    assert done.response is not None
    assert done.response.attempts == 2


@pytest.mark.parametrize("outcome", OPEN, ids=told)
def test_unsafe_call_is_never_sent_twice(outcome: Answer | Fault) -> None:
    done = run(UNSAFE, outcome, OK)
    assert (done.sends, done.sleeps) == (1, [])
    assert done.failure.attempts == 1


@pytest.mark.parametrize("call", [SAFE, UNSAFE], ids=str)
@pytest.mark.parametrize("outcome", [NEVER_SENT, REFUSED, answer(429)], ids=told)
def test_call_that_was_not_carried_out_is_always_repeated(call: Call[Any], outcome: Answer | Fault) -> None:
    done = run(call, outcome, outcome, OK)
    assert done.sends == 3
    assert done.value.name == "Test group"


@pytest.mark.parametrize("outcome", OPEN, ids=told)
@pytest.mark.parametrize("last", [NEVER_SENT, REFUSED], ids=told)
def test_later_attempts_that_were_not_carried_out_do_not_hide_one_that_may_have_been(
    outcome: Answer | Fault, last: Answer | Fault
) -> None:
    failure = run(SAFE, outcome, last, last, max_retries=2).failure
    assert isinstance(failure, ServerError) or failure.maybe_received
    assert failure.attempts == 3


@pytest.mark.parametrize("call", [SAFE, UNSAFE, DELETE], ids=str)
@pytest.mark.parametrize("outcome", FINAL, ids=told)
def test_refusal_is_final(call: Call[Any], outcome: Answer) -> None:
    done = run(call, outcome, OK)
    assert (done.sends, done.failure.status) == (1, outcome.status)


def test_calls_are_repeatable_as_the_api_allows() -> None:
    rows = [{"email": "ann@example.com"}]
    unsafe = (
        calls.subscribers.forget("1"),
        calls.groups.create("x"),
        calls.groups.import_subscribers("1", rows),
        calls.imports.create(rows),
        calls.fields.create("x"),
    )
    safe = (
        *(calls.subscribers.list(), calls.subscribers.count(), calls.subscribers.get("1"), calls.groups.list()),
        *(calls.subscribers.upsert("ann@example.com"), calls.subscribers.update("1"), calls.subscribers.delete("1")),
        *(
            calls.subscribers.activity("1"),
            calls.groups.get("1"),
            calls.groups.update("1", "x"),
            calls.groups.delete("1"),
        ),
        *(calls.groups.subscribers("1"), calls.groups.assign("1", "2"), calls.groups.unassign("1", "2")),
        *(calls.imports.get("1"), calls.fields.list(), calls.fields.update("1", "x"), calls.fields.delete("1")),
    )
    assert [call for call in unsafe if call.repeatable] == []
    assert [call for call in safe if not call.repeatable] == []


outcomes = st.lists(st.sampled_from([OK, NEVER_SENT, REFUSED, *OPEN, *FINAL]), max_size=8)


@settings(deadline=None, max_examples=300)
@given(script=outcomes, call=st.sampled_from([SAFE, UNSAFE, DELETE]), max_retries=st.integers(0, 6))
def test_rules_hold_for_every_course_of_events(script: list[Answer | Fault], call: Call[Any], max_retries: int) -> None:
    script = [*script, OK]
    done = run(call, *script, max_retries=max_retries)
    had = script[: done.sends]
    assert 1 <= done.sends <= max_retries + 1
    if not call.repeatable:
        assert not any(is_open(outcome) for outcome in had[:-1])
    assert not any(outcome == OK or outcome in FINAL for outcome in had[:-1])
    if done.response is not None:
        assert done.response.attempts == done.sends
        assert had[-1] == OK or (call is DELETE and any(is_open(outcome) for outcome in had[:-1]))
    else:
        assert done.failure.attempts == done.sends
        may_go_on = had[-1] in (NEVER_SENT, REFUSED) or (is_open(had[-1]) and call.repeatable)
        assert not may_go_on or done.sends == max_retries + 1


# -- how often ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [NEVER_SENT, REFUSED, TIMEOUT, answer(503)], ids=told)
@pytest.mark.parametrize("max_retries", [0, 1, 4])
def test_max_retries_counts_every_repetition(outcome: Answer | Fault, max_retries: int) -> None:
    done = run(SAFE, *[outcome] * 10, max_retries=max_retries)
    assert done.sends == max_retries + 1
    assert done.failure.attempts == max_retries + 1


def test_retries_of_all_kinds_count_together() -> None:
    done = run(SAFE, REFUSED, NEVER_SENT, RESET, answer(500), OK, max_retries=3)
    assert (done.sends, done.failure.status) == (4, 500)


# -- how long ----------------------------------------------------------------------------------------------------------


def test_pauses_double_up_to_thirty_seconds() -> None:
    done = run(SAFE, *[RESET] * 9, max_retries=8, jitter=1.0)
    assert done.sleeps == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_pauses_have_full_jitter() -> None:
    assert run(SAFE, *[RESET] * 4, max_retries=3, jitter=0.25).sleeps == [0.125, 0.25, 0.5]
    assert run(SAFE, *[RESET] * 4, max_retries=3, jitter=0.0).sleeps == []


def test_refused_call_goes_back_into_the_line_without_a_pause_of_its_own() -> None:
    done = run(SAFE, REFUSED, REFUSED, OK, jitter=1.0)
    assert (done.sleeps, done.patiences) == ([], [None, None, None])


@pytest.mark.parametrize("seconds", [0.0, 1.0, 7.5, 119.0, 120.0])
def test_server_fault_says_how_long_to_wait(seconds: float) -> None:
    assert run(SAFE, answer(503, retry_after=seconds), OK, jitter=0.0).sleeps == ([seconds] if seconds else [])


def test_pause_is_never_shorter_than_the_backoff() -> None:
    assert run(SAFE, answer(503, retry_after=0.1), OK, jitter=1.0).sleeps == [0.5]


@pytest.mark.parametrize("seconds", [120.1, 3600.0])
def test_server_fault_that_asks_for_too_much_is_reported(seconds: float) -> None:
    done = run(SAFE, answer(503, retry_after=seconds), OK)
    assert (done.sends, done.failure.status) == (1, 503)


# -- max_wait ----------------------------------------------------------------------------------------------------------


def test_waits_and_pauses_use_up_the_patience() -> None:
    turns = [Admitted(2.0), Admitted(3.0), Admitted(0.0)]
    done = run(SAFE, answer(503, retry_after=1.0), REFUSED, OK, admissions=turns, max_wait=10)
    assert done.patiences == [10, 7, 4]
    assert done.sleeps == [1.0]
    assert done.response is not None


def test_pause_past_max_wait_is_not_begun() -> None:
    assert run(SAFE, answer(503, retry_after=5.0), OK, max_wait=5).sleeps == [5]
    done = run(SAFE, answer(503, retry_after=5.1), OK, max_wait=5)
    assert (done.sends, done.sleeps, done.failure.status) == (1, [], 503)


def test_patience_that_is_used_up_allows_no_further_wait() -> None:
    done = run(SAFE, REFUSED, OK, admissions=[Admitted(5.0), NotAdmitted(0.0, 60.0, "requests")], max_wait=5)
    assert (done.patiences, done.failure.retry_after) == ([5, 0], 60)


def test_call_that_is_not_admitted_was_not_sent() -> None:
    done = run(UNSAFE, admissions=[NotAdmitted(0.0, 42.0, "imports")], max_wait=5)
    error = done.failure
    assert type(error) is RateLimitError
    assert (error.status, error.attempts, error.retry_after, error.lane) == (None, 0, 42.0, "imports")
    assert (error.method, error.route, error.path) == ("POST", "/groups", "/groups")


def test_refused_call_that_cannot_wait_keeps_its_refusal() -> None:
    done = run(SAFE, REFUSED, admissions=[Admitted(0.0), NotAdmitted(0.0, 59.0, "requests")], max_wait=5)
    error = done.failure
    assert type(error) is RateLimitError
    assert (error.status, error.attempts, error.retry_after) == (429, 1, 59.0)


def test_failed_call_that_cannot_wait_keeps_its_failure() -> None:
    turns: list[Admitted | NotAdmitted] = [Admitted(0.0), NotAdmitted(0.0, 59.0, "requests")]
    assert run(SAFE, answer(500), admissions=turns, max_wait=5).failure.status == 500
    assert type(run(SAFE, TIMEOUT, admissions=turns, max_wait=5).failure) is RequestTimeoutError


@settings(deadline=None, max_examples=200)
@given(
    script=st.lists(st.sampled_from([RESET, REFUSED, answer(500), answer(503, retry_after=3.0)]), max_size=6),
    waits=st.lists(st.floats(0, 4), min_size=8, max_size=8),
    max_wait=st.floats(0, 20),
    jitter=st.floats(0, 1),
)
def test_waiting_never_passes_max_wait(
    script: list[Answer | Fault], waits: list[float], max_wait: float, jitter: float
) -> None:
    waited: list[float] = []

    def turn(patience: float | None) -> Admitted | NotAdmitted:
        assert patience is not None
        wait = waits.pop()
        if wait > patience:  # the ledger refuses what would take longer
            return NotAdmitted(0.0, wait, "requests")
        waited.append(wait)
        return Admitted(wait)

    done = run(SAFE, *script, OK, admissions=turn, max_retries=7, max_wait=max_wait, jitter=jitter)
    assert sum(waited) + sum(done.sleeps) <= max_wait + 1e-9
    assert done.response is None or done.response.attempts == len(waited)


# -- deletions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", OPEN, ids=told)
def test_deletion_that_may_have_happened_finds_nothing_and_is_done(outcome: Answer | Fault) -> None:
    done = run(DELETE, outcome, GONE)
    assert done.value is None
    assert done.response is not None
    assert (done.response.status, done.response.attempts) == (404, 2)


def test_doubt_outlives_other_outcomes() -> None:
    assert run(DELETE, TIMEOUT, REFUSED, NEVER_SENT, GONE).value is None


@pytest.mark.parametrize(
    "before", [(), (NEVER_SENT,), (REFUSED,), (NEVER_SENT, REFUSED)], ids=lambda before: "-".join(map(told, before))
)
def test_plain_404_of_a_deletion_is_an_error(before: tuple[Answer | Fault, ...]) -> None:
    done = run(DELETE, *before, GONE)
    assert done.failure.status == 404


@pytest.mark.parametrize("call", [SAFE, calls.groups.get("1"), calls.groups.assign("1", "2")], ids=str)
def test_404_of_other_calls_is_an_error_even_in_doubt(call: Call[Any]) -> None:
    assert run(call, TIMEOUT, GONE).failure.status == 404


# -- the error at the end ----------------------------------------------------------------------------------------------


def test_last_failure_is_the_one_reported() -> None:
    assert type(run(SAFE, answer(500), RESET, max_retries=1).failure) is ConnectionFailedError
    assert type(run(SAFE, RESET, TIMEOUT, max_retries=1).failure) is RequestTimeoutError
    assert isinstance(run(SAFE, RESET, answer(500), max_retries=1).failure, APIError)


@pytest.mark.parametrize("fault", [NEVER_SENT, RESET, TIMEOUT], ids=told)
def test_transport_error_says_whether_the_call_may_have_arrived(fault: Fault) -> None:
    error = run(SAFE, fault, max_retries=0).failure
    assert error.maybe_received is fault.maybe_received
    assert (error.method, error.route, error.path, error.attempts) == ("PUT", "/groups/{id}", "/groups/1", 1)

"""Errors told apart: who has unsubscribed, what the plan lacks, whose key it is - and what happens when texts change."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async import (
    AuthenticationError,
    MailerLite,
    RateLimitError,
    ValidationError,
)
from mailerlite_async.testing import Emulator, VirtualClock

CLASSIC_KEY = "0123456789abcdef0123456789abcdef"


def refused(body: Any) -> ValidationError:
    transport = httpx.MockTransport(lambda _: httpx.Response(422, json=body))
    with MailerLite("key", transport=transport) as ml, pytest.raises(ValidationError) as caught:
        ml.subscribers.upsert("ann@example.com")
    return caught.value


@pytest.mark.parametrize(
    ("body", "reason", "subscriber_id"),
    [
        (
            {
                "message": "The given data was invalid.",
                "errors": {"email": ["This subscriber is unsubscribed and cannot be imported"]},
                "subscriber": "165968862226941797",
            },
            "unsubscribed",
            "165968862226941797",
        ),
        ({"message": "", "errors": {"email": ["Other words"]}, "subscriber": 5}, "unsubscribed", "5"),
        ({"message": "", "errors": {"email": ["They unsubscribed earlier"]}}, "unsubscribed", None),
        (
            {"message": "", "errors": {"emails.0.content": ["Content submission is only available on Premium plan."]}},
            "plan",
            None,
        ),
        ({"message": "Not in your Plan"}, "plan", None),
        ({"message": "The given data was invalid.", "errors": {"email": ["must be valid"]}}, None, None),
        ({"message": "", "errors": {"name": ["The explanation is too long."]}}, None, None),
        ("Campaign is not with status draft", None, None),
    ],
)
def test_422_is_told_apart_and_falls_back_when_the_text_changes(
    body: Any, reason: str | None, subscriber_id: str | None
) -> None:
    error = refused(body)
    assert (error.reason, error.subscriber_id, error.status) == (reason, subscriber_id, 422)


def test_emulator_refuses_who_has_unsubscribed_until_asked_twice() -> None:
    emulator = Emulator()
    emulator.seed(subscribers=[{"email": "ann@example.com", "status": "unsubscribed"}])
    with MailerLite("key", transport=emulator.transport()) as ml:
        with pytest.raises(ValidationError) as caught:
            ml.subscribers.upsert("ann@example.com")
        assert caught.value.reason == "unsubscribed"
        assert caught.value.subscriber_id == ml.subscribers.get("ann@example.com").id
        assert ml.subscribers.upsert("ann@example.com", resubscribe=True).status == "active"


def test_plan_gated_call_is_recognised() -> None:
    emulator = Emulator()
    emulator.fault("plan_limit")
    with MailerLite("key", transport=emulator.transport()) as ml, pytest.raises(ValidationError) as caught:
        ml.groups.create("Readers")
    assert caught.value.reason == "plan"


def test_refused_import_names_its_lane() -> None:
    emulator = Emulator()
    emulator.fault("import_rate_limit", seconds=60)
    with (
        MailerLite("key", transport=emulator.transport(), max_retries=0) as ml,
        pytest.raises(RateLimitError) as caught,
    ):
        ml.imports.create([{"email": "ann@example.com"}])
    assert (caught.value.lane, caught.value.retry_after) == ("imports", 60)


def unauthenticated(key: str) -> AuthenticationError:
    transport = httpx.MockTransport(lambda _: httpx.Response(401, json={"message": "Unauthenticated."}))
    with MailerLite(key, transport=transport) as ml, pytest.raises(AuthenticationError) as caught:
        ml.subscribers.count()
    return caught.value


@pytest.mark.parametrize(
    ("key", "reason"),
    [(CLASSIC_KEY, "classic_key"), ("invalid", None), (CLASSIC_KEY.upper(), None), (f"eyJ{'a' * 900}", None)],
)
def test_key_of_the_classic_api_is_recognised_by_its_form(key: str, reason: str | None) -> None:
    error = unauthenticated(key)
    assert error.reason == reason
    assert ("MailerLite Classic" in str(error)) == (reason == "classic_key")
    assert key not in f"{error} {error!r} {vars(error)}"


def test_revoked_key_is_one_that_worked_before() -> None:
    clock = VirtualClock()
    emulator = Emulator(clock=clock)
    with MailerLite("key", transport=emulator.transport(), clock=clock) as ml:
        ml.subscribers.count()
        emulator.fault("revoked_key")
        with pytest.raises(AuthenticationError) as caught:
            ml.subscribers.count()
    assert caught.value.reason == "revoked"
    assert "may have been revoked" in str(caught.value)


def test_a_key_that_never_worked_is_not_called_revoked() -> None:
    emulator = Emulator()
    with MailerLite("invalid", transport=emulator.transport()) as ml:
        for _ in range(2):
            with pytest.raises(AuthenticationError) as caught:
                ml.subscribers.count()
            assert caught.value.reason is None

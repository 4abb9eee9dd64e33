"""Campaigns: drafts, what they lack, when they are sent, to whom, and the report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock

EMAIL = {"subject": "Hello", "from_name": "Ann", "from": "ann@example.com", "content": "<p>Hi</p>"}
NO_DRAFT = (422, "Campaign is not with status draft")
AT_NINE = {"date": "2026-01-02", "hours": "09", "minutes": "30"}


def post(client: httpx.Client, **changes: Any) -> httpx.Response:
    body = {"name": "News", "type": "regular", "emails": [EMAIL], **changes}
    return client.post("/campaigns", json={key: value for key, value in body.items() if value is not ...})


def draft(client: httpx.Client, **changes: Any) -> dict[str, Any]:
    answer = post(client, **changes)
    assert answer.status_code == 201, answer.text
    campaign: dict[str, Any] = answer.json()["data"]
    return campaign


def get(client: httpx.Client, campaign: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/campaigns/{campaign['id']}").json()["data"]
    return found


def schedule(client: httpx.Client, campaign: dict[str, Any], delivery: str = "instant", **more: Any) -> httpx.Response:
    return client.post(f"/campaigns/{campaign['id']}/schedule", json={"delivery": delivery, **more})


def names(client: httpx.Client, query: str = "") -> list[str]:
    return [each["name"] for each in client.get(f"/campaigns?{query}").json()["data"]]


def report(client: httpx.Client, campaign: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = client.post(f"/campaigns/{campaign['id']}/reports/subscriber-activity", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# -- drafts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": ...}, {"name": ["The name field is required."]}),
        ({"name": "x" * 256}, {"name": ["The name may not be greater than 255 characters."]}),
        ({"type": ...}, {"type": ["The type field is required."]}),
        ({"type": "rss"}, {"type": ["The selected type is invalid."]}),
        ({"emails": []}, {"emails": ["The emails field is required."]}),
        ({"emails": [EMAIL, EMAIL]}, {"emails": ["The emails may not have more than 1 items."]}),
        ({"emails": [{**EMAIL, "subject": ""}]}, {"emails.0.subject": ["The emails.0.subject field is required."]}),
        (
            {"emails": [{**EMAIL, "from": "ann"}]},
            {"emails.0.from": ["The emails.0.from must be a valid email address."]},
        ),
        ({"language_id": 99}, {"language_id": ["The selected language id is invalid."]}),
        ({"groups": ["5"]}, {"groups.0": ["The selected groups.0 is invalid."]}),
        ({"segments": ["5"]}, {"segments.0": ["The selected segments.0 is invalid."]}),
        ({"segments": "5"}, {"segments": ["The segments must be an array."]}),
        (
            {"type": "ab", "ab_settings": {"test_type": "sending_time", "test_split": 25}},
            {"ab_settings.test_split": ["The ab settings.test split must be at least 100."]},
        ),
        (
            {"type": "resend", "resend_settings": {"test_type": "subject", "b_value": {"subject": "x"}}},
            {
                "resend_settings.select_winner_by": ["The resend settings.select winner by field is required."],
            },
        ),
    ],
)
def test_create_is_validated(client: httpx.Client, changes: dict[str, Any], errors: dict[str, list[str]]) -> None:
    answer = post(client, **changes)
    assert (answer.status_code, answer.json()) == (422, {"message": "The given data was invalid.", "errors": errors})


def test_draft_without_content_cannot_be_scheduled(client: httpx.Client) -> None:
    campaign = draft(client, emails=[{key: value for key, value in EMAIL.items() if key != "content"}])
    assert (campaign["missing_data"], campaign["can_be_scheduled"]) == (["content"], False)
    assert (campaign["emails"][0]["type"], campaign["emails"][0]["is_designed"]) == (None, False)
    refused = schedule(client, campaign)
    assert (refused.status_code, refused.json()) == (422, "Campaign settings missing")
    assert get(client, campaign)["status"] == "draft"


def test_update_keeps_content_and_loses_the_audience(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=[{"id": "11", "name": "Readers"}])
    campaign = draft(client, groups=["11"])
    assert campaign["filter"] == [[{"operator": "in_any", "args": ["groups", ["11"]]}]]
    email = {key: value for key, value in EMAIL.items() if key != "content"}
    body = {"name": "Other", "emails": [{**email, "subject": "Bye"}], "type": "ab"}
    changed = client.put(f"/campaigns/{campaign['id']}", json=body).json()["data"]
    assert (changed["name"], changed["type"], changed["filter"]) == ("Other", "regular", [])
    assert changed["basic_filter_for_humans"]["all_active_subscribers"] is True
    assert (changed["emails"][0]["subject"], changed["missing_data"]) == ("Bye", [])
    assert "<p>Hi</p>" in changed["emails"][0]["content"]
    assert changed["emails"][0]["id"] == campaign["emails"][0]["id"]
    assert client.put(f"/campaigns/{campaign['id']}", json={"emails": [email]}).json()["errors"].keys() == {"name"}


def test_tests_have_a_second_version(client: httpx.Client) -> None:
    winner = {"select_winner_by": "o", "after_time_amount": 4, "after_time_unit": "h"}
    ab = {"test_type": "subject", "test_split": 20, "b_value": {"subject": "Hi"}, **winner}
    assert [email["subject"] for email in draft(client, type="ab", ab_settings=ab)["emails"]] == ["Hello", "Hi"]
    ab = {**ab, "test_type": "sender", "b_value": {"from_name": "Bob", "from": "bob@example.com"}}
    senders = [email["from"] for email in draft(client, type="ab", ab_settings=ab)["emails"]]
    assert senders == ["ann@example.com", "bob@example.com"]
    timed = draft(client, type="ab", ab_settings={"test_type": "sending_time", "test_split": 100})
    assert len(timed["emails"]) == 1
    again = {"test_type": "subject", "select_winner_by": "c", "b_value": {"subject": "Again"}}
    assert [email["subject"] for email in draft(client, type="resend", resend_settings=again)["emails"]] == [
        *("Hello", "Again")
    ]
    variants = {"subject": ["A", "B"], "sender": [{"from": "ann@example.com", "from_name": "Ann"}]}
    many = {"test_variants": {**variants, "content": 2, "sending_time": 1}, "test_split": 10, **winner}
    contents = [{"content": "one"}, {"content": "two"}]
    campaign = draft(client, type="multivariate", multivariate_settings=many, emails=contents)
    assert [email["subject"] for email in campaign["emails"]] == ["A", "A", "B", "B"]
    many["test_variants"]["content"] = 5  # type: ignore[index]
    refused = post(client, type="multivariate", multivariate_settings=many, emails=contents).json()["errors"]
    assert refused.keys() == {"multivariate_settings.test_variants", "emails"}


def test_content_may_be_beyond_the_plan(emulator: Emulator, client: httpx.Client) -> None:
    emulator.fault("plan_limit", method="POST", route="/campaigns")
    answer = post(client)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["emails.0.content"])
    assert names(client, "filter[status]=draft") == []


# -- the list ----------------------------------------------------------------------------------------------------------


def test_list_is_of_ready_ones_newest_first_and_counts_the_whole_account(
    client: httpx.Client, clock: VirtualClock
) -> None:
    for name in ("one", "two", "three"):
        draft(client, name=name)
    assert names(client) == []
    assert names(client, "filter[status]=draft") == ["three", "two", "one"]
    campaign = draft(client, name="four")
    assert schedule(client, campaign, "scheduled", schedule=AT_NINE).status_code == 200
    assert names(client) == ["four"]
    assert names(client, "filter[type]=rss&filter[status]=draft") == []
    meta = client.get("/campaigns?limit=10").json()["meta"]
    assert (meta["per_page"], meta["total"]) == (10, 1)
    assert meta["aggregations"] == {"all": 4, "draft": 3, "ready": 1, "sent": 0}
    clock.advance(3 * 86_400)
    assert (names(client), names(client, "filter[status]=sent")) == ([], ["four"])


@pytest.mark.parametrize("limit", ["0", "1", "24", "200", "x"])
def test_list_takes_four_sizes(client: httpx.Client, limit: str) -> None:
    answer = client.get(f"/campaigns?limit={limit}")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["limit"])
    assert client.get("/campaigns?limit=7").json()["errors"] == {"limit": ["The selected limit is invalid."]}
    for size in (10, 25, 50, 100):
        assert client.get(f"/campaigns?limit={size}").status_code == 200


# -- scheduling --------------------------------------------------------------------------------------------------------


def test_instant_sending_takes_a_moment(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    emulator.seed(subscribers=["ann@example.com", {"email": "bob@example.com", "status": "unsubscribed"}])
    campaign = draft(client)
    assert campaign["recipients_count"] == 1
    ready = schedule(client, campaign).json()["data"]
    assert (ready["status"], ready["delivery_schedule"], ready["queued_at"]) == (
        *("ready", "instant", "2026-01-01 00:00:00"),
    )
    assert get(client, campaign)["status"] == "ready"
    clock.advance(1)
    sent = get(client, campaign)
    assert (sent["status"], sent["started_at"], sent["finished_at"]) == (
        *("sent", "2026-01-01 00:00:00", "2026-01-01 00:00:01"),
    )
    assert (sent["stats"]["sent"], sent["stats"]["unique_opens_count"], sent["can"]["resend"]) == (1, 0, True)
    assert "recipients_count" not in sent
    person = client.get("/subscribers/ann@example.com").json()["data"]
    assert person["sent"] == 1
    log = client.get(f"/subscribers/{person['id']}/activity-log?filter[log_name]=campaign_send").json()["data"]
    assert [entry["created_at"] for entry in log] == ["2026-01-01 00:00:01"]


def test_scheduled_one_is_sent_when_its_time_comes(client: httpx.Client, clock: VirtualClock) -> None:
    campaign = draft(client)
    ready = schedule(client, campaign, "scheduled", schedule={**AT_NINE, "timezone_id": 50}).json()["data"]
    assert ready["scheduled_for"] == "2026-01-02 07:30:00"
    clock.advance((24 + 7.5) * 3600)
    assert get(client, campaign)["status"] == "ready"
    clock.advance(1)
    assert get(client, campaign)["status"] == "sent"


def test_every_language_and_time_zone_that_is_listed_can_be_chosen(client: httpx.Client) -> None:
    for language in client.get("/campaigns/languages").json()["data"]:
        made = draft(client, language_id=int(language["id"]))
        assert made["language"] == made["emails"][0]["language"] == language
    campaign = draft(client)
    for zone in client.get("/timezones").json()["data"]:
        times = {**AT_NINE, "timezone_id": int(zone["id"])}
        ready = schedule(client, campaign, "scheduled", schedule=times).json()["data"]
        there = datetime.fromisoformat(ready["scheduled_for"]) + timedelta(minutes=zone["offset"])
        assert there.isoformat(" ") == "2026-01-02 09:30:00"
        assert client.post(f"/campaigns/{campaign['id']}/cancel").status_code == 200


def test_time_without_a_day_is_the_next_there_is(client: httpx.Client, clock: VirtualClock) -> None:
    clock.advance(12 * 3600)
    for hours, day in (("11", "2026-01-02"), ("13", "2026-01-01")):
        ready = schedule(client, draft(client), "timezone_based", schedule={"hours": hours, "minutes": "00"})
        assert ready.json()["data"]["scheduled_for"] == f"{day} {hours}:00:00"
    ready = schedule(client, draft(client), "smart_sending", schedule={"date": "2026-01-03"})
    assert ready.json()["data"]["scheduled_for"] == "2026-01-03 00:00:00"


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ({}, {"delivery"}),
        ({"delivery": "soon"}, {"delivery"}),
        ({"delivery": "scheduled"}, {"schedule.date", "schedule.hours", "schedule.minutes"}),
        ({"delivery": "timezone_based"}, {"schedule.hours", "schedule.minutes"}),
        ({"delivery": "smart_sending"}, {"schedule.date"}),
        ({"delivery": "scheduled", "schedule": {**AT_NINE, "date": "2025-12-31"}}, {"schedule.date"}),
        ({"delivery": "scheduled", "schedule": {**AT_NINE, "date": "2026-02-30"}}, {"schedule.date"}),
        ({"delivery": "scheduled", "schedule": {**AT_NINE, "hours": "24"}}, {"schedule.hours"}),
        ({"delivery": "scheduled", "schedule": {**AT_NINE, "minutes": 30}}, {"schedule.minutes"}),
        ({"delivery": "scheduled", "schedule": {**AT_NINE, "timezone_id": 9999}}, {"schedule.timezone_id"}),
        (
            {"delivery": "scheduled", "sending_time_test_schedule": [AT_NINE]},
            {f"sending_time_test_schedule.1.{key}" for key in AT_NINE} | {"sending_time_test_schedule"},
        ),
    ],
)
def test_schedule_is_validated(client: httpx.Client, body: dict[str, Any], keys: set[str]) -> None:
    campaign = draft(client)
    answer = client.post(f"/campaigns/{campaign['id']}/schedule", json=body)
    assert (answer.status_code, answer.json()["errors"].keys()) == (422, keys)
    assert get(client, campaign)["status"] == "draft"


def test_second_mail_of_a_resend_campaign_has_a_time_too(client: httpx.Client) -> None:
    again = {"test_type": "subject", "select_winner_by": "c", "b_value": {"subject": "Again"}}
    campaign = draft(client, type="resend", resend_settings=again)
    assert schedule(client, campaign).json()["errors"].keys() == {"resend.delivery"}
    assert schedule(client, campaign, resend={"delivery": "scheduled"}).json()["errors"].keys() == {
        *("resend.date", "resend.hours", "resend.minutes"),
    }
    assert schedule(client, campaign, resend={"delivery": "day"}).status_code == 200


def test_test_of_the_sending_time_starts_at_the_earlier_one(client: httpx.Client) -> None:
    campaign = draft(client, type="ab", ab_settings={"test_type": "sending_time", "test_split": 100})
    times = [{**AT_NINE, "hours": "20"}, AT_NINE]
    ready = schedule(client, campaign, "scheduled", sending_time_test_schedule=times).json()["data"]
    assert ready["scheduled_for"] == "2026-01-02 09:30:00"


def test_rss_campaign_is_scheduled_without_delivery(emulator: Emulator, client: httpx.Client) -> None:
    campaign = draft(client)
    # They are made in the dashboard only.
    state = emulator._account.campaigns.get(int(campaign["id"]))
    assert state is not None
    state.type = "rss"
    ready = client.post(f"/campaigns/{campaign['id']}/schedule", json={}).json()["data"]
    assert (ready["status"], ready["type"], ready["scheduled_for"]) == ("ready", "rss", None)
    assert names(client, "filter[type]=rss") == ["News"]


def test_only_drafts_are_changed_and_only_ready_ones_cancelled(client: httpx.Client, clock: VirtualClock) -> None:
    campaign = draft(client)
    path = f"/campaigns/{campaign['id']}"
    assert client.post(f"{path}/cancel").status_code == 400
    before = schedule(client, campaign, "scheduled", schedule=AT_NINE).json()["data"]
    again, change = schedule(client, campaign), client.put(path, json={"name": "x", "emails": [EMAIL]})
    assert (again.status_code, again.json()) == (change.status_code, change.json()) == NO_DRAFT
    clock.advance(5)
    after = client.post(f"{path}/cancel").json()["data"]
    assert {key: after[key] for key in after if after[key] != before.get(key, ...)} == {
        "status": "draft",
        "is_stopped": True,
        "stopped_at": "2026-01-01 00:00:05",
        "next_step": None,
        "updated_at": "2026-01-01 00:00:05",
        "can_be_scheduled": True,
    }
    assert client.post(f"{path}/cancel").status_code == 400
    clock.advance(3 * 86_400)
    assert get(client, campaign)["status"] == "draft"
    schedule(client, campaign)
    clock.advance(1)
    assert client.post(f"{path}/cancel").status_code == 400
    change = client.put(path, json={"name": "x", "emails": [EMAIL]})
    assert (change.status_code, change.json()) == NO_DRAFT


def test_deleted_campaign_is_not_sent(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    emulator.seed(subscribers=["ann@example.com"])
    campaign = draft(client)
    schedule(client, campaign)
    assert client.delete(f"/campaigns/{campaign['id']}").status_code == 204
    clock.advance(5)
    assert client.get("/subscribers/ann@example.com").json()["data"]["sent"] == 0
    assert client.delete(f"/campaigns/{campaign['id']}").status_code == 404


# -- audience ---------------------------------------------------------------------------------------------------------


def test_members_of_several_groups_get_one_mail(emulator: Emulator, client: httpx.Client, clock: VirtualClock) -> None:
    emulator.seed(groups=[{"id": "11", "name": "A"}, {"id": "12", "name": "B"}])
    emulator.seed(
        subscribers=[
            {"email": "ann@example.com", "groups": ["11", "12"]},
            {"email": "bob@example.com", "groups": ["12"]},
            {"email": "cid@example.com", "groups": ["12"], "status": "bounced"},
            "dan@example.com",
        ]
    )
    campaign = draft(client, groups=[11, "12"])
    assert (campaign["recipients_count"], campaign["filter_for_humans"]) == (2, [["In any group: A, B"]])
    schedule(client, campaign)
    clock.advance(1)
    assert [group["sent_count"] for group in client.get("/groups").json()["data"]] == [1, 2]
    assert report(client, campaign)["meta"]["aggregations"]["all"] == 2


def test_group_that_is_gone_does_not_widen_the_audience(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=[{"id": "11", "name": "A"}], subscribers=["ann@example.com"])
    campaign = draft(client, groups=["11"])
    client.delete("/groups/11")
    found = get(client, campaign)
    assert (found["recipients_count"], found["basic_filter_for_humans"]["all_active_subscribers"]) == (0, False)


def test_account_is_in_utc(client: httpx.Client, clock: VirtualClock) -> None:
    assert datetime.fromtimestamp(clock.time(), UTC).isoformat() == "2026-01-01T00:00:00+00:00"
    ready = schedule(client, draft(client), "scheduled", schedule=AT_NINE).json()["data"]
    assert ready["scheduled_for"] == "2026-01-02 09:30:00"

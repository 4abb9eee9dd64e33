"""Campaigns of every year decode: the sender's key, empty arrays for objects, words for flags, numbers for ids."""

from __future__ import annotations

import copy
import json
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest

from mailerlite_async import DecodeError
from mailerlite_async.models import Campaign, CampaignFilter, CampaignGroup, CampaignSettings, LinkClicks
from tests.support.samples import SAMPLES


def decode(**changes: Any) -> Campaign:
    """The sample with other values; `email` changes its e-mail, those that are `...` are taken out."""
    call, body = SAMPLES["campaign"].call, copy.deepcopy(SAMPLES["campaign"].body)
    for target, values in ((body["data"]["emails"][0], changes.pop("email", {})), (body["data"], changes)):
        target.update(values)
        for key in [key for key, value in values.items() if value is ...]:
            del target[key]
    value = call.returns.decode(json.dumps(body).encode(), call)
    assert isinstance(value, Campaign)
    return value


def test_sample_has_every_key_that_is_recorded_or_documented() -> None:
    campaign = decode()
    email = campaign.emails[0]
    assert (email.from_, email.from_name, email.language_id) == ("person2@example.com", "Test Man", "1")
    assert email.click_map == {"2": LinkClicks("12", 3, 37.5)}
    assert (email.stats.sent, email.stats.unique_opens_count, email.stats.open_rate.string) == (2, 1, "50%")
    assert campaign.filter == ((CampaignFilter("in_any", ("groups", ["100093655191127682"])),),)
    assert campaign.winner_selected_manually_at == datetime(2025, 9, 21, 21, tzinfo=UTC)
    assert campaign.ecommerce_stats is not None
    assert campaign.ecommerce_stats.total_price == "0"


def test_group_of_the_audience_has_text_for_ids_and_numbers_for_rates() -> None:
    audience = decode().basic_filter_for_humans
    assert audience is not None
    (group,) = audience.included_groups
    assert type(group) is CampaignGroup
    assert (group.id, group.account_id, group.open_rate, group.click_rate) == ("100093655191127682", "83510", 1.0, 0.5)
    assert group.created_at == datetime(2023, 9, 23, 8, 12, 28, tzinfo=UTC)


def test_rate_that_is_no_number_stands_in_no_traceback() -> None:
    audience = copy.deepcopy(SAMPLES["campaign"].body["data"]["basic_filter_for_humans"])
    audience["included_groups"][0]["open_rate"] = "secretive@example.com"
    with pytest.raises(DecodeError) as caught:
        decode(basic_filter_for_humans=audience)
    assert "secretive" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("sent", "settings"),
    [
        ([], CampaignSettings()),
        ({}, CampaignSettings()),
        ({"track_opens": "1", "use_google_analytics": "0"}, CampaignSettings(True, False)),
        ({"track_opens": 1, "ecommerce_tracking": True}, CampaignSettings(track_opens=True, ecommerce_tracking=True)),
    ],
)
def test_settings_of_2022(sent: Any, settings: CampaignSettings) -> None:
    assert decode(settings=sent).settings == settings


def test_empty_click_map_is_an_array() -> None:
    assert decode(email={"click_map": []}).emails[0].click_map == {}
    assert decode(email={"click_map": ...}).emails[0].click_map is None


def test_nothing_designed_yet() -> None:
    email = decode(email={"type": None, "subject": None, "content": None, "plain_text": None}).emails[0]
    assert (email.type, email.subject, email.content, email.plain_text) == (None, None, None, None)


def test_sender_is_never_lost_nor_made_up() -> None:
    assert decode(email={"from": "bob@example.com"}).emails[0].from_ == "bob@example.com"
    assert decode(email={"from_": "x@example.com"}).emails[0].from_ == "person2@example.com"
    with pytest.raises(DecodeError) as caught:
        decode(email={"from": []})
    assert caught.value.json_path == "$.data.emails[0].from"


def test_campaign_without_emails_decodes() -> None:
    assert decode(emails=[]).emails == ()


@pytest.mark.parametrize("emails", [[], None], ids=["fast path", "tolerant path"])
def test_next_step_keeps_its_key(emails: list[Any] | None) -> None:
    changes = {} if emails is None else {"emails": emails}
    assert decode(next_step="https://dashboard.example.com/1", **changes).next_step == "https://dashboard.example.com/1"


def test_array_is_no_object_where_something_is_required() -> None:
    with pytest.raises(DecodeError, match=r"an object was expected, not an array"):
        decode(stats=[])
    with pytest.raises(DecodeError, match=r"an object was expected, not an array"):
        decode(settings=[1])


@pytest.mark.parametrize("value", [7, "7%", {"float": 0.5, "string": "50%"}, None])
def test_newer_keys_of_unknown_type_are_kept(value: Any) -> None:
    assert decode(delivery_rate=value).delivery_rate == value


def test_new_words_are_accepted() -> None:
    campaign = decode(status="outbox", type="carousel", delivery_schedule="moon")
    assert (campaign.status, campaign.type, campaign.delivery_schedule) == ("outbox", "carousel", "moon")

"""Time zones and campaign languages, through both clients: whole lists without pages."""

from __future__ import annotations

from mailerlite_async.models import CampaignLanguage, Timezone
from mailerlite_async.testing import Emulator
from tests.facades.test_fields import sent
from tests.support.facade import Facade


async def test_timezones(facade: Facade, emulator: Emulator) -> None:
    found = await facade.call(facade.patient().timezones.list())
    assert sent(emulator) == ("GET", "/api/timezones", {}, None)
    assert len(found) == 518
    by_name = {each.name: each for each in found}
    assert by_name["Asia/Kathmandu"] == Timezone("249", "Asia/Kathmandu", "Asia/Kathmandu (+05:45)", "+05:45", 345)
    assert by_name["America/New_York"].name_for_humans == "America/New York (-04:00)"


async def test_languages(facade: Facade, emulator: Emulator) -> None:
    found = await facade.call(facade.patient().campaign_languages.list())
    assert sent(emulator) == ("GET", "/api/campaigns/languages", {}, None)
    assert len(found) == 37
    assert CampaignLanguage("4", "en", "en-US", "English", "ltr") in found
    assert {each.shortcode for each in found if each.direction == "rtl"} == {"ar", "he", "pr"}

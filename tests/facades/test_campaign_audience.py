"""Who a campaign goes to: the active members of its segments, whatever its groups are."""

from __future__ import annotations

from mailerlite_async.models import CampaignEmail
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade


async def test_campaign_goes_to_the_active_members_of_its_segment(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(
        subscribers=[
            "ann@example.com",
            {"email": "bob@example.com", "status": "unsubscribed"},
            "eve@example.com",
        ],
        segments=[{"id": "500", "name": "Readers", "subscribers": ["ann@example.com", "bob@example.com"]}],
    )
    ml = facade.patient()
    email = CampaignEmail("Hello", "Ann", "ann@example.com", content="<p>Hello</p>")
    draft = await facade.call(ml.campaigns.create("News", emails=[email], segments=["500"]))
    await facade.call(ml.campaigns.schedule(draft.id, delivery="instant"))
    facade.clock.advance(5)
    sent = await facade.call(ml.campaigns.get(draft.id))
    assert sent.status == "sent"
    assert sent.stats is not None
    assert sent.stats.sent == 1
    reached = await facade.collect(ml.campaigns.iter_activity(draft.id, include_subscriber=True))
    assert [entry.subscriber.email for entry in reached] == ["ann@example.com"]

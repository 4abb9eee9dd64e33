"""Inputs of campaigns in both of their forms."""

from __future__ import annotations

from mailerlite_async.models import CampaignEmail, CampaignSender, MultivariateSettings

EMAIL = CampaignEmail("Hello", "Ann", "ann@example.com", content="<p>Hi</p>")
RAW = {"subject": "Hello", "from_name": "Ann", "from": "ann@example.com", "content": "<p>Hi</p>"}

WINNER = {"select_winner_by": "o", "after_time_amount": 4, "after_time_unit": "h"}
AB_RAW = {"test_type": "subject", "test_split": 20, "b_value": {"subject": "Hi"}, **WINNER}
RESEND_RAW = {"test_type": "subject", "select_winner_by": "c", "b_value": {"subject": "Again"}}
MANY_RAW = {
    "test_variants": {
        "subject": ["A", "B"],
        "sender": [{"from": "ann@example.com", "from_name": "Ann"}],
        "content": 2,
        "sending_time": 1,
    },
    "test_split": 10,
    **WINNER,
}
MANY = MultivariateSettings(
    ["A", "B"],
    [CampaignSender("ann@example.com", "Ann")],
    10,
    contents=2,
    select_winner_by="o",
    after_time_amount=4,
    after_time_unit="h",
)

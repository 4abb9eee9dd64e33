"""The JSON shapes of automations: seeded ones as recorded, fresh drafts as documented."""

from __future__ import annotations

from typing import Final

from ._automations_state import Automation
from ._rendering import JsonObject

_NO_RATE: Final[JsonObject] = {"float": 0, "string": "0%"}
_COUNTS: Final = (
    *("sent", "opens_count", "clicks_count", "unsubscribes_count", "spam_count"),
    *("hard_bounces_count", "soft_bounces_count"),
)
_RATES: Final = (
    *("bounce_rate", "click_to_open_rate", "open_rate", "click_rate", "unsubscribe_rate", "spam_rate"),
    *("hard_bounce_rate", "soft_bounce_rate", "forward_rate", "social_interaction_rate"),
)
_NEVER_COUNTED: Final = ("unique_opens_count", "unique_clicks_count", "social_interactions_count")

# What an answer has beside what the state knows; a seed may say otherwise.
AUTOMATION_DETAILS: Final[JsonObject] = {
    "trigger_data": {
        "track_ecommerce": False,
        "repeatable": False,
        "valid": True,
        "complete_workflow": True,
        "broken_workflow": False,
    },
    "triggers": [],
    "complete": True,
    "broken": False,
    "warnings": [],
    "emails_count": None,
    "stats": {},
    "has_banned_content": False,
    "qualified_subscribers_count": 0,
    "automation_template_id": None,
    "automation_template_name": None,
    "steps": [],
}
FIRST_SCREENSHOT: Final = "first_email_screenshot_url"


def render_automation(automation: Automation) -> JsonObject:
    """An automation as in answers about one."""
    outer: JsonObject = {
        "id": str(automation.id),
        "name": automation.name,
        "enabled": automation.enabled,
        "created_at": automation.created_at,
    }
    if automation.details is None:
        return {
            **outer,
            "trigger_data": {"track_ecommerce": False},
            "warnings": [],
            "stats": _stats(None),
            "has_banned_content": False,
            "steps": [],
        }
    details = {**AUTOMATION_DETAILS, **automation.details}
    details.pop(FIRST_SCREENSHOT, None)
    if details["emails_count"] is None:
        steps = automation.details.get("steps", ())
        details["emails_count"] = sum(step.get("type") == "email" for step in steps)
    details["stats"] = {**_stats(0), **automation.details.get("stats", {})}
    return {**outer, **details}


def render_listed_automation(automation: Automation) -> JsonObject:
    """An automation as in lists."""
    screenshot = (automation.details or {}).get(FIRST_SCREENSHOT)
    return {**render_automation(automation), FIRST_SCREENSHOT: screenshot}


def _stats(count: int | None) -> JsonObject:
    return {
        "completed_subscribers_count": 0,
        "subscribers_in_queue_count": 0,
        **dict.fromkeys(_COUNTS, count),
        **dict.fromkeys(_RATES, _NO_RATE),
        **dict.fromkeys(_NEVER_COUNTED),
    }

"""The JSON shape of a form, key for key as recorded."""

from __future__ import annotations

from typing import Final

from ._forms_state import Form
from ._rendering import ACCOUNT_ID, JsonObject, render_group, render_rate
from ._state import Account
from ._tokens import token

_SLUG_LENGTH: Final = 6

# What an answer has beside what the state knows; a seed may say otherwise.
FORM_DETAILS: Final[JsonObject] = {
    "account_id": ACCOUNT_ID,
    "slug": None,
    "conversions_count_including_children": 0,
    "opens_count_including_children": 0,
    "conversion_rate_including_children": {"float": 0, "string": "0%"},
    "settings": None,
    "active": False,
    "is_broken": False,
    "warning_messages": [],
    "has_content": False,
    "can_choose_template": False,
    "can": {"update": True},
    "used_in_automations": False,
    "warnings": [],
    "double_optin": True,
    "screenshot_url": None,
    "has_split_tests": False,
    "split_test_finished": False,
    "split_test_enabled": False,
    "split_percentage": 0,
    "is_split_test_winner": False,
    "children": [],
    "parent_id": None,
    "original_name": None,
    "analytics_reset_at": None,
    "uses_survey": False,
    "uses_new_builder": False,
}


def render_form(form: Form, account: Account) -> JsonObject:
    """A form; groups that are gone are left out."""
    groups = [group for group_id in form.groups if (group := account.groups.get(group_id)) is not None]
    details = {**FORM_DETAILS, **form.details}
    if details["slug"] is None:
        details["slug"] = token(form.id, _SLUG_LENGTH)
    if details["settings"] is None:
        # As recorded of a form without content.
        details["settings"] = {"double_optin": details["double_optin"]}
    return {
        "id": str(form.id),
        "type": form.type,
        "name": form.name,
        "created_at": form.created_at,
        "conversions_count": form.conversions_count,
        "opens_count": form.opens_count,
        "conversion_rate": render_rate(form.conversion_rate),
        "last_registration_at": form.last_registration_at,
        "has_missing_groups": not groups,
        "groups": [render_group(group) for group in groups],
        **details,
    }

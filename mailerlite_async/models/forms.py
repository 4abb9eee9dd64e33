"""Forms: where people sign up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models._rate import Rate
from mailerlite_async.models.groups import Group

if TYPE_CHECKING:
    FormType = Literal["popup", "embedded", "promotion"] | str
else:
    FormType = str


@attrs.frozen
@aware_dates("created_at", "last_registration_at")
class Form:
    """A sign-up form with its counts.

    Attributes:
        id: digits.
        type: `popup`, `embedded` or `promotion`.
        slug: six letters and digits.
        name: up to 255 characters, as given, unescaped.
        created_at: aware, UTC, as all dates.
        conversion_rate: conversions for each opening, a fraction of 1, see `Rate`.
        settings: as the service keeps them; keys depend on the type, empty if the API sent none.
        last_registration_at: when somebody last signed up; None before the first.
        can: what the key may do with the form, such as `{"update": True}`.
        has_missing_groups: True when no group is chosen.
        groups: what people who sign up are put into; None where the API did not send it.
        conversion_rate_including_children: the variants of a split test counted in; likewise the two counts.
        children: the variants of a split test.
        analytics_reset_at: null in all answers known.

    API: https://developers.mailerlite.com/docs/forms.html
    """

    id: str
    type: FormType
    slug: str
    name: str
    created_at: datetime
    conversions_count: int
    opens_count: int
    conversion_rate: Rate
    settings: dict[str, Any]
    last_registration_at: datetime | None
    active: bool
    is_broken: bool
    has_content: bool
    used_in_automations: bool
    warnings: tuple[Any, ...]
    can: dict[str, Any]
    double_optin: bool | None
    screenshot_url: str | None
    account_id: str | None = None
    conversions_count_including_children: int | None = None
    opens_count_including_children: int | None = None
    conversion_rate_including_children: Rate | None = None
    warning_messages: tuple[Any, ...] = ()
    can_choose_template: bool | None = None
    uses_new_builder: bool | None = None
    has_missing_groups: bool | None = None
    groups: tuple[Group, ...] | None = None
    has_split_tests: bool | None = None
    split_test_finished: bool | None = None
    split_test_enabled: bool | None = None
    is_split_test_winner: bool | None = None
    split_percentage: int | None = None
    children: tuple[Any, ...] = ()
    parent_id: str | None = None
    original_name: str | None = None
    analytics_reset_at: Any = None
    uses_survey: bool | None = None
    share_url: str | None = None

"""Automations: what starts them, their steps, and their runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models._rate import Rate
from mailerlite_async.models.automation_emails import AutomationEmail

if TYPE_CHECKING:
    AutomationStepType = Literal["email", "delay", "condition", "action", "webhook"] | str
    AutomationRunStatus = Literal["Completed", "Active", "Canceled", "Failed"] | str
else:
    AutomationStepType = str
    AutomationRunStatus = str

AutomationActivityStatus = Literal["completed", "active", "canceled", "failed"]
"""What runs can be asked for by; their own `status` is capitalised."""


@attrs.frozen
class AutomationTriggerData:
    """What holds for all triggers of an automation. A fresh draft has no more than `track_ecommerce`."""

    track_ecommerce: bool
    repeatable: bool | None = None
    valid: bool | None = None
    complete_workflow: bool | None = None
    broken_workflow: bool | None = None


@attrs.frozen
class AutomationTriggerGroup:
    """A group that starts an automation; `url` shows its members in the dashboard."""

    id: str
    name: str
    url: str | None = None


@attrs.frozen
class AutomationTrigger:
    """What starts an automation.

    Attributes:
        id: digits.
        type: such as `subscriber_joins_group`; an open set, and further keys of other types are not read.
        group_ids: the groups of a trigger of that type.
        group_id: in answers of 2022, in place of `group_ids`; likewise `group`.

    API: https://developers.mailerlite.com/docs/automations.html
    """

    id: str
    type: str
    group_ids: tuple[str, ...] = ()
    groups: tuple[AutomationTriggerGroup, ...] = ()
    group_id: str | None = None
    group: AutomationTriggerGroup | None = None
    exclude_group_ids: tuple[str, ...] = ()
    excluded_groups: tuple[dict[str, Any], ...] = ()
    broken: bool | None = None
    complete: bool | None = None


@attrs.frozen
class AutomationStats:
    """How an automation does. Counts are None in a fresh draft; rates are fractions of 1, see `Rate`."""

    completed_subscribers_count: int
    subscribers_in_queue_count: int
    bounce_rate: Rate
    click_to_open_rate: Rate
    sent: int | None
    opens_count: int | None
    open_rate: Rate
    clicks_count: int | None
    click_rate: Rate
    unsubscribes_count: int | None
    unsubscribe_rate: Rate
    spam_count: int | None
    spam_rate: Rate
    hard_bounces_count: int | None
    hard_bounce_rate: Rate
    soft_bounces_count: int | None
    soft_bounce_rate: Rate
    unique_opens_count: int | None = None
    unique_clicks_count: int | None = None
    social_interactions_count: int | None = None
    forward_rate: Rate | None = None
    social_interaction_rate: Rate | None = None


@attrs.frozen
class AutomationStepField:
    """The field that a step sets or compares; `key` is not sent with conditions."""

    id: str
    name: str
    type: str
    key: str | None = None


@attrs.frozen
class AutomationStepCondition:
    """What a step of type `condition` compares, such as whether a field contains a text."""

    type: str
    field_id: str | None = None
    action: str | None = None
    action_value: Any = None
    field: AutomationStepField | None = None


@attrs.frozen
@aware_dates("created_at", "updated_at")
class AutomationStep:
    """A step of an automation: one class for all types, with None for what a type does not have.

    Attributes:
        id: digits.
        type: `email`, `delay`, `condition`, `action`, `webhook`; an open set.
        from_: the sender of an e-mail; the API's key is `from`.
        parent_id: the step before this one; None for the first.
        description: in words, such as `Wait for 10 minutes`.
        value: of a delay, in `unit`s; the new value of a field where `action_type` is `update_custom_field`.
        yes_step_id: where a condition goes on if it holds; `no_step_id` if it does not.
        matching_type: whether `any` or all of the `conditions` must hold.
        action_type: None while the action is not configured.
        secret: signs the deliveries of a webhook. Left out of the `repr`.
        created_at: aware, UTC, as all dates.

    API: https://developers.mailerlite.com/docs/automations.html
    """

    id: str
    type: AutomationStepType
    # Required, though many steps have none: only the tolerant path knows the API's name for it.
    from_: str | None
    parent_id: str | None = None
    complete: bool | None = None
    broken: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    description: str | None = None
    type_count: int | None = None
    name: str | None = None
    subject: str | None = None
    from_name: str | None = None
    reply_to: str | None = None
    email_id: str | None = None
    email: AutomationEmail | None = None
    language_id: int | None = None
    track_opens: bool | None = None
    google_analytics: Any = None
    tracking_was_disabled: bool | None = None
    has_unsubscribe_url: bool | None = None
    eligible_for_sending: bool | None = None
    preheader: str | None = None
    builder_type: str | None = None
    unit: str | None = None
    value: str | None = None
    yes_step_id: str | None = None
    no_step_id: str | None = None
    matching_type: str | None = None
    conditions: tuple[AutomationStepCondition, ...] = ()
    action_type: str | None = None
    field_id: str | None = None
    field: AutomationStepField | None = None
    date_operation: Any = None
    group_id: str | None = None
    group_name: str | None = None
    url: str | None = None
    secret: str | None = attrs.field(default=None, repr=False)
    webhook_id: str | None = None


@attrs.frozen
@aware_dates("created_at")
class Automation:
    """An automation with its steps.

    Attributes:
        id: digits.
        enabled: whether it runs.
        warnings: what the dashboard would say about it.
        created_at: aware, UTC.
        triggers: what starts it; empty in a fresh draft, which has no `complete`, `broken` and counts either.
        first_email_screenshot_url: sent in lists only.

    API: https://developers.mailerlite.com/docs/automations.html
    """

    id: str
    name: str
    enabled: bool
    trigger_data: AutomationTriggerData
    warnings: tuple[Any, ...]
    stats: AutomationStats
    created_at: datetime
    has_banned_content: bool
    steps: tuple[AutomationStep, ...]
    triggers: tuple[AutomationTrigger, ...] = ()
    complete: bool | None = None
    broken: bool | None = None
    emails_count: int | None = None
    first_email_screenshot_url: str | None = None
    qualified_subscribers_count: int | None = None
    automation_template_id: int | None = None
    automation_template_name: str | None = None


@attrs.frozen
@aware_dates("scheduled_for")
class AutomationStepRun:
    """A step that a run has come to.

    Attributes:
        id: of the step's run.
        step_id: of the step.
        scheduled_for: when it is or was due, aware, UTC; None for a step that waits for nothing.
    """

    id: str
    step_id: str
    description: str
    scheduled_for: datetime | None = None


@attrs.frozen
class AutomationRunSubscriber:
    """Whom a run is about."""

    id: str
    email: str


@attrs.frozen
@aware_dates("date", "scheduled_for")
class AutomationRun:
    """One subscriber's way through an automation.

    Attributes:
        id: of the run.
        status: `Completed`, `Active`, `Canceled` or `Failed`: capitalised, unlike the filter.
        date: aware, UTC, as all dates.
        step_runs: the steps it has come to; the API's key is `stepRuns`.
        reason: why it failed or was cancelled.
        subscriber: None where the API did not send it.
        current_step: where it is; the API's key is `currentStep`.
        next_step: where it goes on, None at the end; the API's key is `nextStep`.
        scheduled_for: when it goes on; active runs only.

    API: https://developers.mailerlite.com/docs/automations.html
    """

    id: str
    status: AutomationRunStatus
    date: datetime
    step_runs: tuple[AutomationStepRun, ...] = attrs.field(metadata={"key": "stepRuns"})
    reason: str | None = None
    reason_description: str | None = None
    subscriber: AutomationRunSubscriber | None = None
    current_step: AutomationStep | None = attrs.field(default=None, metadata={"key": "currentStep"})
    next_step: AutomationStep | None = attrs.field(default=None, metadata={"key": "nextStep"})
    scheduled_for: datetime | None = None

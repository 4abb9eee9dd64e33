"""One well-formed answer of every shape the API has, with the call it answers."""

from __future__ import annotations

import copy
import json
from typing import Any, NamedTuple

from mailerlite_async import Call, calls
from tests.support.recorded import exchange


class Sample(NamedTuple):
    """An answer and its call."""

    call: Call[Any]
    body: Any

    @property
    def content(self) -> bytes:
        """The body as JSON."""
        return json.dumps(self.body).encode()

    def decode(self) -> Any:
        """The value that the call gives for it."""
        return self.call.returns.decode(self.content, self.call)


def _recorded(name: str) -> Any:
    return copy.deepcopy(exchange(name).body)


def _listed(name: str) -> Any:
    body = _recorded(name)
    return {**body, "data": body["data"][:2]}


def group() -> dict[str, Any]:
    """A group as recorded."""
    found: dict[str, Any] = _recorded("groups-create-0")["data"]
    return found


def subscriber() -> dict[str, Any]:
    """A subscriber with a group in it."""
    found: dict[str, Any] = _recorded("subscribers-get-id-0")["data"]
    return {**found, "groups": [group()]}


def report(**changes: Any) -> dict[str, Any]:
    """The report of an import, with samples in it."""
    found: dict[str, Any] = _recorded("subscribers-get-import-0")["data"]
    return {**found, "invalid": [{"id": "1", "email": "ann@example"}], "invalid_count": 1, **changes}


def activity() -> dict[str, Any]:
    """An entry of the activity log, as documented."""
    return {
        "id": "1235",
        "log_name": "added_to_group",
        "subject_id": "1000000000000000",
        "subject_type": "subscribers",
        "properties": {"group_name": "test group", "group_id": "1"},
        "created_at": "2024-05-01 12:43:29",
        "updated_at": "2024-05-01 12:43:29",
    }


def automation() -> dict[str, Any]:
    """An automation as recorded, with further steps as documented."""
    found: dict[str, Any] = _recorded("automations-get-0")["data"]
    return {**found, "first_email_screenshot_url": None, "steps": [*found["steps"], condition_step(), action_step()]}


def condition_step() -> dict[str, Any]:
    """A step of an automation that compares, as documented."""
    return {
        "id": "76468141616531049",
        "type": "condition",
        "parent_id": "61226379035805534",
        "complete": True,
        "broken": False,
        "yes_step_id": "76468160915572330",
        "no_step_id": None,
        "matching_type": "any",
        "conditions": [
            {
                "type": "custom_fields",
                "field_id": "5",
                "action": "contains",
                "action_value": "unknown",
                "field": {"id": "5", "name": "City", "type": "text"},
            }
        ],
        "created_at": "2022-07-21 07:54:02",
        "updated_at": "2022-07-21 07:54:02",
        "description": "Check some condition",
    }


def action_step() -> dict[str, Any]:
    """A step of an automation that sets a field, as documented."""
    return {
        "id": "76468141616531050",
        "type": "action",
        "parent_id": "76468141616531049",
        "action_type": "update_custom_field",
        "field_id": "5",
        "field": {"id": "5", "name": "City", "key": "city", "type": "text"},
        "date_operation": None,
        "value": "Vilnius",
    }


def run() -> dict[str, Any]:
    """An entry of the activity of an automation, as documented."""
    return {
        "id": "63060835041281261",
        "status": "Completed",
        "date": "2022-08-10 14:13:08",
        "reason": None,
        "reason_description": "",
        "subscriber": {"id": "1", "email": "ann@example.com"},
        "stepRuns": [
            {
                "id": "63060835092661486",
                "step_id": "63060773780325602",
                "description": "Wait for 10 minutes",
                "scheduled_for": "2022-08-10 14:12:11",
            },
            {
                "id": "63062186887480569",
                "step_id": "61226379035805534",
                "description": 'Send "Hello" email',
                "scheduled_for": None,
            },
        ],
        "nextStep": condition_step(),
        "currentStep": {"id": "61226379035805534", "type": "email", "from": "bob@example.com"},
    }


SAMPLES: dict[str, Sample] = {
    "subscriber": Sample(calls.subscribers.get("1"), {"data": subscriber()}),
    "subscribers": Sample(calls.subscribers.list(), _listed("subscribers-list-0")),
    "forgotten": Sample(calls.subscribers.forget("1"), _recorded("subscribers-forget-1")),
    "count": Sample(calls.subscribers.count(), {"total": 1004}),
    "activity": Sample(calls.subscribers.activity("1"), {"data": [activity()]}),
    "group": Sample(calls.groups.create("Readers"), {"data": group()}),
    "groups": Sample(calls.groups.list(), _listed("groups-list-0")),
    "job": Sample(
        calls.groups.import_subscribers("1", [{"email": "ann@example.com"}]),
        {"import_progress_url": "https://connect.mailerlite.com/api/subscribers/import/139791107607233967"},
    ),
    "report": Sample(calls.imports.get("1"), {"data": report()}),
    "field": Sample(calls.fields.create("Team"), _recorded("fields-create-0")),
    "fields": Sample(calls.fields.list(), _listed("fields-list-0")),
    "timezones": Sample(calls.timezones.list(), _listed("timezones-list-0")),
    "languages": Sample(calls.campaign_languages.list(), _listed("campaign-languages-0")),
    "segment": Sample(calls.segments.get("1"), _recorded("segments-get-0")),
    "segments": Sample(calls.segments.list(), _recorded("segments-list-0")),
    "webhook": Sample(calls.webhooks.get("1"), _recorded("webhooks-get-0")),
    "webhooks": Sample(calls.webhooks.list(), _recorded("webhooks-list-0")),
    "form": Sample(calls.forms.get("1"), _recorded("forms-get-0")),
    "forms": Sample(calls.forms.list("popup"), _listed("forms-list-0")),
    "automation": Sample(calls.automations.get("1"), {"data": automation()}),
    "runs": Sample(calls.automations.activity("1", "completed"), {"data": [run()]}),
}

# Some of their keys are no names of attributes, so that they always take the tolerant path.
RENAMED = ("automation", "runs")

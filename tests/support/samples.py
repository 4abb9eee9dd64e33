"""One well-formed answer of every shape the API has, with the call it answers."""

from __future__ import annotations

import copy
import json
from typing import Any, NamedTuple

from mailerlite_async import Call, calls, models
from tests.support import ecommerce
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


def campaign_activity() -> dict[str, Any]:
    """What a recipient did with a campaign."""
    return {"id": "139789081474237740", "opens_count": 2, "clicks_count": 0, "subscriber": subscriber()}


def sent_campaign() -> Any:
    """A sent A/B campaign with every key that is recorded or documented."""
    listed = _recorded("campaign-list-0")["data"][1]
    body = _recorded("campaign-get-0")
    email = body["data"]["emails"][0]
    email["click_map"] = {"2": {"id": "12", "count": 3, "percentage": 37.5}}
    email["stats"] |= {"sent": 2, "opens_count": 1, "unique_opens_count": 1, "unique_clicks_count": 0}
    email["stats"]["open_rate"] = {"float": 0.5, "string": "50%"}
    body["data"] |= {
        **{
            key: listed[key] for key in ("filter", "filter_for_humans", "basic_filter_for_humans", "initial_created_at")
        },
        "type": "ab",
        "status": "sent",
        "stats": email["stats"],
        "has_winner": True,
        "winner_version_for_human": "B",
        "winner_sending_time_for_humans": "9:00",
        "winner_selected_manually_at": "2025-09-21 21:00:00",
        "started_at": "2025-09-21 20:00:01",
        "ecommerce_stats": {"total_orders": 0, "total_price": "0", "multi_currency": False},
        "breadcrumbs": [{"url": None, "text": "Type", "active": True, "disabled": False, "state": None}],
        "deliveries_count": 2,
    }
    return body


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
    **{name: Sample(call, ecommerce.document(name)) for name, call in ecommerce.CALLS.items()},
    "product": Sample(calls.products.get("1", "2"), {"data": ecommerce.document("products-list")["data"][0]}),
    "customer": Sample(calls.customers.get("1", "2"), {"data": ecommerce.document("customers-list")["data"][0]}),
    "order": Sample(
        calls.orders.get("1", "2"),
        {
            "data": {
                **ecommerce.document("orders-list")["data"][0],
                "status": "pending",
                "total_price": 1300,
                "created_at": "2021-09-01 14:03:50",
                "updated_at": "2021-09-01 14:03:50",
                "resource_id": "A-1",
            }
        },
    ),
    "cart": Sample(calls.carts.get("1", "2"), {"data": ecommerce.document("carts-list")["data"][0]}),
    "shops count": Sample(calls.shops.count(), {"total": 3}),
    "campaign": Sample(calls.campaigns.get("1"), sent_campaign()),
    "campaigns": Sample(calls.campaigns.list(), _listed("campaign-list-0")),
    "campaign activity": Sample(calls.campaigns.activity("1"), {"data": [campaign_activity()]}),
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

# What users give, one of each kind.
INPUTS: tuple[Any, ...] = (
    models.SubscriberRow("ann@example.com", {"name": "Ann"}),
    models.CartItemInput("3"),
    models.CartInput([models.CartItemInput("3")]),
    models.OrderCustomerInput("ann@example.com"),
    models.OrderInput(models.OrderCustomerInput("ann@example.com"), models.CartInput([]), "pending"),
    models.CategoryInput("Cups"),
    models.ProductInput("Mug"),
    models.CustomerInput("ann@example.com"),
    models.CampaignEmail("Hello", "Ann", "ann@example.com"),
    models.AbVariant(subject="Hi"),
    models.AbSettings("sending_time", 100),
    models.ResendSettings("Hello again", "o"),
    models.CampaignSender("ann@example.com", "Ann"),
    models.MultivariateSettings(["A", "B"], [models.CampaignSender("ann@example.com", "Ann")], 10),
    models.CampaignSchedule(hours=9, minutes=0),
    models.ResendSchedule("day"),
)

# Some of their keys are no names of attributes.
RENAMED = ("automation", "runs", "campaign", "campaigns", "campaign activity")

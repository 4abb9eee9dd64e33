"""One well-formed answer of every shape the API has, with the call it answers."""

from __future__ import annotations

import copy
import json
from typing import Any, NamedTuple

from mailerlite_async import Call, calls
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
}

"""Builders of calls: one module per resource, one function per endpoint, no I/O.

They are the source of both facades: signature, docstring and types of a resource method are those of its builder. Use
them directly to build calls for `client.execute`.
"""

from typing import TYPE_CHECKING

from mailerlite_async._lazy import load_on_demand

if TYPE_CHECKING:
    from mailerlite_async._batch import batch
    from mailerlite_async.calls import (
        automations,
        campaign_languages,
        campaigns,
        cart_items,
        carts,
        categories,
        customers,
        fields,
        forms,
        groups,
        imports,
        orders,
        products,
        segments,
        shops,
        subscribers,
        timezones,
        webhooks,
    )

_ORIGINS = {
    "batch": "_batch",
    "automations": "calls.automations",
    "campaign_languages": "calls.campaign_languages",
    "campaigns": "calls.campaigns",
    "cart_items": "calls.cart_items",
    "carts": "calls.carts",
    "categories": "calls.categories",
    "customers": "calls.customers",
    "fields": "calls.fields",
    "forms": "calls.forms",
    "groups": "calls.groups",
    "imports": "calls.imports",
    "orders": "calls.orders",
    "products": "calls.products",
    "segments": "calls.segments",
    "shops": "calls.shops",
    "subscribers": "calls.subscribers",
    "timezones": "calls.timezones",
    "webhooks": "calls.webhooks",
}

__all__ = [
    "automations",
    "batch",
    "campaign_languages",
    "campaigns",
    "cart_items",
    "carts",
    "categories",
    "customers",
    "fields",
    "forms",
    "groups",
    "imports",
    "orders",
    "products",
    "segments",
    "shops",
    "subscribers",
    "timezones",
    "webhooks",
]

_load = load_on_demand(__name__, _ORIGINS)


def __getattr__(name: str) -> object:
    return _load(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

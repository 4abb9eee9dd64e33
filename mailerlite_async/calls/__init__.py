"""Builders of calls: one module per resource, one function per endpoint, no I/O.

They are the source of both facades: signature, docstring and types of a resource method are those of its builder. Use
them directly to build calls for `client.execute`.
"""

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

"""Products of a shop and their categories."""

from __future__ import annotations

from datetime import datetime

import attrs

from mailerlite_async.models._dates import aware_dates


@attrs.frozen
@aware_dates("created_at", "updated_at")
class Category:
    """A category of products.

    Attributes:
        id: digits.
        exclude_from_automations: True if products of it never trigger automations.
        created_at: aware, UTC.
        resource_id: the shop's own id, if it gave one.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-api
    """

    # A number in the answer to an import.
    id: str = attrs.field(metadata={"sent_as": int})
    name: str
    exclude_from_automations: bool
    created_at: datetime
    updated_at: datetime
    resource_id: str | None = None


@attrs.frozen
@aware_dates("created_at", "updated_at")
class Product:
    """A product.

    Attributes:
        id: digits.
        price: in the shop's currency, such as 123.4.
        exclude_from_automations: True if it never triggers automations.
        short_description: up to 255 characters; like `description` None where the product is part of a category or a
            cart, where the API does not send it.
        categories: None where the API did not send them.
        resource_id: the shop's own id, if it gave one.
        created_at: aware, UTC; None where the API does not send it, which is nearly everywhere.

    API: https://developers.mailerlite.com/docs/ecommerce-products-api
    """

    id: str
    name: str
    price: float | None = None
    url: str | None = None
    image: str | None = None
    exclude_from_automations: bool | None = None
    short_description: str | None = None
    description: str | None = None
    categories: tuple[Category, ...] | None = None
    resource_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

"""What a shop sends: orders with their customer and cart, and the rows of imports.

Leave out what is not given; None is sent as null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.models.orders import OrderStatus
from mailerlite_async.models.subscribers import FieldValue


@attrs.frozen
class CategoryInput:
    """A category to import.

    Attributes:
        exclude_from_automations: True if products of it shall never trigger automations; the API's default is False.
        resource_id: the shop's own id (not documented by the API).

    API: https://developers.mailerlite.com/docs/ecommerce-categories-api
    """

    name: str
    exclude_from_automations: bool | Unset = UNSET
    resource_id: str | int | Unset = UNSET


@attrs.frozen
class ProductInput:
    """A product to import.

    Attributes:
        price: in the shop's currency.
        short_description: up to 255 characters.
        categories: ids of categories; the shop's own ones where the call says `by_resource_id`.
        exclude_from_automations: True if it shall never trigger automations; the API's default is False.
        resource_id: the shop's own id (not documented by the API).

    API: https://developers.mailerlite.com/docs/ecommerce-products-api
    """

    name: str
    price: float | None | Unset = UNSET
    url: str | None | Unset = UNSET
    image: str | None | Unset = UNSET
    short_description: str | None | Unset = UNSET
    description: str | None | Unset = UNSET
    categories: Sequence[str | int] | Unset = UNSET
    exclude_from_automations: bool | Unset = UNSET
    resource_id: str | int | Unset = UNSET


@attrs.frozen
class CustomerInput:
    """A customer to import.

    Attributes:
        email: the link to a subscriber.
        accepts_marketing: only customers for whom this is True trigger automations.
        create_subscriber: True to make a subscriber if there is none with this address.
        total_spent: in the shop's currency.
        orders_count: not documented by the API, like all that follows.
        subscriber_fields: by field key, for the subscriber.
        last_order: when it was; aware.
        last_order_id: the shop's own id of it.
        resource_id: the shop's own id.

    API: https://developers.mailerlite.com/docs/ecommerce-customers-api
    """

    email: str
    accepts_marketing: bool | Unset = UNSET
    create_subscriber: bool | Unset = UNSET
    total_spent: float | None | Unset = UNSET
    orders_count: int | None | Unset = UNSET
    subscriber_fields: Mapping[str, FieldValue] | Unset = UNSET
    last_order: datetime | None | Unset = UNSET
    last_order_id: str | int | None | Unset = UNSET
    resource_id: str | int | Unset = UNSET


@attrs.frozen
class OrderCustomerInput:
    """The customer of an order.

    Attributes:
        email: the link to a subscriber.
        accepts_marketing: only customers for whom this is True trigger automations.
        create_subscriber: True to make a subscriber if there is none with this address.
        subscriber_fields: by field key, for the subscriber (not documented by the API).
        resource_id: the shop's own id (not documented by the API).

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """

    email: str
    accepts_marketing: bool | Unset = UNSET
    create_subscriber: bool | Unset = UNSET
    subscriber_fields: Mapping[str, FieldValue] | Unset = UNSET
    resource_id: str | int | Unset = UNSET


@attrs.frozen
class CartItemInput:
    """A line of a cart.

    Attributes:
        product_id: the product; the shop's own id where the call says `by_resource_id`.
        quantity: how many.
        price: in the shop's currency.
        variant: free text, such as a colour and a size.
        resource_id: the shop's own id of the line (not documented by the API).

    API: https://developers.mailerlite.com/docs/ecommerce-cart-items-api
    """

    product_id: str | int
    quantity: int | Unset = UNSET
    price: float | Unset = UNSET
    variant: str | None | Unset = UNSET
    resource_id: str | int | Unset = UNSET


@attrs.frozen
class CartInput:
    """The cart of an order.

    Attributes:
        items: its lines: `CartItemInput`s, or mappings of the API's own keys.
        checkout_url: where the customer can go on with it.
        cart_total: in the shop's currency.
        resource_id: the shop's own id (not documented by the API).

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """

    items: Sequence[CartItemInput | Mapping[str, Any]]
    checkout_url: str | None | Unset = UNSET
    cart_total: float | Unset = UNSET
    resource_id: str | int | Unset = UNSET


@attrs.frozen
class OrderInput:
    """An order to import.

    Attributes:
        customer: an `OrderCustomerInput`, or a mapping of the API's own keys.
        cart: a `CartInput`, or a mapping of the API's own keys.
        status: `pending` or `complete`.
        total_price: in the shop's currency, with tax, shipping and discounts, which the shop computes.
        created_at: when it was made; aware (not documented by the API).
        resource_id: the shop's own id (not documented by the API).

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """

    customer: OrderCustomerInput | Mapping[str, Any]
    cart: CartInput | Mapping[str, Any]
    status: OrderStatus
    total_price: float | Unset = UNSET
    created_at: datetime | Unset = UNSET
    resource_id: str | int | Unset = UNSET

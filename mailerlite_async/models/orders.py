"""Customers of a shop, their orders, and the carts of those."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models.products import Product
from mailerlite_async.models.shops import Shop
from mailerlite_async.models.subscribers import Subscriber

if TYPE_CHECKING:
    OrderStatus = Literal["pending", "complete", "processing"] | str
else:
    OrderStatus = str


@attrs.frozen
@aware_dates("created_at", "updated_at")
class Customer:
    """A customer of a shop.

    Attributes:
        id: digits.
        accepts_marketing: only customers for whom this is True trigger automations.
        subscriber: the subscriber with this address, with its groups; None if there is none.
        created_at: aware, UTC; like `updated_at` None where the customer is part of an order or a cart.
        resource_id: the shop's own id, if it gave one.

    API: https://developers.mailerlite.com/docs/ecommerce-customers-api
    """

    id: str
    email: str
    accepts_marketing: bool | None = None
    subscriber: Subscriber | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    resource_id: str | None = None


@attrs.frozen
class CartItem:
    """A line of a cart.

    Attributes:
        id: digits.
        product: the product with its categories, without descriptions.
        variant: free text.
        price: in the shop's currency, such as 123.4.
        resource_id: the shop's own id, if it gave one.

    API: https://developers.mailerlite.com/docs/ecommerce-cart-items-api
    """

    id: str
    product: Product | None = None
    variant: str | None = None
    quantity: int | None = None
    price: float | None = None
    resource_id: str | None = None


@attrs.frozen
class Cart:
    """A cart. It comes with its order, and goes with it.

    Attributes:
        id: digits.
        ecommerce_order_id: the order it belongs to; None where the cart is part of one.
        cart_total: in the shop's currency, such as 1234.99.
        customer: None where the cart is part of an order, which has it.
        resource_id: the shop's own id, if it gave one.

    API: https://developers.mailerlite.com/docs/ecommerce-carts-api
    """

    id: str
    ecommerce_order_id: str | None = None
    checkout_url: str | None = None
    cart_total: float | None = None
    customer: Customer | None = None
    items: tuple[CartItem, ...] = ()
    resource_id: str | None = None


@attrs.frozen
@aware_dates("created_at", "updated_at")
class Order:
    """An order.

    Only the first four are documented; the API is not known to send the others always.

    Attributes:
        id: digits.
        status: `pending` until it is paid for, then `complete`.
        total_price: what the shop said, in its currency.
        created_at: aware, UTC.
        resource_id: the shop's own id, if it gave one.

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """

    id: str
    shop: Shop | None = None
    customer: Customer | None = None
    cart: Cart | None = None
    status: OrderStatus | None = None
    total_price: float | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    resource_id: str | None = None

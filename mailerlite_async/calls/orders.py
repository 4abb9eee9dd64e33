"""Orders of a shop: a pending one arms the automations of abandoned carts, a complete one fires those of purchases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, Listing, Nothing, Total
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.calls._shop import ROUTE, body, flags, import_rows, order_shape, part, shop, whole
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import CartInput, Order, OrderCustomerInput, OrderInput, OrderStatus

# No maximum is published; 100 is the API's default.
PAGE_SIZES = {"list": 100}

_ROUTE = f"{ROUTE}/orders"
_ONE = f"{_ROUTE}/{{order_id}}"


def list(shop_id: str | int, *, limit: int | None = None, page: int | None = None) -> Call[Page[Order]]:
    """One page of the orders of a shop.

    Args:
        shop_id: the id.
        limit: orders a page; the API's default is 100.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no such shop.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """
    params = query(("limit", page_limit(limit)), ("page", page))
    return Call("GET", _ROUTE, Listing(Order, "page"), (shop(shop_id),), params, repeatable=True)


def count(shop_id: str | int) -> Call[int]:
    """The number of orders of a shop.

    Args:
        shop_id: the id.

    Returns:
        The number.

    Raises:
        NotFoundError: if there is no such shop.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """
    return Call("GET", _ROUTE, Total(), (shop(shop_id),), query(("limit", 0)), repeatable=True)


def get(shop_id: str | int, order_id: str | int, *, by_resource_id: bool = False) -> Call[Order]:
    """One order.

    Args:
        shop_id: the id of the shop.
        order_id: the id.
        by_resource_id: True if `order_id` is the shop's own id (not documented by the API).

    Returns:
        The order.

    Raises:
        NotFoundError: if there is no such shop or order.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """
    segments = (shop(shop_id), part(order_id, "order_id", by_resource_id))
    return Call("GET", _ONE, Data(Order), segments, flags(by_resource_id), repeatable=True)


def create(
    shop_id: str | int,
    customer: OrderCustomerInput | Mapping[str, Any],
    cart: CartInput | Mapping[str, Any],
    *,
    status: OrderStatus,
    total_price: float | Unset = UNSET,
    created_at: datetime | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[Order]:
    """Add an order with its cart; send a pending one as soon as the address is known. Never repeated blindly.

    Args:
        shop_id: the id of the shop.
        customer: an `OrderCustomerInput`, or a mapping of the API's own keys.
        cart: a `CartInput`, or a mapping of the API's own keys.
        status: `pending` until the order is paid for, then `complete`.
        total_price: in the shop's currency, with tax, shipping and discounts, which the shop computes.
        created_at: when it was made; aware, sent as UTC (not documented by the API).
        resource_id: the shop's own id (not documented by the API).
        by_resource_id: True if the ids here, in the path and the body, are the shop's own (not documented by the API).

    Returns:
        The new order.

    Raises:
        NotFoundError: if there is no such shop.
        ValidationError: if a value is refused; another status, before it is sent.
        ValueError: if an id is not one, the date is naive, or customer or cart lack a key or have an unknown one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """
    content = body(
        order_shape(by_resource_id),
        "POST",
        _ROUTE,
        customer=customer,
        cart=cart,
        status=status,
        total_price=total_price,
        created_at=created_at,
        resource_id=resource_id,
    )
    segments = (shop(shop_id),)
    return Call("POST", _ROUTE, Data(Order), segments, flags(by_resource_id), content, repeatable=False)


def update(
    shop_id: str | int,
    order_id: str | int,
    *,
    status: OrderStatus | Unset = UNSET,
    total_price: float | Unset = UNSET,
    customer: OrderCustomerInput | Mapping[str, Any] | Unset = UNSET,
    cart: CartInput | Mapping[str, Any] | Unset = UNSET,
    created_at: datetime | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[Order]:
    """Change an order, above all to `complete` when it is paid for. What is left out stays as it is.

    Args:
        shop_id: the id of the shop.
        order_id: the id.
        status: `pending` or `complete`; `processing` has been seen too.
        total_price: in the shop's currency, with tax, shipping and discounts, which the shop computes.
        customer: an `OrderCustomerInput`, or a mapping of the API's own keys.
        cart: a `CartInput`, or a mapping of the API's own keys.
        created_at: when it was made; aware, sent as UTC (not documented by the API).
        resource_id: the shop's own id (not documented by the API).
        by_resource_id: True if the ids here, in the path and the body, are the shop's own (not documented by the API).

    Returns:
        The order.

    Raises:
        NotFoundError: if there is no such shop or order.
        ValidationError: if a value is refused; another status, before it is sent.
        ValueError: if an id is not one, the date is naive, or customer or cart have a key that is not known.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """
    content = body(
        order_shape(by_resource_id, change=True),
        "PUT",
        _ONE,
        status=status,
        total_price=total_price,
        customer=customer,
        cart=cart,
        created_at=created_at,
        resource_id=resource_id,
    )
    segments = (shop(shop_id), part(order_id, "order_id", by_resource_id))
    return Call("PUT", _ONE, Data(Order), segments, flags(by_resource_id), content, repeatable=True)


def delete(shop_id: str | int, order_id: str | int, *, by_resource_id: bool = False) -> Call[None]:
    """Delete an order with its cart.

    Args:
        shop_id: the id of the shop.
        order_id: the id.
        by_resource_id: True if `order_id` is the shop's own id (not documented by the API).

    Raises:
        NotFoundError: if there is no such shop or order.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """
    segments = (shop(shop_id), part(order_id, "order_id", by_resource_id))
    return Call("DELETE", _ONE, Nothing(), segments, flags(by_resource_id), repeatable=True)


def queue_sync(shop_id: str | int, order: OrderInput | Mapping[str, Any], *, by_resource_id: bool = True) -> Call[None]:
    """Have an order taken over in the background. The API takes this call, though it is not documented.

    Args:
        shop_id: the id of the shop.
        order: an `OrderInput`, or a mapping of the API's own keys.
        by_resource_id: True if the ids in the order are the shop's own, the only way this call has been seen.

    Raises:
        NotFoundError: if there is no such shop.
        ValidationError: if a value is refused; another status, before it is sent.
        ValueError: if an id is not one, the date is naive, or the order lacks a key or has one that is not known.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """
    route = f"{_ROUTE}/queue-order-sync"
    content = whole(order_shape(by_resource_id), "POST", route, "order", order)
    return Call("POST", route, Nothing(), (shop(shop_id),), flags(by_resource_id), content, repeatable=False)


def import_orders(
    shop_id: str | int, rows: Iterable[OrderInput | Mapping[str, Any]], *, by_resource_id: bool = False
) -> Call[tuple[Order, ...]]:
    """Add many orders in one call, which is done when it returns. Rows without `resource_id` are new ones each time.

    The documents name this call without its body; this is the one that shops are known to send. No maximum of rows is
    published; 100 a call have been seen.

    Args:
        shop_id: the id of the shop.
        rows: `OrderInput`s, or mappings of the API's own keys, which `OrderInput` has too.
        by_resource_id: True if an order whose `resource_id` the shop has already is changed instead, and if the ids of
            products are the shop's own (not documented by the API).

    Returns:
        The orders as stored, in order.

    Raises:
        NotFoundError: if there is no such shop.
        ValidationError: if a row is refused; the keys of `errors` are such as `orders.3.status`.
        ValueError: if an id is not one, a date is naive, there are no rows, or one lacks a key or has one that is not
            known.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-orders-api
    """
    route = f"{_ROUTE}/import"
    content = {"orders": import_rows(order_shape(by_resource_id), route, rows, within="orders")}
    segments, params = (shop(shop_id),), flags(by_resource_id)
    return Call("POST", route, Data(tuple[Order, ...]), segments, params, content, repeatable=False)

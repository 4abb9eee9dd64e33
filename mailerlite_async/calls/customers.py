"""Customers of a shop, tied to subscribers by their addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, Listing, Nothing, Total
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.calls._shop import CUSTOMER, ROUTE, body, flags, import_rows, part, shop
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import Customer, CustomerInput, FieldValue

# No maximum is published; 100 is the API's default.
PAGE_SIZES = {"list": 100}

_ROUTE = f"{ROUTE}/customers"
_ONE = f"{_ROUTE}/{{customer_id}}"


def list(shop_id: str | int, *, limit: int | None = None, page: int | None = None) -> Call[Page[Customer]]:
    """One page of the customers of a shop.

    Args:
        shop_id: the id.
        limit: customers a page; the API's default is 100.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no such shop.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-customers-api
    """
    params = query(("limit", page_limit(limit)), ("page", page))
    return Call("GET", _ROUTE, Listing(Customer, "page"), (shop(shop_id),), params, repeatable=True)


def count(shop_id: str | int) -> Call[int]:
    """The number of customers of a shop.

    Args:
        shop_id: the id.

    Returns:
        The number.

    Raises:
        NotFoundError: if there is no such shop.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-customers-api
    """
    return Call("GET", _ROUTE, Total(), (shop(shop_id),), query(("limit", 0)), repeatable=True)


def get(shop_id: str | int, customer_id: str | int, *, by_resource_id: bool = False) -> Call[Customer]:
    """One customer.

    Args:
        shop_id: the id of the shop.
        customer_id: the id.
        by_resource_id: True if `customer_id` is the shop's own id (not documented by the API).

    Returns:
        The customer.

    Raises:
        NotFoundError: if there is no such shop or customer.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-customers-api
    """
    segments = (shop(shop_id), part(customer_id, "customer_id", by_resource_id))
    return Call("GET", _ONE, Data(Customer), segments, flags(by_resource_id), repeatable=True)


def create(
    shop_id: str | int,
    email: str,
    *,
    accepts_marketing: bool | Unset = UNSET,
    create_subscriber: bool | Unset = UNSET,
    total_spent: float | None | Unset = UNSET,
    orders_count: int | None | Unset = UNSET,
    subscriber_fields: Mapping[str, FieldValue] | Unset = UNSET,
    last_order: datetime | None | Unset = UNSET,
    last_order_id: str | int | None | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[Customer]:
    """Add a customer. The same call again may make a second one, so it is never repeated blindly.

    Args:
        shop_id: the id of the shop.
        email: the link to a subscriber.
        accepts_marketing: only customers for whom this is True trigger automations.
        create_subscriber: True to make a subscriber if there is none with this address.
        total_spent: in the shop's currency.
        orders_count: not documented by the API, like all that follows.
        subscriber_fields: values by field key, for the subscriber.
        last_order: when it was; aware, sent as UTC.
        last_order_id: the shop's own id of it.
        resource_id: the shop's own id.
        by_resource_id: True if the ids here, in the path and the body, are the shop's own (not documented by the API).

    Returns:
        The new customer.

    Raises:
        NotFoundError: if there is no such shop.
        ValidationError: if a value is refused; a value that the documents rule out, before it is sent.
        ValueError: if an id is not one, or the date is naive.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-customers-api
    """
    content = body(
        CUSTOMER,
        "POST",
        _ROUTE,
        email=email,
        accepts_marketing=accepts_marketing,
        create_subscriber=create_subscriber,
        total_spent=total_spent,
        orders_count=orders_count,
        subscriber_fields=subscriber_fields,
        last_order=last_order,
        last_order_id=last_order_id,
        resource_id=resource_id,
    )
    segments = (shop(shop_id),)
    return Call("POST", _ROUTE, Data(Customer), segments, flags(by_resource_id), content, repeatable=False)


def update(
    shop_id: str | int,
    customer_id: str | int,
    *,
    email: str | Unset = UNSET,
    accepts_marketing: bool | Unset = UNSET,
    create_subscriber: bool | Unset = UNSET,
    total_spent: float | None | Unset = UNSET,
    orders_count: int | None | Unset = UNSET,
    subscriber_fields: Mapping[str, FieldValue] | Unset = UNSET,
    last_order: datetime | None | Unset = UNSET,
    last_order_id: str | int | None | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[Customer]:
    """Change a customer. The documents require `email`.

    Args:
        shop_id: the id of the shop.
        customer_id: the id.
        email: the link to a subscriber.
        accepts_marketing: only customers for whom this is True trigger automations.
        create_subscriber: True to make a subscriber if there is none with this address.
        total_spent: in the shop's currency.
        orders_count: not documented by the API, like all that follows.
        subscriber_fields: values by field key, for the subscriber.
        last_order: when it was; aware, sent as UTC.
        last_order_id: the shop's own id of it.
        resource_id: the shop's own id.
        by_resource_id: True if the ids here, in the path and the body, are the shop's own (not documented by the API).

    Returns:
        The customer.

    Raises:
        NotFoundError: if there is no such shop or customer.
        ValidationError: if a value is refused; a value that the documents rule out, before it is sent.
        ValueError: if an id is not one, or the date is naive.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-customers-api
    """
    content = body(
        CUSTOMER,
        "PUT",
        _ONE,
        email=email,
        accepts_marketing=accepts_marketing,
        create_subscriber=create_subscriber,
        total_spent=total_spent,
        orders_count=orders_count,
        subscriber_fields=subscriber_fields,
        last_order=last_order,
        last_order_id=last_order_id,
        resource_id=resource_id,
    )
    segments = (shop(shop_id), part(customer_id, "customer_id", by_resource_id))
    return Call("PUT", _ONE, Data(Customer), segments, flags(by_resource_id), content, repeatable=True)


def delete(shop_id: str | int, customer_id: str | int, *, by_resource_id: bool = False) -> Call[None]:
    """Delete a customer; the subscriber stays.

    Args:
        shop_id: the id of the shop.
        customer_id: the id.
        by_resource_id: True if `customer_id` is the shop's own id (not documented by the API).

    Raises:
        NotFoundError: if there is no such shop or customer.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-customers-api
    """
    segments = (shop(shop_id), part(customer_id, "customer_id", by_resource_id))
    return Call("DELETE", _ONE, Nothing(), segments, flags(by_resource_id), repeatable=True)


def import_customers(
    shop_id: str | int, rows: Iterable[CustomerInput | Mapping[str, Any]], *, by_resource_id: bool = False
) -> Call[tuple[Customer, ...]]:
    """Add many customers in one call. The API takes this call, though it is not documented.

    No maximum of rows is published; 100 a call have been seen.

    Args:
        shop_id: the id of the shop.
        rows: `CustomerInput`s, or mappings of the API's own keys, which `CustomerInput` has too.
        by_resource_id: True if a customer whose `resource_id` the shop has already is changed instead.

    Returns:
        The customers as stored, in order.

    Raises:
        NotFoundError: if there is no such shop.
        ValidationError: if a row is refused; the keys of `errors` are such as `3.email`.
        ValueError: if the id is not one, there are no rows, or one has no `email` or a key that is not known.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-customers-api
    """
    route = f"{_ROUTE}/import"
    content = import_rows(CUSTOMER, route, rows)
    segments, params = (shop(shop_id),), flags(by_resource_id)
    return Call("POST", route, Data(tuple[Customer, ...]), segments, params, content, repeatable=False)

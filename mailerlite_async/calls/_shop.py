"""What the resources of a shop have in common: paths, the shop's own ids, and what their bodies may hold."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from mailerlite_async._call import Method, query
from mailerlite_async._paths import object_id, resource_id
from mailerlite_async.calls._bodies import (
    Place,
    Read,
    Shape,
    array,
    choice,
    currency,
    date,
    fields,
    flag,
    number,
    own_id,
    rows,
    service_id,
    short_text,
    some_text,
    text,
    whole_number,
)
from mailerlite_async.models import (
    CartInput,
    CartItemInput,
    CategoryInput,
    CustomerInput,
    OrderCustomerInput,
    OrderInput,
    ProductInput,
)

ROUTE = "/ecommerce/shops/{shop_id}"

SHOP = Shape(
    {
        "name": some_text,
        "url": some_text,
        "currency": currency,
        "platform": text,
        "group_id": service_id,
        "enable_popups": flag,
        "enabled": flag,
        "access_data": text,
        "enable_resubscribe": flag,
    },
    required=("name", "url", "currency"),
)
CATEGORY = Shape(
    {"name": some_text, "exclude_from_automations": flag, "resource_id": own_id},
    required=("name",),
    model=CategoryInput,
)
_CUSTOMER_OF_ORDER = {
    "email": some_text,
    "accepts_marketing": flag,
    "create_subscriber": flag,
    "subscriber_fields": fields,
    "resource_id": own_id,
}
ORDER_CUSTOMER = Shape(_CUSTOMER_OF_ORDER, required=("email",), model=OrderCustomerInput)
CUSTOMER = Shape(
    {
        **_CUSTOMER_OF_ORDER,
        "total_spent": number,
        "orders_count": whole_number,
        "last_order": date,
        "last_order_id": own_id,
    },
    required=("email",),
    model=CustomerInput,
)
CART = Shape({"checkout_url": text, "cart_total": number, "resource_id": own_id})


@functools.cache
def product(own: bool) -> Shape:
    """A product, with categories by the shop's own ids or by those of the API."""
    return Shape(
        {
            "name": some_text,
            "price": number,
            "url": text,
            "image": text,
            "short_description": short_text,
            "description": text,
            "categories": array(own_id if own else service_id),
            "exclude_from_automations": flag,
            "resource_id": own_id,
        },
        required=("name",),
        model=ProductInput,
    )


@functools.cache
def product_reference(own: bool) -> Shape:
    """A product that is there already, by the shop's own id or by that of the API."""
    return Shape({"product_id": own_id if own else service_id}, required=("product_id",))


def product_key(own: bool) -> str:
    """The key by which a line of a cart names its product."""
    return "product_resource_id" if own else "ecommerce_product_id"


@functools.cache
def cart_item(own: bool) -> Shape:
    """A line of a cart, with its product by the shop's own id or by that of the API."""
    key = product_key(own)
    return Shape(
        {
            key: own_id if own else service_id,
            "variant": text,
            "quantity": whole_number,
            "price": number,
            "resource_id": own_id,
        },
        required=(key,),
        model=CartItemInput,
        renamed={"product_id": key},
    )


@functools.cache
def cart(own: bool) -> Shape:
    """The cart of an order."""
    return Shape(
        {"items": array(cart_item(own).read), **CART.keys},
        required=("items",),
        model=CartInput,
    )


@functools.cache
def order_shape(own: bool, *, change: bool = False) -> Shape:
    """An order; for a change parts of its parts will do, and one more status is known."""
    parts: dict[str, Read] = {
        "customer": functools.partial(ORDER_CUSTOMER.read, partial=change),
        "cart": functools.partial(cart(own).read, partial=change),
    }
    statuses = ("pending", "complete", "processing") if change else ("pending", "complete")
    return Shape(
        {**parts, "status": choice(*statuses), "total_price": number, "created_at": date, "resource_id": own_id},
        required=("customer", "cart", "status"),
        model=OrderInput,
    )


def body(shape: Shape, method: Method, route: str, **values: Any) -> dict[str, Any]:
    """The body from keyword arguments of a builder."""
    return shape.arguments(Place(method, route), values)


def whole(shape: Shape, method: Method, route: str, name: str, value: Any) -> dict[str, Any]:
    """The body from one argument of a builder, an input class or a mapping."""
    return shape.read(value, Place(method, route, name))


def import_rows(shape: Shape, route: str, given: Iterable[Any], *, within: str = "") -> list[dict[str, Any]]:
    """The rows of an import from the argument `rows` of a builder.

    Args:
        shape: of a row.
        route: of the call.
        given: the rows.
        within: the key of the body they will stand in, if they are not the body themselves.
    """
    return rows(shape, given, Place("POST", route, "rows", within))


def shop(shop_id: str | int) -> str:
    """The path segment of a shop, which goes by the id of the API always."""
    return object_id(shop_id, "shop_id")


def part(value: str | int, argument: str, own: bool) -> str:
    """The path segment of anything in a shop, by the shop's own id or by that of the API."""
    return resource_id(value, argument) if own else object_id(value, argument)


def flags(own: bool, *, replace_categories: bool = False) -> tuple[tuple[str, str], ...]:
    """The query that says how ids are meant. The flags have no value; that they are there is what counts."""
    return query(("with_resource_id", "" if own else None), ("replace_categories", "" if replace_categories else None))

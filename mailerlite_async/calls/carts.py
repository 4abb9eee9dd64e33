"""Carts of a shop; each comes with its order."""

from __future__ import annotations

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, Listing, Total
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.calls._shop import CART, ROUTE, body, flags, part, shop
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import Cart

# No maximum is published; 100 is the API's default.
PAGE_SIZES = {"list": 100}

_ROUTE = f"{ROUTE}/carts"
_ONE = f"{_ROUTE}/{{cart_id}}"


def list(shop_id: str | int, *, limit: int | None = None, page: int | None = None) -> Call[Page[Cart]]:
    """One page of the carts of a shop.

    Args:
        shop_id: the id.
        limit: carts a page; the API's default is 100.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no such shop.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-carts-api
    """
    params = query(("limit", page_limit(limit)), ("page", page))
    return Call("GET", _ROUTE, Listing(Cart, "page"), (shop(shop_id),), params, repeatable=True)


def count(shop_id: str | int) -> Call[int]:
    """The number of carts of a shop.

    Args:
        shop_id: the id.

    Returns:
        The number.

    Raises:
        NotFoundError: if there is no such shop.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-carts-api
    """
    return Call("GET", _ROUTE, Total(), (shop(shop_id),), query(("limit", 0)), repeatable=True)


def get(shop_id: str | int, cart_id: str | int, *, by_resource_id: bool = False) -> Call[Cart]:
    """One cart.

    Args:
        shop_id: the id of the shop.
        cart_id: the id.
        by_resource_id: True if `cart_id` is the shop's own id (not documented by the API).

    Returns:
        The cart.

    Raises:
        NotFoundError: if there is no such shop or cart.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-carts-api
    """
    segments = (shop(shop_id), part(cart_id, "cart_id", by_resource_id))
    return Call("GET", _ONE, Data(Cart), segments, flags(by_resource_id), repeatable=True)


def update(
    shop_id: str | int,
    cart_id: str | int,
    *,
    checkout_url: str | None | Unset = UNSET,
    cart_total: float | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[Cart]:
    """Change a cart; its lines are changed with `cart_items`. What is left out stays as it is.

    Args:
        shop_id: the id of the shop.
        cart_id: the id.
        checkout_url: where the customer can go on with it.
        cart_total: in the shop's currency.
        resource_id: the shop's own id (not documented by the API).
        by_resource_id: True if `cart_id` is the shop's own id (not documented by the API).

    Returns:
        The cart.

    Raises:
        NotFoundError: if there is no such shop or cart.
        ValidationError: if a value is refused.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-carts-api
    """
    content = body(CART, "PUT", _ONE, checkout_url=checkout_url, cart_total=cart_total, resource_id=resource_id)
    segments = (shop(shop_id), part(cart_id, "cart_id", by_resource_id))
    return Call("PUT", _ONE, Data(Cart), segments, flags(by_resource_id), content, repeatable=True)

"""Lines of a cart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mailerlite_async._call import Call, Method, Page, query
from mailerlite_async._codec import Data, Listing, Nothing, Total
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.calls._shop import ROUTE, body, cart, cart_item, flags, part, product_key, product_reference, shop
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import CartItem, CartItemInput

# No maximum is published; 100 is the API's default.
PAGE_SIZES = {"list": 100}

_ROUTE = f"{ROUTE}/carts/{{cart_id}}/items"
_ONE = f"{_ROUTE}/{{item_id}}"


def list(
    shop_id: str | int,
    cart_id: str | int,
    *,
    limit: int | None = None,
    page: int | None = None,
    by_resource_id: bool = False,
) -> Call[Page[CartItem]]:
    """One page of the lines of a cart.

    Args:
        shop_id: the id of the shop.
        cart_id: the id of the cart.
        limit: lines a page; the API's default is 100.
        page: from 1.
        by_resource_id: True if `cart_id` is the shop's own id (not documented by the API).

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no such shop, cart or line.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-cart-items-api
    """
    params = (*query(("limit", page_limit(limit)), ("page", page)), *flags(by_resource_id))
    segments = _cart(shop_id, cart_id, by_resource_id)
    return Call("GET", _ROUTE, Listing(CartItem, "page"), segments, params, repeatable=True)


def count(shop_id: str | int, cart_id: str | int, *, by_resource_id: bool = False) -> Call[int]:
    """The number of lines of a cart.

    Args:
        shop_id: the id of the shop.
        cart_id: the id of the cart.
        by_resource_id: True if `cart_id` is the shop's own id (not documented by the API).

    Returns:
        The number.

    Raises:
        NotFoundError: if there is no such shop, cart or line.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-cart-items-api
    """
    params = (*query(("limit", 0)), *flags(by_resource_id))
    return Call("GET", _ROUTE, Total(), _cart(shop_id, cart_id, by_resource_id), params, repeatable=True)


def get(shop_id: str | int, cart_id: str | int, item_id: str | int, *, by_resource_id: bool = False) -> Call[CartItem]:
    """One line of a cart.

    Args:
        shop_id: the id of the shop.
        cart_id: the id of the cart.
        item_id: the id of the line.
        by_resource_id: True if the ids of cart and line are the shop's own (not documented by the API).

    Returns:
        The line.

    Raises:
        NotFoundError: if there is no such shop, cart or line.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-cart-items-api
    """
    segments = _item(shop_id, cart_id, item_id, by_resource_id)
    return Call("GET", _ONE, Data(CartItem), segments, flags(by_resource_id), repeatable=True)


def create(
    shop_id: str | int,
    cart_id: str | int,
    product_id: str | int,
    *,
    quantity: int | Unset = UNSET,
    price: float | Unset = UNSET,
    variant: str | None | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[CartItem]:
    """Put a product into a cart. The same call again makes a second line, so it is never repeated blindly.

    Args:
        shop_id: the id of the shop.
        cart_id: the id of the cart.
        product_id: the id of the product.
        quantity: how many.
        price: in the shop's currency.
        variant: free text, such as a colour and a size.
        resource_id: the shop's own id of the line (not documented by the API).
        by_resource_id: True if the ids of cart and product are the shop's own (not documented by the API).

    Returns:
        The new line.

    Raises:
        NotFoundError: if there is no such shop or cart.
        ValidationError: if there is no such product, or a value is refused.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-cart-items-api
    """
    values = {"quantity": quantity, "price": price, "variant": variant, "resource_id": resource_id}
    content = _content("POST", _ROUTE, product_id, by_resource_id, **values)
    segments = _cart(shop_id, cart_id, by_resource_id)
    return Call("POST", _ROUTE, Data(CartItem), segments, flags(by_resource_id), content, repeatable=False)


def update(
    shop_id: str | int,
    cart_id: str | int,
    item_id: str | int,
    *,
    product_id: str | int | Unset = UNSET,
    quantity: int | Unset = UNSET,
    price: float | Unset = UNSET,
    variant: str | None | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[CartItem]:
    """Change a line of a cart.

    Args:
        shop_id: the id of the shop.
        cart_id: the id of the cart.
        item_id: the id of the line.
        product_id: the id of another product.
        quantity: how many.
        price: in the shop's currency.
        variant: free text, such as a colour and a size.
        resource_id: the shop's own id of the line (not documented by the API).
        by_resource_id: True if the ids of cart, line and product are the shop's own (not documented by the API).

    Returns:
        The line.

    Raises:
        NotFoundError: if there is no such shop, cart or line.
        ValidationError: if there is no such product, or a value is refused.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-cart-items-api
    """
    values = {"quantity": quantity, "price": price, "variant": variant, "resource_id": resource_id}
    content = _content("PUT", _ONE, product_id, by_resource_id, **values)
    segments = _item(shop_id, cart_id, item_id, by_resource_id)
    return Call("PUT", _ONE, Data(CartItem), segments, flags(by_resource_id), content, repeatable=True)


def delete(shop_id: str | int, cart_id: str | int, item_id: str | int, *, by_resource_id: bool = False) -> Call[None]:
    """Take a line out of a cart.

    Args:
        shop_id: the id of the shop.
        cart_id: the id of the cart.
        item_id: the id of the line.
        by_resource_id: True if the ids of cart and line are the shop's own (not documented by the API).

    Raises:
        NotFoundError: if there is no such shop, cart or line.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-cart-items-api
    """
    segments = _item(shop_id, cart_id, item_id, by_resource_id)
    return Call("DELETE", _ONE, Nothing(), segments, flags(by_resource_id), repeatable=True)


def replace(
    shop_id: str | int,
    cart_id: str | int,
    items: Sequence[CartItemInput | Mapping[str, Any]],
    *,
    by_resource_id: bool = True,
) -> Call[None]:
    """Replace all lines of a cart. The API takes this call, though it is not documented.

    Args:
        shop_id: the id of the shop.
        cart_id: the id of the cart.
        items: ALL lines the cart shall have: `CartItemInput`s, or mappings of the API's own keys.
        by_resource_id: True if the ids of cart and products are the shop's own, the only way this call has been seen.

    Raises:
        NotFoundError: if there is no such shop or cart.
        ValidationError: if there is no such product, or a value is refused.
        ValueError: if an id is not one, or a line lacks its product or has a key that is not known.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-cart-items-api
    """
    route = f"{_ROUTE}/replace"
    content = body(cart(by_resource_id), "POST", route, items=items)
    segments = _cart(shop_id, cart_id, by_resource_id)
    return Call("POST", route, Nothing(), segments, flags(by_resource_id), content, repeatable=True)


def _cart(shop_id: str | int, cart_id: str | int, own: bool) -> tuple[str, str]:
    return shop(shop_id), part(cart_id, "cart_id", own)


def _item(shop_id: str | int, cart_id: str | int, item_id: str | int, own: bool) -> tuple[str, str, str]:
    return *_cart(shop_id, cart_id, own), part(item_id, "item_id", own)


def _content(method: Method, route: str, product_id: str | int | Unset, own: bool, **values: Any) -> dict[str, Any]:
    product = body(product_reference(own), method, route, product_id=product_id)
    named = {product_key(own): product["product_id"]} if product else {}
    return {**named, **body(cart_item(own), method, route, **values)}

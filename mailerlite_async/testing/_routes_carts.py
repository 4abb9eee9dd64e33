"""Routes of carts and their lines, of the products of a category, and of calls that only plug-ins are known to make."""

from __future__ import annotations

from typing import Final

from ._rendering_shops import render_cart, render_cart_item, render_product, render_short_product
from ._router import Invocation, Route
from ._routes_shops import CATEGORIES, ORDERS, PRODUCTS, SHOP, begin, listing, missing
from ._shop_input import read_cart, read_categories, read_item, read_items
from ._shop_work import Work
from ._shops_state import CartItem, Category, Order, Product
from ._validation import Validation
from ._wire import EmulatedResponse, json_response, no_content

_CART: Final = f"{SHOP}/carts/{{cart_id}}"
_ITEMS: Final = f"{_CART}/items"
_IN_CATEGORY: Final = f"{SHOP}/categories/{{category_id}}/products"


def list_carts(call: Invocation) -> EmulatedResponse:
    """`GET .../carts`."""
    work = begin(call)
    return listing(call, list(work.shop.orders), lambda order: render_cart(order, work.account))


def get_cart(call: Invocation) -> EmulatedResponse:
    """`GET .../carts/{cart_id}`."""
    work, order = _begin_cart(call)
    return json_response(200, {"data": render_cart(order, work.account)})


def update_cart(call: Invocation) -> EmulatedResponse:
    """`PUT .../carts/{cart_id}`."""
    work, order = _begin_cart(call)
    check = Validation(call.input)
    changes = read_cart(check, call.body)
    check.finish()
    work.cart(order.cart, changes)
    return json_response(200, {"data": render_cart(order, work.account)})


def list_items(call: Invocation) -> EmulatedResponse:
    """`GET .../items`."""
    _, order = _begin_cart(call)
    return listing(call, list(order.cart.items), render_cart_item)


def create_item(call: Invocation) -> EmulatedResponse:
    """`POST .../items`."""
    work, order = _begin_cart(call)
    check = Validation(call.input)
    changes = read_item(check, call.body, work.shop, new=True, own=work.own)
    check.finish()
    return json_response(201, {"data": render_cart_item(work.item(order.cart, changes))})


def get_item(call: Invocation) -> EmulatedResponse:
    """`GET .../items/{item_id}`."""
    return json_response(200, {"data": render_cart_item(_begin_item(call)[2])})


def update_item(call: Invocation) -> EmulatedResponse:
    """`PUT .../items/{item_id}`."""
    work, order, item = _begin_item(call)
    check = Validation(call.input)
    changes = read_item(check, call.body, work.shop, new=False, own=work.own)
    check.finish()
    return json_response(200, {"data": render_cart_item(work.item(order.cart, changes, item))})


def delete_item(call: Invocation) -> EmulatedResponse:
    """`DELETE .../items/{item_id}`."""
    _, order, item = _begin_item(call)
    order.cart.items.remove(item)
    return no_content()


def replace_items(call: Invocation) -> EmulatedResponse:
    """`POST .../items/replace`, which no document mentions: all lines become others."""
    work, order = _begin_cart(call)
    check = Validation(call.input)
    items = read_items(check, call.input.get("items"), work.shop, own=work.own)
    check.finish()
    work.cart(order.cart, {"items": items})
    return json_response(200, {"data": render_cart(order, work.account)})


def list_products(call: Invocation) -> EmulatedResponse:
    """`GET .../categories/{category_id}/products`."""
    work, category = _begin_category(call)
    return listing(call, [each for each in work.shop.products if category in each.categories], render_short_product)


def assign(call: Invocation) -> EmulatedResponse:
    """`POST .../products` with `product_id`, or `PUT .../products/{product_id}`: sources differ, so both."""
    work, category = _begin_category(call)
    if len(call.arguments) > 2:
        return _assigned(PRODUCTS.find(work, call.arguments[2]), category)
    check = Validation(call.input)
    given = call.input.get("product_id")
    product = work.shop.products.find(given, own=work.own)
    if given in (None, ""):
        check.add("product_id", "The product id field is required.")
    elif product is None:
        check.add("product_id", "The selected product id is invalid.")
    check.finish()
    assert product is not None
    return _assigned(product, category)


def unassign(call: Invocation) -> EmulatedResponse:
    """`DELETE .../products/{product_id}`."""
    work, category = _begin_category(call)
    product = PRODUCTS.find(work, call.arguments[2])
    if category not in product.categories:
        raise missing()
    product.categories.remove(category)
    return no_content()


def replace_categories(call: Invocation) -> EmulatedResponse:
    """`PUT .../products/{product_id}/categories/multiple`, which no document mentions."""
    work = begin(call)
    product = PRODUCTS.find(work, call.arguments[1])
    check = Validation(call.input)
    categories = read_categories(check, call.input.get("categories"), work.shop, own=work.own)
    replace = check.boolean("replace")
    check.finish()
    kept = [] if replace else [each for each in product.categories if each not in categories]
    product.categories = [*kept, *categories]
    return json_response(200, {"data": render_product(product)})


def queue_sync(call: Invocation) -> EmulatedResponse:
    """`POST .../orders/queue-order-sync`, which no document mentions: the order is taken over, here at once."""
    work, check = begin(call), Validation(call.input)
    changes = ORDERS.read(check, call.body, work, True)
    check.finish()
    order, _ = work.order(changes)
    return json_response(200, {"data": ORDERS.render(order, work.shop, work.account)})


ROUTES: Final = (
    Route("GET", f"{SHOP}/carts", list_carts),
    Route("GET", _CART, get_cart),
    Route("PUT", _CART, update_cart),
    Route("GET", _ITEMS, list_items),
    Route("POST", _ITEMS, create_item),
    Route("GET", f"{_ITEMS}/{{item_id}}", get_item),
    Route("PUT", f"{_ITEMS}/{{item_id}}", update_item),
    Route("DELETE", f"{_ITEMS}/{{item_id}}", delete_item),
    Route("POST", f"{_ITEMS}/replace", replace_items),
    Route("GET", _IN_CATEGORY, list_products),
    Route("POST", _IN_CATEGORY, assign),
    Route("PUT", f"{_IN_CATEGORY}/{{product_id}}", assign),
    Route("DELETE", f"{_IN_CATEGORY}/{{product_id}}", unassign),
    Route("PUT", f"{SHOP}/products/{{product_id}}/categories/multiple", replace_categories),
    Route("POST", f"{SHOP}/orders/queue-order-sync", queue_sync),
)


def _begin_cart(call: Invocation) -> tuple[Work, Order]:
    work = begin(call)
    order = work.shop.order_of(call.arguments[1], own=work.own)
    if order is None:
        raise missing()
    return work, order


def _begin_item(call: Invocation) -> tuple[Work, Order, CartItem]:
    work, order = _begin_cart(call)
    item = order.cart.items.find(call.arguments[2], own=work.own)
    if item is None:
        raise missing()
    return work, order, item


def _begin_category(call: Invocation) -> tuple[Work, Category]:
    work = begin(call)
    category: Category = CATEGORIES.find(work, call.arguments[1])
    return work, category


def _assigned(product: Product, category: Category) -> EmulatedResponse:
    if category not in product.categories:
        product.categories.append(category)
    return json_response(200, {"data": render_short_product(product)})

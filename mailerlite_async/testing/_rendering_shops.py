"""The JSON shapes of shops and of what is in them, key for key as documented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ._moment import iso_date, naive_date
from ._rendering import JsonObject, render_rate, render_subscriber_with_groups
from ._shops_state import Cart, CartItem, Category, Customer, Order, Product, Record, Shop
from ._state import Account

_SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "PLN": "zł"}


def render_shop(shop: Shop, account: Account) -> JsonObject:
    """A shop as in answers about shops."""
    return {**_render_shop_in_order(shop, account), "currency_sign": _SIGNS.get(shop.currency, shop.currency)}


def render_category(category: Category) -> JsonObject:
    """A category."""
    return _category(category, naive_date)


def render_product(product: Product) -> JsonObject:
    """A product as in answers about products."""
    return {
        **render_short_product(product),
        "short_description": product.short_description,
        "description": product.description,
    }


def render_short_product(product: Product) -> JsonObject:
    """A product as in categories and carts, without descriptions."""
    return {
        "id": str(product.id),
        "name": product.name,
        "price": product.price,
        "url": product.url,
        "image": product.image,
        "exclude_from_automations": product.exclude_from_automations,
        "categories": [render_category(category) for category in product.categories],
        **_own_id(product),
    }


def render_customer(customer: Customer, account: Account) -> JsonObject:
    """A customer as in answers about customers."""
    return {**_render_customer_in_order(customer, account), **_dates(customer, naive_date)}


def render_order(order: Order, shop: Shop, account: Account) -> JsonObject:
    """An order with everything in it."""
    return {
        "id": str(order.id),
        "shop": _render_shop_in_order(shop, account),
        "customer": _render_customer_in_order(order.customer, account),
        "cart": _render_cart_in_order(order.cart),
        "status": order.status,
        "total_price": order.total_price,
        **_dates(order, naive_date),
        **_own_id(order),
    }


def render_cart(order: Order, account: Account) -> JsonObject:
    """The cart of an order as in answers about carts."""
    cart = _render_cart_in_order(order.cart)
    return {
        "id": cart.pop("id"),
        "ecommerce_order_id": str(order.id),
        **cart,
        "customer": _render_customer_in_order(order.customer, account),
    }


def render_cart_item(item: CartItem) -> JsonObject:
    """A line of a cart: the product itself, where the request had its id."""
    return {
        "id": str(item.id),
        "product": render_short_product(item.product),
        "variant": item.variant,
        "quantity": item.quantity,
        "price": item.price,
        **_own_id(item),
    }


def render_imported_category(category: Category) -> JsonObject:
    """A category as in the answer to an import."""
    return _imported(category, _category(category, iso_date))


def render_imported_product(product: Product) -> JsonObject:
    """A product as in the answer to an import."""
    categories = [render_imported_category(category) for category in product.categories]
    return _imported(product, {**render_product(product), "categories": categories, **_dates(product, iso_date)})


def render_imported_customer(customer: Customer, account: Account) -> JsonObject:
    """A customer as in the answer to an import."""
    return _imported(customer, {**render_customer(customer, account), **_dates(customer, iso_date)})


def render_imported_order(order: Order, shop: Shop, account: Account) -> JsonObject:
    """An order as in the answer to an import."""
    return _imported(order, {**render_order(order, shop, account), **_dates(order, iso_date)})


def _imported(record: Record, rendered: JsonObject) -> JsonObject:
    """The form of imports, where the id is a number and dates are ISO."""
    return {**rendered, "id": record.id}


def _render_shop_in_order(shop: Shop, account: Account) -> JsonObject:
    group = account.groups.get(shop.group_id)
    return {
        "id": str(shop.id),
        "name": shop.name,
        "url": shop.url,
        "currency": shop.currency,
        "enabled": shop.enabled,
        "enable_popups": shop.enable_popups,
        "group": group
        and {
            "id": str(group.id),
            "name": group.name,
            "total": sum(len(members) for members in group.members.values()),
            "open_rate": render_rate(group.open_rate),
            "click_rate": render_rate(group.click_rate),
            "created_at": group.created_at,
        },
        **_dates(shop, naive_date),
    }


def _render_customer_in_order(customer: Customer, account: Account) -> JsonObject:
    subscriber = account.subscribers.by_email(customer.email)
    return {
        "id": str(customer.id),
        "email": customer.email,
        "accepts_marketing": customer.accepts_marketing,
        "subscriber": subscriber and render_subscriber_with_groups(subscriber, account),
        **_own_id(customer),
    }


def _render_cart_in_order(cart: Cart) -> JsonObject:
    return {
        "id": str(cart.id),
        "checkout_url": cart.checkout_url,
        "cart_total": cart.total,
        "items": [render_cart_item(item) for item in cart.items],
        **_own_id(cart),
    }


def _category(category: Category, date: Callable[[float], str]) -> JsonObject:
    return {
        "id": str(category.id),
        "name": category.name,
        "exclude_from_automations": category.exclude_from_automations,
        **_dates(category, date),
        **_own_id(category),
    }


def _dates(record: Shop | Category | Product | Customer | Order, date: Callable[[float], str]) -> JsonObject:
    return {"created_at": date(record.created_at), "updated_at": date(record.updated_at)}


def _own_id(record: Record) -> JsonObject:
    """The shop's own id, where it gave one: samples of the documents do without."""
    return {} if record.resource_id is None else {"resource_id": record.resource_id}

"""Carries out what requests ask of a shop: records are made, changed, and with `resource_id` found again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from ._moment import Moment
from ._shop_input import Changes
from ._shops_state import Cart, CartItem, Category, Customer, Order, Product, Shelf, Shop
from ._state import Account
from ._subscribers_state import Changes as SubscriberChanges

R = TypeVar("R", Category, Product, Customer, Order)


class Work(NamedTuple):
    """A request that changes a shop.

    Attributes:
        account: the account.
        shop: the shop.
        now: the moment.
        own: whether ids are the shop's own.
        replace_categories: whether products that are there leave the categories they are not given.
    """

    account: Account
    shop: Shop
    now: Moment
    own: bool
    replace_categories: bool = False

    def category(self, changes: Changes, known: Category | None = None) -> tuple[Category, bool]:
        """Change a category or make one; True if it is new."""
        category, new = self._record(self.shop.categories, Category, changes, known)
        self._set(category, changes)
        return category, new

    def product(self, changes: Changes, known: Product | None = None) -> tuple[Product, bool]:
        """Change a product or make one; True if it is new."""
        product, new = self._record(self.shop.products, Product, changes, known)
        given = changes.get("categories")
        if given is not None and not new and known is None and not self.replace_categories:
            given = [*product.categories, *(each for each in given if each not in product.categories)]
        self._set(product, {**changes, **({} if given is None else {"categories": given})})
        return product, new

    def customer(self, changes: Changes, known: Customer | None = None) -> tuple[Customer, bool]:
        """Change a customer or make one, and its subscriber; True if the customer is new."""
        customer, new = self._record(self.shop.customers, Customer, changes, known)
        changes = dict(changes)
        create, values = changes.pop("create_subscriber", False), changes.pop("subscriber_fields", {})
        self._set(customer, changes)
        date = self.now.naive_date()
        subscriber = self.account.subscribers.by_email(customer.email)
        if subscriber is None and create:
            subscriber, made = self.account.upsert(customer.email, date)
            if made:
                subscriber.source = "ecommerce"
                subscriber.subscribed_at = date
        if subscriber is not None:
            group = self.account.groups.get(self.shop.group_id)
            joined = () if group is None else (group.id,)
            if values or joined:
                self.account.subscribers.apply(subscriber, SubscriberChanges(values=values, groups=joined), date)
        return customer, new

    def order(self, changes: Changes, known: Order | None = None) -> tuple[Order, bool]:
        """Change an order or make one with its cart; True if it is new."""
        changes = dict(changes)
        person, lines = changes.pop("customer", None), changes.pop("cart", None)
        known = known or self._own_one(self.shop.orders, changes)
        order = known
        customer = known.customer if known is not None else None
        if person is not None:
            match = self._own_one(self.shop.customers, person)
            if match is None and "email" in person:
                match = self.shop.customer_with(person["email"])
            elif match is None and known is not None:
                match = known.customer
            customer, _ = self.customer(person, match)
            if order is not None:
                order.customer = customer
        if order is None:
            assert customer is not None  # validation asks for the customer of a new order
            at = self.now.epoch
            order = Order(self._id(), at, at, customer, Cart(self._id()))
            self.shop.orders.add(order)
        if lines is not None:
            self.cart(order.cart, lines)
        self._set(order, changes)
        return order, known is None

    def cart(self, cart: Cart, changes: Mapping[str, Any]) -> None:
        """Change a cart; its lines are replaced if there are others."""
        changes = dict(changes)
        items = changes.pop("items", None)
        for name, value in changes.items():
            setattr(cart, name, value)
        if items is not None:
            cart.items.clear()
            for item in items:
                self.item(cart, item)

    def item(self, cart: Cart, changes: Changes, known: CartItem | None = None) -> CartItem:
        """Change a line of a cart or make one."""
        item = known
        if item is None:
            product: Product = changes["product"]
            item = cart.items.add(CartItem(self._id(), product, price=product.price))
        for name, value in changes.items():
            setattr(item, name, value)
        return item

    def _id(self) -> int:
        return self.account.ids.next()

    def _record(
        self, shelf: Shelf[R], make: Callable[[int, float, float], R], changes: Changes, known: R | None
    ) -> tuple[R, bool]:
        known = known or self._own_one(shelf, changes)
        if known is not None:
            return known, False
        return shelf.add(make(self._id(), self.now.epoch, self.now.epoch)), True

    def _own_one(self, shelf: Shelf[R], changes: Changes) -> R | None:
        """The record with the shop's own id in these changes, if the request goes by such ids."""
        return shelf.find(changes["resource_id"], own=True) if self.own and "resource_id" in changes else None

    def _set(self, record: Category | Product | Customer | Order, changes: Changes) -> None:
        for name, value in changes.items():
            setattr(record, name, value)
        record.updated_at = self.now.epoch

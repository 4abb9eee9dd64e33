"""Shops of the emulated account, each with its own products, categories, customers and orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from ._index import read_id


class Record(Protocol):
    """Anything in a shop: found by the account's id, or by the shop's own."""

    id: int
    resource_id: str | None


R = TypeVar("R", bound=Record)


@dataclass(slots=True)
class Category:
    """One category."""

    id: int
    created_at: float
    updated_at: float
    name: str = ""
    exclude_from_automations: bool = False
    resource_id: str | None = None


@dataclass(slots=True)
class Product:
    """One product with the categories it is in."""

    id: int
    created_at: float
    updated_at: float
    name: str = ""
    price: float | None = None
    url: str | None = None
    image: str | None = None
    short_description: str | None = None
    description: str | None = None
    exclude_from_automations: bool = False
    resource_id: str | None = None
    categories: list[Category] = field(default_factory=list)


@dataclass(slots=True)
class Customer:
    """One customer; the subscriber is the one with the same address."""

    id: int
    created_at: float
    updated_at: float
    email: str = ""
    accepts_marketing: bool = False
    total_spent: float | None = None
    orders_count: int | None = None
    resource_id: str | None = None


@dataclass(slots=True)
class CartItem:
    """One line of a cart. It keeps its product, even one that was deleted since."""

    id: int
    product: Product
    variant: str | None = None
    quantity: int = 1
    price: float | None = None
    resource_id: str | None = None


class Shelf(Generic[R]):
    """Records of one kind, in the order in which they came."""

    def __init__(self) -> None:
        self._by_id: dict[int, R] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[R]:
        return iter(self._by_id.values())

    def add(self, record: R) -> R:
        """Put a record in."""
        self._by_id[record.id] = record
        return record

    def remove(self, record: R) -> None:
        """Take a record out."""
        del self._by_id[record.id]

    def clear(self) -> None:
        """Take everything out."""
        self._by_id.clear()

    def find(self, reference: object, *, own: bool) -> R | None:
        """The record that a path or a body names.

        Args:
            reference: as sent.
            own: whether it is the shop's own id.
        """
        if not own:
            number = read_id(reference)
            return None if number is None else self._by_id.get(number)
        text = str(reference) if isinstance(reference, str | int) else None
        return next((record for record in self if text is not None and record.resource_id == text), None)


@dataclass(slots=True)
class Cart:
    """The cart of an order. Without a total of its own it has that of its lines."""

    id: int
    checkout_url: str | None = None
    given_total: float | None = None
    items: Shelf[CartItem] = field(default_factory=Shelf)
    resource_id: str | None = None

    @property
    def total(self) -> float:
        """The total that was sent, or else that of the lines."""
        if self.given_total is not None:
            return self.given_total
        return round(sum((item.price or 0) * item.quantity for item in self.items), 2)


@dataclass(slots=True)
class Order:
    """One order. It keeps its customer, even one that was deleted since."""

    id: int
    created_at: float
    updated_at: float
    customer: Customer
    cart: Cart
    status: str = "pending"
    total_price: float | None = None
    resource_id: str | None = None


@dataclass(slots=True)
class Shop:
    """One shop."""

    id: int
    created_at: float
    updated_at: float
    name: str = ""
    url: str = ""
    currency: str = ""
    enabled: bool = True
    enable_popups: bool | None = None
    group_id: int | None = None
    platform: str | None = None
    access_data: str | None = None
    enable_resubscribe: bool | None = None
    resource_id: str | None = None
    products: Shelf[Product] = field(default_factory=Shelf)
    categories: Shelf[Category] = field(default_factory=Shelf)
    customers: Shelf[Customer] = field(default_factory=Shelf)
    orders: Shelf[Order] = field(default_factory=Shelf)

    def order_of(self, reference: object, *, own: bool) -> Order | None:
        """The order whose cart a path names."""
        carts: Shelf[Cart] = Shelf()
        owners: dict[int, Order] = {}
        for order in self.orders:
            carts.add(order.cart)
            owners[order.cart.id] = order
        cart = carts.find(reference, own=own)
        return None if cart is None else owners[cart.id]

    def customer_with(self, email: str) -> Customer | None:
        """The customer with this address, in any letter case."""
        folded = email.casefold()
        return next((customer for customer in self.customers if customer.email.casefold() == folded), None)

    def remove_category(self, category: Category) -> None:
        """Remove a category; its products stay."""
        self.categories.remove(category)
        for product in self.products:
            if category in product.categories:
                product.categories.remove(category)

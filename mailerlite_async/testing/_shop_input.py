"""What requests say about shops and what is in them: read and checked, not yet carried out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ._index import read_id
from ._shops_state import Shop
from ._state import Account
from ._validation import LONGEST_NAME, Validation

Changes = dict[str, Any]

STATUSES: Final = ("pending", "complete")
# A shop plug-in changes orders to it; the documents do not know it.
CHANGED_STATUSES: Final = (*STATUSES, "processing")


class _Input:
    """One object of a body, and the changes it asks for.

    Args:
        check: collects what is wrong with it.
        data: the object.
        new: whether required keys must be there.
    """

    def __init__(self, check: Validation, data: object, *, new: bool) -> None:
        self.check = check
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        self.new = new
        self.changes: Changes = {}

    def has(self, key: str) -> bool:
        """Whether the key is there, or must be."""
        return self.new or key in self.data

    def names(self, *keys: str) -> None:
        """Texts that a new object must have."""
        for key in keys:
            if self.has(key):
                self.changes[key] = self.check.required_name(key)

    def email(self) -> None:
        """An address that a new object must have."""
        if self.has("email"):
            self.changes["email"] = self.check.email("email", required=True).lower()

    def texts(self, *keys: str, most: int | None = None) -> None:
        """Texts that may be null."""
        for key in self.data.keys() & set(keys):
            text = self.changes[key] = self.check.text(key)
            if most is not None and text is not None and len(text) > most:
                self.check.add(key, f"The {key.replace('_', ' ')} may not be greater than {most} characters.")

    def flags(self, *keys: str, nullable: bool = False) -> None:
        """Truth values."""
        for key in self.data.keys() & set(keys):
            self.changes[key] = None if nullable and self.data[key] is None else self.check.boolean(key)

    def numbers(self, *keys: str) -> None:
        """Numbers that may be null."""
        for key in self.data.keys() & set(keys):
            self.changes[key] = self.check.number(key)

    def own_id(self) -> None:
        """The shop's own id."""
        value = self.data.get("resource_id")
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            self.changes["resource_id"] = str(value)
        elif value is not None:
            self.check.add("resource_id", "The resource id must be a string.")

    def choice(self, key: str, options: Collection[str]) -> None:
        """One of some words, which a new object must have."""
        if self.has(key):
            self.changes[key] = self.check.required_choice(key, options)

    def inner(self, key: str) -> _Input | None:
        """An object inside this one; None if it is left out."""
        if key not in self.data:
            if self.new:
                self.check.add(key, f"The {key} field is required.")
            return None
        return _Input(self.check.nested(key), self.data[key], new=self.new)


def read_shop(check: Validation, data: object, account: Account, *, new: bool) -> Changes:
    """The changes to a shop."""
    given = _Input(check, data, new=new)
    given.names("name", "url", "currency")
    code = given.changes.get("currency")
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        check.add("currency", "The selected currency is invalid.")
    given.texts("platform", "access_data")
    given.flags("enabled", "enable_resubscribe")
    given.flags("enable_popups", nullable=True)
    if "group_id" in given.data:
        group_id = given.changes["group_id"] = read_id(given.data["group_id"])
        if given.data["group_id"] is not None and (group_id is None or group_id not in account.groups):
            check.add("group_id", "The selected group id is invalid.")
    return given.changes


def read_category(check: Validation, data: object, *, new: bool) -> Changes:
    """The changes to a category."""
    given = _Input(check, data, new=new)
    given.names("name")
    given.flags("exclude_from_automations")
    given.own_id()
    return given.changes


def read_product(check: Validation, data: object, shop: Shop, *, new: bool, own: bool) -> Changes:
    """The changes to a product."""
    given = _Input(check, data, new=new)
    given.names("name")
    given.numbers("price")
    given.texts("url", "image", "description")
    given.texts("short_description", most=LONGEST_NAME)
    given.flags("exclude_from_automations")
    given.own_id()
    if "categories" in given.data:
        given.changes["categories"] = read_categories(check, given.data["categories"], shop, own=own)
    return given.changes


def read_categories(check: Validation, value: object, shop: Shop, *, own: bool) -> list[Any]:
    """Categories of the shop, by their ids."""
    if not isinstance(value, list):
        check.add("categories", "The categories must be an array.")
        return []
    found = []
    for position, reference in enumerate(value):
        category = shop.categories.find(reference, own=own)
        if category is None:
            check.add(f"categories.{position}", f"The selected categories.{position} is invalid.")
        elif category not in found:
            found.append(category)
    return found


def read_customer(check: Validation, data: object, account: Account, *, new: bool) -> Changes:
    """The changes to a customer and to its subscriber."""
    given = _Input(check, data, new=new)
    _read_person(given, account)
    given.numbers("total_spent")
    if given.data.get("orders_count") is not None:
        given.changes["orders_count"] = check.integer("orders_count", lowest=0, default=0)
    return given.changes


def read_order(check: Validation, data: object, shop: Shop, account: Account, *, new: bool, own: bool) -> Changes:
    """The changes to an order, those to its customer and its cart inside."""
    given = _Input(check, data, new=new)
    given.choice("status", STATUSES if new else CHANGED_STATUSES)
    given.numbers("total_price")
    given.own_id()
    if (date := check.date("created_at")) is not None:
        given.changes["created_at"] = datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
    if (person := given.inner("customer")) is not None:
        _read_person(person, account)
        given.changes["customer"] = person.changes
    if (cart := given.inner("cart")) is not None:
        given.changes["cart"] = _read_cart(cart)
        if cart.has("items"):
            given.changes["cart"]["items"] = read_items(cart.check, cart.data.get("items"), shop, own=own)
    return given.changes


def read_cart(check: Validation, data: object) -> Changes:
    """The changes to a cart but for its lines."""
    return _read_cart(_Input(check, data, new=False))


def read_items(check: Validation, value: object, shop: Shop, *, own: bool) -> list[Changes]:
    """The lines of a cart, all of them new."""
    if value is None:
        check.add("items", "The items field is required.")
        return []
    if not isinstance(value, list):
        check.add("items", "The items must be an array.")
        return []
    return [
        read_item(check.item(f"items.{position}", item), item, shop, new=True, own=own)
        for position, item in enumerate(value)
    ]


def read_item(check: Validation, data: object, shop: Shop, *, new: bool, own: bool) -> Changes:
    """The changes to a line of a cart."""
    given = _Input(check, data, new=new)
    key = "product_resource_id" if own else "ecommerce_product_id"
    if given.has(key):
        product = shop.products.find(given.data.get(key), own=own)
        words = key.replace("_", " ")
        if given.data.get(key) in (None, ""):
            check.add(key, f"The {words} field is required.")
        elif product is None:
            check.add(key, f"The selected {words} is invalid.")
        given.changes["product"] = product
    given.texts("variant")
    given.own_id()
    given.numbers("price")
    if "quantity" in given.data:
        given.changes["quantity"] = check.integer("quantity", lowest=0, default=1)
    return given.changes


def _read_person(given: _Input, account: Account) -> None:
    given.email()
    given.flags("accepts_marketing", "create_subscriber")
    given.own_id()
    if "subscriber_fields" in given.data:
        given.changes["subscriber_fields"] = given.check.field_values("subscriber_fields", account.fields)


def _read_cart(given: _Input) -> Changes:
    given.texts("checkout_url")
    given.own_id()
    if "cart_total" in given.data:
        given.changes["given_total"] = given.check.number("cart_total")
    return given.changes

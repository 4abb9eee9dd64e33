"""What the documents of the API show of shops, and the call of this package that each answer belongs to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mailerlite_async import Call, calls

FOLDER = Path(__file__).parent.parent / "samples" / "ecommerce"

CALLS: dict[str, Call[Any]] = {
    "shops-list": calls.shops.list(),
    "shop-create": calls.shops.create("Super Amazing T-Shirts", "superamazingtshirts.com", "USD"),
    "products-list": calls.products.list("1"),
    "categories-list": calls.categories.list("1"),
    "category-products-list": calls.categories.products("1", "2"),
    "customers-list": calls.customers.list("1"),
    "orders-list": calls.orders.list("1"),
    "carts-list": calls.carts.list("1"),
    "cart-items-list": calls.cart_items.list("1", "2"),
    "categories-import": calls.categories.import_categories("1", [{"name": "Category 1"}]),
}
REFUSAL = "categories-import-refused"


def document(name: str) -> Any:
    """The JSON of an answer."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))

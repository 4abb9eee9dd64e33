"""Shops in the core: documented answers decode without loss, and bodies are checked before anything is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from mailerlite_async import Call, Page, ValidationError, calls
from mailerlite_async._codec import parse_error
from mailerlite_async.models import (
    CartInput,
    CartItemInput,
    CategoryInput,
    CustomerInput,
    Order,
    OrderCustomerInput,
    OrderInput,
    ProductInput,
)
from tests.support.ecommerce import CALLS, FOLDER, REFUSAL, document

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001  (that is the point of it)
CUSTOMER = {"email": "ann@example.com"}
CART = {"items": [{"ecommerce_product_id": "3"}]}
OWN_CART = {"items": [{"product_resource_id": "MUG"}]}


def lost(sent: Any, value: Any, path: str = "$") -> list[str]:
    """The paths of a JSON value that did not make it into the decoded one; ids may have become text."""
    if isinstance(sent, dict):
        attributes = value if isinstance(value, dict) else attrs.asdict(value, recurse=False)
        missing = [f"{path}.{key}" for key in sent.keys() - attributes.keys()]
        kept = sorted(sent.keys() & attributes.keys())
        return missing + [entry for key in kept for entry in lost(sent[key], attributes[key], f"{path}.{key}")]
    if isinstance(sent, list):
        pairs = list(zip(sent, value, strict=True))
        return [entry for index, pair in enumerate(pairs) for entry in lost(*pair, f"{path}[{index}]")]
    if isinstance(value, datetime):
        moment = datetime.fromisoformat(sent).replace(tzinfo=UTC)
        return [] if value.tzinfo is UTC and value == moment else [path]
    if path.endswith(".id"):
        return [] if str(sent) == value else [path]
    return (
        [] if (type(sent) is type(value) and sent == value) or (isinstance(value, float) and sent == value) else [path]
    )


# -- answers -----------------------------------------------------------------------------------------------------------


def test_every_document_has_a_call() -> None:
    assert sorted({*CALLS, REFUSAL}) == sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", CALLS)
def test_documented_answer_decodes_without_loss(name: str) -> None:
    call = CALLS[name]
    body = document(name)
    value = call.returns.decode(json.dumps(body).encode(), call)
    assert lost(body["data"], value.items if isinstance(value, Page) else value) == []


def test_comparison_sees_what_is_lost() -> None:
    body = document("orders-list")
    value = CALLS["orders-list"].returns.decode(json.dumps(body).encode(), CALLS["orders-list"]).items
    changed = document("orders-list")["data"]
    changed[0]["cart"]["items"][0]["quantity"] = 2
    changed[0]["shop"]["created_at"] = "2020-01-01 00:00:00"
    changed[0]["new"] = 1
    assert sorted(lost(changed, value)) == ["$[0].cart.items[0].quantity", "$[0].new", "$[0].shop.created_at"]


def test_numbers_of_an_import_become_text() -> None:
    call = CALLS["categories-import"]
    first, second = call.returns.decode(json.dumps(document("categories-import")).encode(), call)
    assert (first.id, second.id) == ("46919150796276752", "46919150798373905")
    assert first.created_at == datetime(2022, 2, 13, 9, 46, 29, tzinfo=UTC)


def test_refusal_of_an_import_names_the_row() -> None:
    message, errors, _ = parse_error(json.dumps(document(REFUSAL)).encode())
    assert (message, errors) == ("The given data was invalid.", {"0.name": ["The name field is required."]})


def test_order_of_which_little_is_known_decodes() -> None:
    call = calls.orders.get("1", "2")
    order = call.returns.decode(b'{"data": {"id": 7, "status": "teleported", "total_price": "12.5"}}', call)
    assert order == Order(id="7", status="teleported", total_price=12.5)


# -- bodies ------------------------------------------------------------------------------------------------------------


def body(call: Call[Any]) -> Any:
    return call.json


def test_what_is_left_out_is_not_sent_and_none_is_null() -> None:
    assert body(calls.products.create("1", "Mug")) == {"name": "Mug"}
    assert body(calls.products.update("1", "2", price=None, description="")) == {"price": None, "description": ""}
    assert body(calls.shops.update("1", group_id=None, enable_popups=None)) == {"group_id": None, "enable_popups": None}
    assert body(calls.carts.update("1", "2", checkout_url=None)) == {"checkout_url": None}


def test_whole_order_from_classes_and_from_mappings_is_the_same() -> None:
    at = datetime(2026, 1, 31, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    classes = calls.orders.create(
        "1",
        OrderCustomerInput("ann@example.com", accepts_marketing=True, subscriber_fields={"name": "Ann"}, resource_id=5),
        CartInput(
            [CartItemInput(3, quantity=2, price=9.5, variant="blue")],
            checkout_url="https://example.com/c",
            cart_total=19,
        ),
        status="pending",
        total_price=21.5,
        created_at=at,
        resource_id="A-1",
    )
    customer = {
        "email": "ann@example.com",
        "accepts_marketing": True,
        "subscriber_fields": {"name": "Ann"},
        "resource_id": "5",
    }
    item = {"ecommerce_product_id": "3", "quantity": 2, "price": 9.5, "variant": "blue"}
    cart = {"items": [item], "checkout_url": "https://example.com/c", "cart_total": 19}
    assert body(classes) == {
        "customer": customer,
        "cart": cart,
        "status": "pending",
        "total_price": 21.5,
        "created_at": "2026-01-31 12:00:00",
        "resource_id": "A-1",
    }
    plain = calls.orders.create(
        "1", customer, cart, status="pending", total_price=21.5, created_at=at, resource_id="A-1"
    )
    assert body(plain) == body(classes)
    assert plain.params == ()


def test_own_ids_say_so_in_the_query_and_in_the_lines() -> None:
    order = OrderInput(CUSTOMER, CartInput([CartItemInput("MUG")]), "complete")
    call = calls.orders.import_orders("1", [order], by_resource_id=True)
    assert call.params == (("with_resource_id", ""),)
    assert body(call) == {"orders": [{"customer": CUSTOMER, "cart": OWN_CART, "status": "complete"}]}
    assert body(calls.orders.queue_sync("1", order)) == body(call)["orders"][0]
    products = calls.products.import_products(
        "1", [ProductInput("Mug", categories=["a", 2])], by_resource_id=True, replace_categories=True
    )
    assert products.params == (("with_resource_id", ""), ("replace_categories", ""))
    assert body(products) == [{"name": "Mug", "categories": ["a", "2"]}]
    assert calls.products.import_products("1", [{"name": "Mug"}]).params == ()


def test_imports_take_classes_and_mappings() -> None:
    rows: list[CategoryInput | dict[str, str]] = [
        CategoryInput("Cups", exclude_from_automations=True, resource_id=1),
        {"name": "Plates"},
    ]
    cups = {"name": "Cups", "exclude_from_automations": True, "resource_id": "1"}
    assert body(calls.categories.import_categories("1", rows)) == [cups, {"name": "Plates"}]
    row = CustomerInput(
        "ann@example.com", last_order=datetime(2026, 1, 1, tzinfo=UTC), orders_count=2, total_spent=None
    )
    assert body(calls.customers.import_customers("1", iter([row]))) == [
        {"email": "ann@example.com", "last_order": "2026-01-01 00:00:00", "orders_count": 2, "total_spent": None}
    ]


@pytest.mark.parametrize(
    ("build", "errors"),
    [
        (lambda: calls.shops.create("", "example.com", "USD"), {"name": ["The name field is required."]}),
        (
            lambda: calls.shops.create("Mugs", "example.com", "dollars"),
            {"currency": ["The currency must be a currency code of three letters."]},
        ),
        (
            lambda: calls.products.create("1", "Mug", short_description="x" * 256),
            {"short_description": ["The short_description may not be greater than 255 characters."]},
        ),
        (
            lambda: calls.products.import_products(
                "1", [{"name": "Mug"}, {"name": "Cup", "short_description": "x" * 256}]
            ),
            {"1.short_description": ["The 1.short_description may not be greater than 255 characters."]},
        ),
        (
            lambda: calls.orders.create("1", CUSTOMER, CART, status="processing"),
            {"status": ["The status must be one of pending, complete."]},
        ),
        (
            lambda: calls.orders.import_orders("1", [{"customer": CUSTOMER, "cart": CART, "status": "paid"}]),
            {"orders.0.status": ["The orders.0.status must be one of pending, complete."]},
        ),
        (
            lambda: calls.orders.create("1", {"email": ""}, CART, status="pending"),
            {"customer.email": ["The customer.email field is required."]},
        ),
    ],
)
def test_documented_limit_is_checked_before_sending(build: Any, errors: dict[str, list[str]]) -> None:
    with pytest.raises(ValidationError) as caught:
        build()
    assert caught.value.errors == errors
    assert (caught.value.attempts, caught.value.status) == (0, None)
    assert str(caught.value.route).startswith("/ecommerce/shops")


def test_longest_short_description_is_sent() -> None:
    assert len(body(calls.products.create("1", "Mug", short_description="x" * 255))["short_description"]) == 255


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda: calls.products.create("1", None), TypeError, "name must be str, not NoneType"),  # type: ignore[arg-type]
        (lambda: calls.products.create("1", "Mug", price="9"), TypeError, "price must be a number, not str"),  # type: ignore[arg-type]
        (lambda: calls.products.create("1", "Mug", price=True), TypeError, "price must be a number, not bool"),
        (lambda: calls.products.create("1", "Mug", price=float("inf")), ValueError, "price must be a finite number"),
        (
            lambda: calls.products.create("1", "Mug", categories="12"),
            TypeError,
            "categories must be a sequence, not str",
        ),
        (lambda: calls.products.create("1", "Mug", categories=["x"]), ValueError, r"categories\[0\] must be an id"),
        (
            lambda: calls.products.create("1", "Mug", resource_id=1.5),  # type: ignore[arg-type]
            TypeError,
            "resource_id must be str or int, not float",
        ),
        (lambda: calls.shops.update("1", enabled="yes"), TypeError, "enabled must be bool, not str"),  # type: ignore[arg-type]
        (lambda: calls.shops.update("1", group_id="x"), ValueError, "group_id must be an id"),
        (lambda: calls.cart_items.create("1", "2", "x"), ValueError, "product_id must be an id"),
        (lambda: calls.categories.assign("1", "2", "x"), ValueError, "product_id must be an id"),
        (
            lambda: calls.cart_items.create("1", "2", "3", quantity=1.5),  # type: ignore[arg-type]
            TypeError,
            "quantity must be int, not float",
        ),
        (
            lambda: calls.orders.create("1", CUSTOMER, CART, status="pending", created_at=NAIVE),
            ValueError,
            "created_at must be an aware datetime",
        ),
        (lambda: calls.orders.create("1", {}, CART, status="pending"), ValueError, "customer has no email"),
        (lambda: calls.orders.create("1", CUSTOMER, {}, status="pending"), ValueError, "cart has no items"),
        (
            lambda: calls.orders.create("1", CUSTOMER, {"items": [{}]}, status="pending"),
            ValueError,
            r"cart.items\[0\] has no ecommerce_product_id",
        ),
        (
            lambda: calls.orders.create("1", CUSTOMER, OWN_CART, status="pending"),
            ValueError,
            r"cart.items\[0\] has product_resource_id: its keys are ecommerce_product_id, ",
        ),
        (
            lambda: calls.orders.create("1", "ann@example.com", CART, status="pending"),  # type: ignore[arg-type]
            TypeError,
            "customer must be an OrderCustomerInput or a mapping, not str",
        ),
        (
            lambda: calls.orders.create("1", CUSTOMER, [3], status="pending"),  # type: ignore[arg-type]
            TypeError,
            "cart must be a CartInput or a mapping, not list",
        ),
        (
            lambda: calls.products.import_products("1", [{"name": "Mug"}, {"title": "Cup"}]),
            ValueError,
            r"rows\[1\] has title: its keys are name, price, ",
        ),
        (lambda: calls.categories.import_categories("1", [{}]), ValueError, r"rows\[0\] has no name"),
        (lambda: calls.categories.import_categories("1", []), ValueError, "rows is empty"),
        (
            lambda: calls.categories.import_categories("1", {"name": "Cups"}),  # type: ignore[dict-item]
            TypeError,
            "rows must be an iterable of rows, not dict",
        ),
        (
            lambda: calls.customers.update("1", "2", subscriber_fields={"name": ["Ann"]}),  # type: ignore[dict-item]
            TypeError,
            "subscriber_fields",
        ),
    ],
)
def test_wrong_argument_is_refused_by_name(build: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"^{text}") as caught:
        build()
    assert type(caught.value) is error


# -- retries and batches -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "repeatable"),
    [
        (calls.shops.create("Mugs", "example.com", "USD"), False),
        (calls.shops.update("1", enabled=True), True),
        (calls.products.create("1", "Mug", resource_id="M", by_resource_id=True), False),
        (calls.products.delete("1", "2"), True),
        (calls.products.replace_categories("1", "2", []), True),
        (calls.products.import_products("1", [{"name": "Mug"}]), False),
        (calls.categories.create("1", "Cups"), False),
        (calls.categories.assign("1", "2", "3"), True),
        (calls.categories.unassign("1", "2", "3"), True),
        (calls.categories.import_categories("1", [{"name": "Cups"}]), False),
        (calls.customers.create("1", "ann@example.com"), False),
        (calls.customers.import_customers("1", [CUSTOMER]), False),
        (calls.orders.create("1", CUSTOMER, CART, status="pending"), False),
        (calls.orders.update("1", "2", status="complete"), True),
        (calls.orders.queue_sync("1", {"customer": CUSTOMER, "cart": OWN_CART, "status": "pending"}), False),
        (calls.orders.import_orders("1", [{"customer": CUSTOMER, "cart": CART, "status": "pending"}]), False),
        (calls.carts.update("1", "2", cart_total=1), True),
        (calls.cart_items.create("1", "2", "3"), False),
        (calls.cart_items.update("1", "2", "3", quantity=2), True),
        (calls.cart_items.replace("1", "2", []), True),
    ],
    ids=str,
)
def test_only_what_leads_to_the_same_state_is_repeated(call: Call[Any], repeatable: bool) -> None:
    assert call.repeatable is repeatable
    assert not call.uses_import_lane


def test_change_with_flags_is_no_part_of_a_batch() -> None:
    for call in (
        calls.products.create("1", "Mug", resource_id="M", by_resource_id=True),
        calls.products.delete("1", "M", by_resource_id=True),
    ):
        with pytest.raises(
            ValueError, match=r"^calls\[1\] needs with_resource_id in its URL, which is not known to work"
        ):
            calls.batch([calls.products.list("1"), call])


def test_list_of_a_batch_has_its_flags_in_its_body() -> None:
    found = calls.batch([calls.cart_items.list("1", "C 1", limit=5, by_resource_id=True)])
    assert found.json["requests"] == [
        {
            "method": "GET",
            "path": "api/ecommerce/shops/1/carts/C%201/items",
            "body": {"limit": "5", "with_resource_id": ""},
        },
    ]

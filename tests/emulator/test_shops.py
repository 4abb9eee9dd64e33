"""Shops: what is in them, how it hangs together, and how it is found by the shop's own ids."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.ecommerce import document

SHOPS = "/ecommerce/shops"
PERSON = {"email": "customer@example.com", "fields": {"name": "Dummy", "last_name": "Testerson"}}
GONE = {"message": "Resource does not exist."}


def data(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def errors(answer: httpx.Response) -> Any:
    assert answer.status_code == 422, answer.text
    assert answer.json()["message"] == "The given data was invalid."
    return answer.json()["errors"]


@pytest.fixture
def shop(client: httpx.Client) -> str:
    """The path of a shop."""
    made = data(client.post(SHOPS, json={"name": "Mugs", "url": "mugs.example.com", "currency": "USD"}), 201)
    return f"{SHOPS}/{made['id']}"


def add(client: httpx.Client, path: str, **body: Any) -> Any:
    return data(client.post(path, json=body), 201)


def order(client: httpx.Client, shop: str, product: str, **changes: Any) -> Any:
    items = [{"ecommerce_product_id": product, "variant": "blue", "quantity": 2, "price": 9.5}]
    body = {"customer": {"email": "ann@example.com"}, "cart": {"items": items}, "status": "pending", **changes}
    return add(client, f"{shop}/orders", **body)


def shape(value: Any) -> Any:
    """Keys and types of a JSON value. Numbers are alike; groups of subscribers are another resource's."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items() if key != "groups"}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


# -- shapes ------------------------------------------------------------------------------------------------------------


def test_answers_have_the_documented_shapes(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=[{"id": "1", "name": "dummy group"}], subscribers=[PERSON])
    given = {"name": "shop name", "url": "https://shop-url.com", "currency": "USD"}
    shop = add(client, SHOPS, **given, enabled=True, enable_popups=False, group_id="1")
    base = f"{SHOPS}/{shop['id']}"
    category = add(client, f"{base}/categories", name="Category 1")
    product = add(
        client,
        f"{base}/products",
        name="Product name",
        price=123.4,
        url="https://shop-url.com/product-name",
        image="https://shop-url.com/product-image.jpg",
        short_description="short",
        description="long",
        categories=[category["id"]],
    )
    made = order(
        client,
        base,
        product["id"],
        customer={"email": "customer@example.com", "accepts_marketing": True},
        cart={
            "items": [{"ecommerce_product_id": product["id"], "variant": "v", "quantity": 1, "price": 123.4}],
            "checkout_url": "https://url-to-cart-checkout.com",
            "cart_total": 1234.99,
        },
    )
    cart = f"{base}/carts/{made['cart']['id']}"
    for name, path in {
        "shops-list": SHOPS,
        "products-list": f"{base}/products",
        "categories-list": f"{base}/categories",
        "category-products-list": f"{base}/categories/{category['id']}/products",
        "customers-list": f"{base}/customers",
        "carts-list": f"{base}/carts",
        "cart-items-list": f"{cart}/items",
    }.items():
        answer = client.get(path)
        expected = document(name)
        assert shape(answer.json()) == shape(expected), name
        assert answer.json()["meta"]["per_page"] == expected["meta"]["per_page"]
        assert client.get(f"{path}?limit=0").json() == {"total": 1}
    (listed,) = client.get(f"{base}/orders").json()["data"]
    documented = document("orders-list")["data"][0]
    late = {"status": "str", "total_price": "NoneType", "created_at": "str", "updated_at": "str"}
    assert shape(listed) == {**shape(documented), **late}
    assert listed == made


def test_created_shop_is_as_documented(client: httpx.Client) -> None:
    documented = document("shop-create")["data"]
    keys = ("name", "url", "currency", "enabled")
    made = add(client, SHOPS, **{key: documented[key] for key in keys})
    assert made.keys() == documented.keys()
    for key in (*keys, "enable_popups", "group", "currency_sign"):
        assert made[key] == documented[key]


def test_import_of_categories_is_answered_as_documented(client: httpx.Client, shop: str) -> None:
    rows = [{"name": "Category 1", "exclude_from_automations": False}, {"name": "Category 2"}]
    stored = data(client.post(f"{shop}/categories/import", json=rows))
    documented = document("categories-import")["data"]
    assert shape(stored) == shape(documented)
    assert [type(row["id"]) for row in stored] == [int, int]
    assert stored[0]["id"] > 2**53
    assert stored[0]["created_at"].endswith(".000000Z")
    assert [row["name"] for row in stored] == [row["name"] for row in documented]
    refused = client.post(f"{shop}/categories/import", json=[{}])
    assert (refused.status_code, refused.json()) == (422, document("categories-import-refused"))
    assert client.get(f"{shop}/categories?limit=0").json() == {"total": 2}


# -- each kind ---------------------------------------------------------------------------------------------------------


def test_shop_is_changed_in_part_and_deleted_with_all_in_it(
    client: httpx.Client, shop: str, clock: VirtualClock
) -> None:
    add(client, f"{shop}/products", name="Mug")
    before = data(client.get(shop))
    clock.advance(5)
    after = data(client.put(shop, json={"enabled": False, "enable_popups": True}))
    assert {key for key in after if after[key] != before[key]} == {"enabled", "enable_popups", "updated_at"}
    assert data(client.put(shop, json={"enable_popups": None}))["enable_popups"] is None
    deleted = client.delete(shop)
    assert (deleted.status_code, deleted.content, "content-type" in deleted.headers) == (204, b"", False)
    for answer in (client.get(shop), client.get(f"{shop}/products"), client.delete(shop)):
        assert (answer.status_code, answer.json()) == (404, GONE)
    assert client.get(f"{SHOPS}?limit=0").json() == {"total": 0}


def test_shops_share_nothing(client: httpx.Client, shop: str) -> None:
    mug = add(client, f"{shop}/products", name="Mug", resource_id="MUG")
    other = f"{SHOPS}/{add(client, SHOPS, name='Cups', url='cups.example.com', currency='EUR')['id']}"
    assert client.get(f"{other}/products?limit=0").json() == {"total": 0}
    for path in (f"{other}/products/{mug['id']}", f"{other}/products/MUG?with_resource_id"):
        assert client.get(path).status_code == 404
    assert data(client.get(other))["currency_sign"] == "€"


@pytest.mark.parametrize("kind", ["products", "categories", "customers"])
def test_record_is_made_read_changed_and_deleted(client: httpx.Client, shop: str, kind: str) -> None:
    key, first, second = ("email", "a@example.com", "b@example.com") if kind == "customers" else ("name", "A", "B")
    made = add(client, f"{shop}/{kind}", **{key: first})
    path = f"{shop}/{kind}/{made['id']}"
    assert data(client.get(path)) == made
    assert data(client.put(path, json={key: second})) == {**made, key: second}
    assert [record[key] for record in data(client.get(f"{shop}/{kind}"))] == [second]
    assert client.delete(path).status_code == 204
    for answer in (client.get(path), client.put(path, json={key: first}), client.delete(path)):
        assert (answer.status_code, answer.json()) == (404, GONE)


def test_pages(client: httpx.Client, shop: str) -> None:
    client.post(f"{shop}/categories/import", json=[{"name": str(number)} for number in range(5)])
    page = client.get(f"{shop}/categories?limit=2&page=3").json()
    assert [record["name"] for record in page["data"]] == ["4"]
    assert (page["meta"]["total"], page["meta"]["last_page"], page["links"]["next"]) == (5, 3, None)
    assert errors(client.get(f"{shop}/categories?limit=-1")) == {"limit": ["The limit must be at least 0."]}


def test_products_and_their_categories(client: httpx.Client, shop: str) -> None:
    cups, gifts = (add(client, f"{shop}/categories", name=name) for name in ("Cups", "Gifts"))
    mug = add(client, f"{shop}/products", name="Mug", categories=[cups["id"]])
    assert mug["categories"] == [cups]
    inside = f"{shop}/categories/{gifts['id']}/products"
    for answer in (
        client.post(inside, json={"product_id": mug["id"]}),
        client.post(inside, json={"product_id": mug["id"]}),
        client.put(f"{inside}/{mug['id']}"),
    ):
        assert data(answer)["categories"] == [cups, gifts]
    (listed,) = data(client.get(inside))
    assert listed["id"] == mug["id"]
    assert "description" not in listed
    assert client.delete(f"{inside}/{mug['id']}").status_code == 204
    assert client.delete(f"{inside}/{mug['id']}").status_code == 404
    assert data(client.get(inside)) == []
    assert errors(client.post(inside, json={"product_id": "5"})) == {
        "product_id": ["The selected product id is invalid."]
    }
    assert errors(client.post(inside, json={})) == {"product_id": ["The product id field is required."]}
    multiple = f"{shop}/products/{mug['id']}/categories/multiple"
    assert data(client.put(multiple, json={"replace": True, "categories": [gifts["id"]]}))["categories"] == [gifts]
    assert data(client.put(multiple, json={"categories": [cups["id"]]}))["categories"] == [gifts, cups]
    assert client.delete(f"{shop}/categories/{gifts['id']}").status_code == 204
    assert data(client.get(f"{shop}/products/{mug['id']}"))["categories"] == [cups]


def test_customer_is_tied_to_the_subscriber_with_the_address(emulator: Emulator, client: httpx.Client) -> None:
    emulator.seed(groups=[{"id": "5", "name": "Buyers"}], subscribers=["bob@example.com"])
    shop = add(client, SHOPS, name="Mugs", url="mugs.example.com", currency="USD", group_id=5)
    assert (shop["group"]["id"], shop["group"]["total"]) == ("5", 0)
    customers = f"{SHOPS}/{shop['id']}/customers"
    assert add(client, customers, email="ann@example.com")["subscriber"] is None
    fields = {"name": "Eve", "unknown": "x"}
    eve = add(client, customers, email="Eve@example.com", create_subscriber=True, subscriber_fields=fields)
    assert eve["email"] == "eve@example.com"
    assert (eve["subscriber"]["source"], eve["subscriber"]["fields"]["name"]) == ("ecommerce", "Eve")
    bob = add(client, customers, email="bob@example.com", accepts_marketing=True, total_spent=10, orders_count=1)
    assert (bob["subscriber"]["source"], bob["accepts_marketing"]) == ("api", True)
    assert [group["id"] for group in bob["subscriber"]["groups"]] == ["5"]
    assert data(client.get(f"{SHOPS}/{shop['id']}"))["group"]["total"] == 2
    assert client.get("/subscribers?limit=0").json() == {"total": 2}
    assert client.delete(f"{customers}/{bob['id']}").status_code == 204
    assert client.get("/subscribers/bob@example.com").status_code == 200
    client.delete("/groups/5")
    assert data(client.get(f"{SHOPS}/{shop['id']}"))["group"] is None


def test_order_makes_its_cart_and_its_customer(client: httpx.Client, shop: str) -> None:
    mug = add(client, f"{shop}/products", name="Mug", price=10)
    made = order(client, shop, mug["id"], total_price=21.5)
    assert (made["status"], made["total_price"], made["cart"]["cart_total"]) == ("pending", 21.5, 19.0)
    assert "currency_sign" not in made["shop"]
    assert "created_at" not in made["customer"]
    (item,) = made["cart"]["items"]
    assert (item["product"]["id"], item["variant"], item["quantity"], item["price"]) == (mug["id"], "blue", 2, 9.5)
    assert client.get(f"{shop}/customers?limit=0").json() == {"total": 1}
    cart = data(client.get(f"{shop}/carts/{made['cart']['id']}"))
    assert cart == {**made["cart"], "ecommerce_order_id": made["id"], "customer": made["customer"]}
    second = order(client, shop, mug["id"], customer={"email": "ANN@example.com", "accepts_marketing": True})
    assert second["customer"]["id"] == made["customer"]["id"]
    assert client.get(f"{shop}/carts?limit=0").json() == {"total": 2}
    assert client.delete(f"{shop}/orders/{made['id']}").status_code == 204
    assert client.get(f"{shop}/carts/{made['cart']['id']}").status_code == 404


def test_order_is_completed_with_a_part_of_it(client: httpx.Client, shop: str, clock: VirtualClock) -> None:
    mug = add(client, f"{shop}/products", name="Mug")
    made = order(client, shop, mug["id"])
    clock.advance(60)
    path = f"{shop}/orders/{made['id']}"
    done = data(client.put(path, json={"status": "complete", "total_price": 99.9}))
    assert {key for key in done if done[key] != made[key]} == {"status", "total_price", "updated_at"}
    assert data(client.put(path, json={"status": "processing"}))["status"] == "processing"
    changed = data(client.put(path, json={"cart": {"cart_total": 5}, "customer": {"accepts_marketing": True}}))
    assert (changed["cart"]["cart_total"], changed["cart"]["items"]) == (5, made["cart"]["items"])
    assert changed["customer"] == {**made["customer"], "accepts_marketing": True}
    dated = data(client.put(path, json={"created_at": "2025-01-31 12:00:00", "cart": {"items": []}}))
    assert (dated["created_at"], dated["cart"]["items"]) == ("2025-01-31 12:00:00", [])
    other = data(client.put(path, json={"customer": {"email": "bob@example.com"}}))
    assert other["customer"]["id"] != made["customer"]["id"]


def test_cart_and_its_lines_are_changed(client: httpx.Client, shop: str) -> None:
    mug, cup = (add(client, f"{shop}/products", name=name, price=10) for name in ("Mug", "Cup"))
    cart = f"{shop}/carts/{order(client, shop, mug['id'])['cart']['id']}"
    line = add(client, f"{cart}/items", ecommerce_product_id=cup["id"])
    assert (line["product"]["name"], line["quantity"], line["price"], line["variant"]) == ("Cup", 1, 10, None)
    assert data(client.get(cart))["cart_total"] == 29.0
    path = f"{cart}/items/{line['id']}"
    changed = {**line, "quantity": 3, "variant": "red"}
    assert data(client.put(path, json={"quantity": 3, "variant": "red"})) == changed
    assert data(client.get(path)) == changed
    assert data(client.get(cart))["cart_total"] == 49.0
    updated = data(client.put(cart, json={"cart_total": 45.5, "checkout_url": "https://example.com/c"}))
    assert (updated["cart_total"], updated["checkout_url"]) == (45.5, "https://example.com/c")
    client.delete(f"{shop}/products/{cup['id']}")
    assert data(client.get(path))["product"]["name"] == "Cup"
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == client.delete(path).status_code == 404
    assert [item["product"]["name"] for item in data(client.get(f"{cart}/items"))] == ["Mug"]
    for method, inner in (("POST", cart), ("DELETE", cart)):
        assert client.request(method, inner).status_code == 405


# -- the shop's own ids ------------------------------------------------------------------------------------------------


def test_record_is_found_by_the_id_of_the_shop(client: httpx.Client, shop: str) -> None:
    cups = add(client, f"{shop}/categories?with_resource_id", name="Cups", resource_id="C/1")
    mug = add(client, f"{shop}/products?with_resource_id=", name="Mug", resource_id=7, categories=["C/1"])
    assert (mug["resource_id"], mug["categories"][0]["id"]) == ("7", cups["id"])
    assert data(client.get(f"{shop}/products/7?with_resource_id")) == mug
    assert client.get(f"{shop}/products/7").status_code == 404
    assert client.get(f"{shop}/products/{mug['id']}?with_resource_id").status_code == 404
    items = [{"product_resource_id": "7", "resource_id": "L1"}]
    body = {
        "customer": {"email": "ann@example.com", "resource_id": "ann"},
        "cart": {"items": items, "resource_id": "cart"},
        "status": "pending",
        "resource_id": "A-1",
    }
    made = data(client.post(f"{shop}/orders?with_resource_id", json=body), 201)
    assert made["cart"]["items"][0]["product"]["id"] == mug["id"]
    assert data(client.get(f"{shop}/carts/cart/items/L1?with_resource_id"))["resource_id"] == "L1"
    assert data(client.put(f"{shop}/orders/A-1?with_resource_id", json={"status": "complete"}))["id"] == made["id"]
    replaced = {"items": [{"product_resource_id": 7, "quantity": 4}]}
    cart = data(client.post(f"{shop}/carts/cart/items/replace?with_resource_id", json=replaced))
    assert [item["quantity"] for item in cart["items"]] == [4]


def test_same_id_of_the_shop_changes_instead_of_adding(client: httpx.Client, shop: str) -> None:
    first = add(client, f"{shop}/products?with_resource_id", name="Mug", resource_id="M", price=1)
    second = data(client.post(f"{shop}/products?with_resource_id", json={"name": "Cup", "resource_id": "M"}), 200)
    assert second == {**first, "name": "Cup"}
    add(client, f"{shop}/products", name="Mug", resource_id="M")
    assert client.get(f"{shop}/products?limit=0").json() == {"total": 2}
    body = {"customer": {"email": "ann@example.com"}, "cart": {"items": []}, "status": "pending", "resource_id": "A"}
    queued = [data(client.post(f"{shop}/orders/queue-order-sync?with_resource_id", json=body)) for _ in range(2)]
    assert queued[0]["id"] == queued[1]["id"]
    assert client.get(f"{shop}/orders?limit=0").json() == {"total": 1}


# -- imports -----------------------------------------------------------------------------------------------------------


def test_products_are_imported(client: httpx.Client, shop: str) -> None:
    cups, gifts = (add(client, f"{shop}/categories", name=name, resource_id=name) for name in ("Cups", "Gifts"))
    rows = [{"name": "Mug", "resource_id": "M", "categories": ["Cups"]}, {"name": "Cup", "resource_id": "C"}]
    path = f"{shop}/products/import?with_resource_id"
    first = data(client.post(path, json=rows))
    assert [(row["name"], row["resource_id"]) for row in first] == [("Mug", "M"), ("Cup", "C")]
    assert first[0]["categories"][0]["id"] == int(cups["id"])
    again = data(client.post(path, json=[{"name": "Mug", "resource_id": "M", "categories": ["Gifts"]}]))
    assert [each["id"] for each in again[0]["categories"]] == [int(cups["id"]), int(gifts["id"])]
    again = data(
        client.post(f"{path}&replace_categories", json=[{"name": "Mug", "resource_id": "M", "categories": ["Gifts"]}])
    )
    assert [each["id"] for each in again[0]["categories"]] == [int(gifts["id"])]
    assert client.get(f"{shop}/products?limit=0").json() == {"total": 2}
    plain = data(client.post(f"{shop}/products/import", json=[{"name": "Tray", "categories": [int(cups["id"])]}]))
    assert (plain[0]["name"], type(plain[0]["id"])) == ("Tray", int)


def test_customers_and_orders_are_imported(client: httpx.Client, shop: str) -> None:
    mug = add(client, f"{shop}/products", name="Mug")
    people = data(client.post(f"{shop}/customers/import", json=[{"email": "ann@example.com", "orders_count": 2}]))
    assert (people[0]["email"], type(people[0]["id"])) == ("ann@example.com", int)
    row = {
        "customer": {"email": "ann@example.com"},
        "cart": {"items": [{"ecommerce_product_id": int(mug["id"])}]},
        "status": "complete",
        "created_at": "2020-01-31 12:00:00",
    }
    for body in ([row], {"orders": [row]}):
        (stored,) = data(client.post(f"{shop}/orders/import", json=body))
        assert (stored["created_at"], stored["status"]) == ("2020-01-31T12:00:00.000000Z", "complete")
    assert client.get(f"{shop}/orders?limit=0").json() == {"total": 2}
    refused = client.post(f"{shop}/orders/import", json={"orders": [row, {**row, "status": "paid"}]})
    assert errors(refused) == {"orders.1.status": ["The selected orders.1.status is invalid."]}
    assert errors(client.post(f"{shop}/orders/import", json=[{**row, "cart": {}}])) == {
        "0.cart.items": ["The items field is required."]
    }
    assert client.get(f"{shop}/orders?limit=0").json() == {"total": 2}


def test_imports_use_the_global_lane_only(emulator: Emulator, client: httpx.Client, shop: str) -> None:
    client.post(f"{shop}/products/import", json=[{"name": "Mug"}])
    assert emulator.requests[-1].lane == "global"


@pytest.mark.parametrize("body", [None, [], {}, {"products": [{"name": "Mug"}]}])
def test_import_of_nothing_is_refused(client: httpx.Client, shop: str, body: object) -> None:
    assert errors(client.post(f"{shop}/products/import", json=body)) == {
        "products": ["The products field is required."]
    }


# -- validation --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        (
            "",
            {},
            {
                "name": ["The name field is required."],
                "url": ["The url field is required."],
                "currency": ["The currency field is required."],
            },
        ),
        (
            "",
            {"name": "x", "url": "x", "currency": "dollars", "group_id": "7", "enabled": "maybe", "platform": 5},
            {
                "currency": ["The selected currency is invalid."],
                "group_id": ["The selected group id is invalid."],
                "enabled": ["The enabled field must be true or false."],
                "platform": ["The platform must be a string."],
            },
        ),
        (
            "/products",
            {"price": "cheap", "short_description": "x" * 256, "categories": ["5"], "resource_id": []},
            {
                "name": ["The name field is required."],
                "price": ["The price must be a number."],
                "short_description": ["The short description may not be greater than 255 characters."],
                "categories.0": ["The selected categories.0 is invalid."],
                "resource_id": ["The resource id must be a string."],
            },
        ),
        ("/products", {"name": "Mug", "categories": "5"}, {"categories": ["The categories must be an array."]}),
        ("/customers", {"email": "ann"}, {"email": ["The email must be a valid email address."]}),
        (
            "/customers",
            {"email": "ann@example.com", "orders_count": "x", "subscriber_fields": {"name": {}}},
            {
                "orders_count": ["The orders count must be an integer."],
                "subscriber_fields.name": ["The subscriber fields.name must be a string."],
            },
        ),
        (
            "/orders",
            {},
            {
                "status": ["The status field is required."],
                "customer": ["The customer field is required."],
                "cart": ["The cart field is required."],
            },
        ),
        (
            "/orders",
            {"status": "processing", "customer": {}, "cart": {"items": [{"ecommerce_product_id": "5"}, {}, 7]}},
            {
                "status": ["The selected status is invalid."],
                "customer.email": ["The email field is required."],
                "cart.items.0.ecommerce_product_id": ["The selected ecommerce product id is invalid."],
                "cart.items.1.ecommerce_product_id": ["The ecommerce product id field is required."],
                "cart.items.2": ["The items.2 must be an array."],
                "cart.items.2.ecommerce_product_id": ["The ecommerce product id field is required."],
            },
        ),
        (
            "/orders",
            {
                "status": "pending",
                "customer": {"email": "ann@example.com"},
                "cart": {"items": "x"},
                "created_at": "now",
            },
            {
                "created_at": ["The created at does not match the format Y-m-d H:i:s."],
                "cart.items": ["The items must be an array."],
            },
        ),
        (
            "/orders/queue-order-sync",
            {"customer": {"email": "ann@example.com"}, "cart": {"items": []}},
            {"status": ["The status field is required."]},
        ),
    ],
)
def test_input_is_validated(client: httpx.Client, shop: str, path: str, body: Any, found: Any) -> None:
    answer = client.post(f"{shop}{path}" if path else SHOPS, json=body)
    assert errors(answer) == found
    assert client.get(f"{shop}/orders?limit=0").json() == {"total": 0}


def test_lines_are_validated(client: httpx.Client, shop: str) -> None:
    mug = add(client, f"{shop}/products", name="Mug")
    cart = f"{shop}/carts/{order(client, shop, mug['id'])['cart']['id']}"
    assert errors(client.post(f"{cart}/items", json={"quantity": "x", "price": []})) == {
        "ecommerce_product_id": ["The ecommerce product id field is required."],
        "price": ["The price must be a number."],
        "quantity": ["The quantity must be an integer."],
    }
    assert errors(client.post(f"{cart}/items/replace", json={})) == {"items": ["The items field is required."]}
    assert errors(client.put(cart, json={"cart_total": "x"})) == {"cart_total": ["The cart total must be a number."]}
    assert len(data(client.get(f"{cart}/items"))) == 1


@pytest.mark.parametrize("path", ["/5", "/5/products", "/x", "/5/carts/1/items"])
def test_unknown_shop(client: httpx.Client, path: str) -> None:
    answer = client.get(f"{SHOPS}{path}")
    assert (answer.status_code, answer.json()) == (404, GONE)


def test_reset_empties_the_shops(emulator: Emulator, client: httpx.Client, shop: str) -> None:
    emulator.reset()
    assert client.get(shop).status_code == 404


# -- batches -----------------------------------------------------------------------------------------------------------


def test_batch_takes_calls_about_shops(client: httpx.Client, shop: str) -> None:
    base = f"api{shop}"
    answer = client.post(
        "/batch",
        json={
            "requests": [
                {"method": "POST", "path": f"{base}/categories/import", "body": [{"name": "Cups"}, {"name": "Gifts"}]},
                {
                    "method": "POST",
                    "path": f"{base}/products?with_resource_id",
                    "body": {"name": "M", "resource_id": "M"},
                },
                {"method": "GET", "path": f"{base}/products/M", "body": {"with_resource_id": ""}},
                {"method": "GET", "path": f"{base}/categories", "body": {"limit": 0}},
                {"method": "POST", "path": f"{base}/categories", "body": [{"name": "Cups"}]},
            ]
        },
    ).json()
    assert [item["code"] for item in answer["responses"]] == [200, 201, 200, 200, 422]
    assert answer["responses"][2]["body"] == answer["responses"][1]["body"]
    assert answer["responses"][3]["body"] == {"total": 2}


def test_list_as_the_body_of_an_upsert_is_an_empty_one(emulator: Emulator, client: httpx.Client) -> None:
    emulator.fault("import_batch_answer")
    body = {"requests": [{"method": "POST", "path": "api/subscribers", "body": ["ann@example.com"]}]}
    answer = client.post("/batch", json=body)
    assert list(answer.json()) == ["import_progress_url"]
    assert client.get("/subscribers?limit=0").json() == {"total": 0}

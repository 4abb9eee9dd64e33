"""Shops and what is in them, through both clients: what reaches the wire and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mailerlite_async import NotFoundError, ServerError, ValidationError, calls
from mailerlite_async.models import (
    Cart,
    CartInput,
    CartItem,
    CartItemInput,
    Category,
    CategoryInput,
    Customer,
    CustomerInput,
    Order,
    OrderCustomerInput,
    OrderInput,
    Product,
    ProductInput,
    Shop,
)
from mailerlite_async.testing import Emulator
from tests.support.facade import Facade

ANN = "ann@example.com"
OWN = {"with_resource_id": ""}


def sent(emulator: Emulator) -> tuple[str, str, dict[str, str], Any]:
    """The last request: method, path below the shops, query and body."""
    last = emulator.requests[-1]
    return last.method, last.path.removeprefix("/api/ecommerce/shops"), dict(last.query), last.body


async def new_shop(facade: Facade, ml: Any) -> str:
    shop = await facade.call(ml.shops.create("Mugs", "mugs.example.com", "USD"))
    return str(shop.id)


async def new_order(facade: Facade, ml: Any, shop: str) -> tuple[Any, Any]:
    mug = await facade.call(ml.products.create(shop, "Mug", price=10))
    lines = CartInput([CartItemInput(mug.id, quantity=2)])
    made = await facade.call(ml.orders.create(shop, OrderCustomerInput(ANN), lines, status="pending"))
    return mug, made


# -- shops -------------------------------------------------------------------------------------------------------------


async def test_shops(facade: Facade, emulator: Emulator) -> None:
    emulator.seed(groups=[{"id": "5", "name": "Buyers"}])
    ml = facade.patient()
    options = {"platform": "own", "group_id": 5, "enable_popups": True, "enabled": False}
    shop = await facade.call(
        ml.shops.create("Mugs", "mugs.example.com", "USD", **options, access_data="-", enable_resubscribe=True)
    )
    assert sent(emulator) == (
        "POST",
        "",
        {},
        {
            "name": "Mugs",
            "url": "mugs.example.com",
            "currency": "USD",
            **options,
            "group_id": "5",
            "access_data": "-",
            "enable_resubscribe": True,
        },
    )
    assert type(shop).__name__ == Shop.__name__
    assert (shop.name, shop.currency_sign, shop.enabled, shop.enable_popups) == ("Mugs", "$", False, True)
    assert (shop.group.id, shop.group.total, shop.group.open_rate.float) == ("5", 0, 0.0)
    assert shop.created_at.tzinfo is UTC
    assert await facade.call(ml.shops.get(shop.id)) == shop
    changed = await facade.call(ml.shops.update(shop.id, enabled=True, group_id=None))
    assert sent(emulator) == ("PUT", f"/{shop.id}", {}, {"enabled": True, "group_id": None})
    assert (changed.enabled, changed.group) == (True, None)
    page = await facade.call(ml.shops.list(limit=1, page=1))
    assert (sent(emulator)[2], page.total) == ({"limit": "1", "page": "1"}, 1)
    assert await facade.collect(ml.shops.iter()) == [changed]
    assert sent(emulator)[2] == {"limit": "50"}
    assert await facade.call(ml.shops.count()) == 1
    assert sent(emulator)[2] == {"limit": "0"}
    assert await facade.call(ml.shops.delete(shop.id)) is None
    with pytest.raises(NotFoundError):
        await facade.call(ml.shops.get(shop.id))


# -- products and categories -------------------------------------------------------------------------------------------


async def test_products(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    shop = await new_shop(facade, ml)
    cups = await facade.call(ml.categories.create(shop, "Cups"))
    given = {
        "price": 9.5,
        "url": "https://example.com/mug",
        "image": "https://example.com/mug.png",
        "short_description": "A mug",
        "description": "A blue mug",
        "exclude_from_automations": True,
    }
    mug = await facade.call(ml.products.create(shop, "Mug", **given, categories=[cups.id], resource_id=7))
    assert sent(emulator) == (
        "POST",
        f"/{shop}/products",
        {},
        {"name": "Mug", **given, "categories": [cups.id], "resource_id": "7"},
    )
    assert type(mug).__name__ == Product.__name__
    assert {key: getattr(mug, key) for key in given} == given
    assert (mug.categories, mug.resource_id, mug.created_at) == ((cups,), "7", None)
    assert await facade.call(ml.products.get(shop, mug.id)) == mug
    assert await facade.call(ml.products.get(shop, 7, by_resource_id=True)) == mug
    assert sent(emulator) == ("GET", f"/{shop}/products/7", OWN, None)
    changed = await facade.call(ml.products.update(shop, "7", price=None, name="Cup", by_resource_id=True))
    assert sent(emulator) == ("PUT", f"/{shop}/products/7", OWN, {"name": "Cup", "price": None})
    assert (changed.name, changed.price, changed.url) == ("Cup", None, mug.url)
    assert await facade.call(ml.products.replace_categories(shop, mug.id, [])) is None
    assert sent(emulator)[1:] == (
        f"/{shop}/products/{mug.id}/categories/multiple",
        {},
        {"replace": True, "categories": []},
    )
    assert (await facade.call(ml.products.list(shop, limit=5, page=1))).items[0].categories == ()
    assert await facade.call(ml.products.count(shop)) == 1
    assert len(await facade.collect(ml.products.iter(shop, page_size=1))) == 1
    assert await facade.call(ml.products.delete(shop, "7", by_resource_id=True)) is None
    assert sent(emulator) == ("DELETE", f"/{shop}/products/7", OWN, None)
    assert await facade.call(ml.products.count(shop)) == 0


async def test_categories_and_their_products(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    shop = await new_shop(facade, ml)
    cups = await facade.call(ml.categories.create(shop, "Cups", exclude_from_automations=True, resource_id="C"))
    assert sent(emulator)[3] == {"name": "Cups", "exclude_from_automations": True, "resource_id": "C"}
    assert type(cups).__name__ == Category.__name__
    assert await facade.call(ml.categories.get(shop, "C", by_resource_id=True)) == cups
    changed = await facade.call(ml.categories.update(shop, cups.id, name="Mugs"))
    assert (changed.name, changed.exclude_from_automations) == ("Mugs", True)
    products = [await facade.call(ml.products.create(shop, name, description="x")) for name in ("A", "B", "C")]
    for product in products:
        assert await facade.call(ml.categories.assign(shop, cups.id, product.id)) is None
    path = f"/{shop}/categories/{cups.id}/products"
    assert sent(emulator) == ("POST", path, {}, {"product_id": products[2].id})
    assert await facade.call(ml.categories.unassign(shop, cups.id, products[1].id)) is None
    assert sent(emulator) == ("DELETE", f"{path}/{products[1].id}", {}, None)
    listed = await facade.collect(ml.categories.iter_products(shop, "C", by_resource_id=True, page_size=1))
    assert sent(emulator)[2] == {"limit": "1", "page": "2", **OWN}
    assert [product.name for product in listed] == ["A", "C"]
    assert (listed[0].description, listed[0].categories) == (None, (changed,))
    page = await facade.call(ml.categories.products(shop, cups.id, limit=1))
    assert (page.total, len(page.items)) == (2, 1)
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.categories.assign(shop, cups.id, "999"))
    assert caught.value.errors == {"product_id": ["The selected product id is invalid."]}
    assert [await facade.call(ml.categories.count(shop)), len(await facade.collect(ml.categories.iter(shop)))] == [1, 1]
    assert await facade.call(ml.categories.delete(shop, cups.id)) is None
    assert (await facade.call(ml.categories.list(shop))).items == ()


async def test_imports(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    shop = await new_shop(facade, ml)
    stored = await facade.call(
        ml.categories.import_categories(shop, [CategoryInput("Cups", resource_id="C"), {"name": "Gifts"}])
    )
    assert sent(emulator) == (
        "POST",
        f"/{shop}/categories/import",
        {},
        [{"name": "Cups", "resource_id": "C"}, {"name": "Gifts"}],
    )
    assert [(type(row), row.name, row.id.isdigit()) for row in stored] == [
        (Category, "Cups", True),
        (Category, "Gifts", True),
    ]
    assert await facade.collect(ml.categories.iter(shop)) == list(stored)
    rows = [ProductInput("Mug", price=1.5, categories=["C"], resource_id="M")]
    for _ in range(2):
        (mug,) = await facade.call(
            ml.products.import_products(shop, rows, by_resource_id=True, replace_categories=True)
        )
    assert sent(emulator)[2] == {"with_resource_id": "", "replace_categories": ""}
    assert (mug.price, mug.categories[0].name, mug.created_at.tzinfo) == (1.5, "Cups", UTC)
    assert await facade.call(ml.products.count(shop)) == 1
    people = await facade.call(ml.customers.import_customers(shop, [CustomerInput(ANN, create_subscriber=True)]))
    assert (type(people[0]), people[0].subscriber.source) == (Customer, "ecommerce")
    at = datetime(2020, 1, 31, 12, tzinfo=UTC)
    order = OrderInput({"email": ANN}, {"items": [{"product_resource_id": "M"}]}, "complete", created_at=at)
    (made,) = await facade.call(ml.orders.import_orders(shop, [order], by_resource_id=True))
    assert sent(emulator) == (
        "POST",
        f"/{shop}/orders/import",
        OWN,
        {
            "orders": [
                {
                    "customer": {"email": ANN},
                    "cart": {"items": [{"product_resource_id": "M"}]},
                    "status": "complete",
                    "created_at": "2020-01-31 12:00:00",
                }
            ]
        },
    )
    assert (type(made), made.status, made.created_at, made.cart.items[0].product.id) == (Order, "complete", at, mug.id)


async def test_refused_import_names_the_row(facade: Facade) -> None:
    ml = facade.patient()
    shop = await new_shop(facade, ml)
    rows = [{"name": "Mug"}, {"name": "Cup", "categories": ["5"]}]
    with pytest.raises(ValidationError) as caught:
        await facade.call(ml.products.import_products(shop, rows))
    assert caught.value.errors == {"1.categories.0": ["The selected categories.0 is invalid."]}
    assert await facade.call(ml.products.count(shop)) == 0


# -- customers, orders and carts ---------------------------------------------------------------------------------------


async def test_customers(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    shop = await new_shop(facade, ml)
    ann = await facade.call(
        ml.customers.create(
            shop,
            ANN,
            accepts_marketing=True,
            create_subscriber=True,
            total_spent=12.5,
            orders_count=2,
            subscriber_fields={"name": "Ann"},
            last_order=datetime(2026, 1, 1, tzinfo=UTC),
            last_order_id=5,
            resource_id="A",
        )
    )
    assert sent(emulator)[3] == {
        "email": ANN,
        "accepts_marketing": True,
        "create_subscriber": True,
        "total_spent": 12.5,
        "orders_count": 2,
        "subscriber_fields": {"name": "Ann"},
        "last_order": "2026-01-01 00:00:00",
        "last_order_id": "5",
        "resource_id": "A",
    }
    assert type(ann).__name__ == Customer.__name__
    assert (ann.accepts_marketing, ann.subscriber.fields["name"], ann.resource_id) == (True, "Ann", "A")
    assert await facade.call(ml.subscribers.get(ANN)) == ann.subscriber
    assert await facade.call(ml.customers.get(shop, "A", by_resource_id=True)) == ann
    changed = await facade.call(ml.customers.update(shop, ann.id, email="eve@example.com"))
    assert (changed.email, changed.subscriber) == ("eve@example.com", None)
    assert (await facade.call(ml.customers.list(shop, limit=3))).items == (changed,)
    assert await facade.collect(ml.customers.iter(shop)) == [changed]
    assert await facade.call(ml.customers.count(shop)) == 1
    assert await facade.call(ml.customers.delete(shop, ann.id)) is None
    assert await facade.call(ml.customers.count(shop)) == 0


async def test_orders(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    shop = await new_shop(facade, ml)
    mug, made = await new_order(facade, ml, shop)
    assert sent(emulator) == (
        "POST",
        f"/{shop}/orders",
        {},
        {
            "customer": {"email": ANN},
            "cart": {"items": [{"ecommerce_product_id": mug.id, "quantity": 2}]},
            "status": "pending",
        },
    )
    assert type(made).__name__ == Order.__name__
    assert (made.shop.id, made.shop.currency_sign, made.customer.email) == (shop, None, ANN)
    assert (made.cart.cart_total, made.cart.items[0].product.name, made.total_price) == (20.0, "Mug", None)
    assert await facade.call(ml.orders.get(shop, made.id)) == made
    done = await facade.call(ml.orders.update(shop, made.id, status="complete", total_price=99.9))
    assert sent(emulator) == ("PUT", f"/{shop}/orders/{made.id}", {}, {"status": "complete", "total_price": 99.9})
    assert (done.status, done.total_price, done.cart) == ("complete", 99.9, made.cart)
    dated = await facade.call(
        ml.orders.update(
            shop,
            made.id,
            customer={"accepts_marketing": True},
            cart={"cart_total": 5},
            created_at=datetime(2020, 1, 1, tzinfo=UTC),
            resource_id="A-1",
        )
    )
    assert (dated.customer.accepts_marketing, dated.cart.cart_total, dated.created_at.year) == (True, 5.0, 2020)
    assert (await facade.call(ml.orders.get(shop, "A-1", by_resource_id=True))).id == made.id
    assert (await facade.call(ml.orders.list(shop, limit=3))).items == (dated,)
    assert await facade.collect(ml.orders.iter(shop)) == [dated]
    queued = OrderInput({"email": ANN}, {"items": []}, "pending", resource_id="A-2")
    assert await facade.call(ml.orders.queue_sync(shop, queued)) is None
    assert sent(emulator)[1:3] == (f"/{shop}/orders/queue-order-sync", OWN)
    assert await facade.call(ml.orders.count(shop)) == 2
    assert await facade.call(ml.orders.delete(shop, made.id)) is None
    assert await facade.call(ml.orders.count(shop)) == 1


async def test_carts_and_their_lines(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    shop = await new_shop(facade, ml)
    mug, made = await new_order(facade, ml, shop)
    cart = await facade.call(ml.carts.get(shop, made.cart.id))
    assert type(cart).__name__ == Cart.__name__
    assert (cart.ecommerce_order_id, cart.customer.email, cart.items) == (made.id, ANN, made.cart.items)
    changed = await facade.call(
        ml.carts.update(shop, cart.id, checkout_url="https://example.com/c", cart_total=7.5, resource_id="C")
    )
    assert sent(emulator)[3] == {"checkout_url": "https://example.com/c", "cart_total": 7.5, "resource_id": "C"}
    assert (changed.checkout_url, changed.cart_total) == ("https://example.com/c", 7.5)
    assert (await facade.call(ml.carts.list(shop, limit=2))).items == (changed,)
    assert await facade.collect(ml.carts.iter(shop)) == [changed]
    assert await facade.call(ml.carts.count(shop)) == 1
    assert await facade.call(ml.carts.get(shop, "C", by_resource_id=True)) == changed

    items = f"/{shop}/carts/{cart.id}/items"
    line = await facade.call(ml.cart_items.create(shop, cart.id, mug.id, quantity=3, price=4.5, variant="red"))
    body = {"ecommerce_product_id": mug.id, "quantity": 3, "price": 4.5, "variant": "red"}
    assert sent(emulator) == ("POST", items, {}, body)
    assert type(line).__name__ == CartItem.__name__
    assert (line.product.id, line.quantity, line.price, line.variant) == (mug.id, 3, 4.5, "red")
    assert await facade.call(ml.cart_items.get(shop, cart.id, line.id)) == line
    cup = await facade.call(ml.products.create(shop, "Cup", resource_id="CUP"))
    other = await facade.call(
        ml.cart_items.update(shop, cart.id, line.id, product_id=cup.id, variant=None, resource_id="L")
    )
    assert sent(emulator)[3] == {"ecommerce_product_id": cup.id, "variant": None, "resource_id": "L"}
    assert (other.product.name, other.quantity, other.variant) == ("Cup", 3, None)
    assert await facade.call(ml.cart_items.update(shop, cart.id, line.id, quantity=1)) != other
    assert sent(emulator)[3] == {"quantity": 1}
    assert (await facade.call(ml.cart_items.get(shop, "C", "L", by_resource_id=True))).id == line.id
    assert (await facade.call(ml.cart_items.list(shop, cart.id, limit=1, page=2))).items[0].id == line.id
    assert len(await facade.collect(ml.cart_items.iter(shop, cart.id))) == 2
    assert await facade.call(ml.cart_items.count(shop, cart.id)) == 2
    assert await facade.call(ml.cart_items.delete(shop, cart.id, line.id)) is None
    assert await facade.call(ml.cart_items.count(shop, cart.id)) == 1
    added = await facade.call(ml.cart_items.create(shop, "C", "CUP", by_resource_id=True))
    assert sent(emulator)[2:] == (OWN, {"product_resource_id": "CUP"})
    assert added.product.id == cup.id
    assert await facade.call(ml.cart_items.replace(shop, "C", [CartItemInput("CUP", quantity=9)])) is None
    assert sent(emulator) == (
        "POST",
        f"/{shop}/carts/C/items/replace",
        OWN,
        {"items": [{"product_resource_id": "CUP", "quantity": 9}]},
    )
    assert [item.quantity for item in (await facade.call(ml.carts.get(shop, cart.id))).items] == [9]


# -- retries and batches -----------------------------------------------------------------------------------------------


async def test_order_is_not_made_twice(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    shop = await new_shop(facade, ml)
    emulator.fault("error_after_commit", method="POST", route="/ecommerce/shops/{shop_id}/orders")
    with pytest.raises(ServerError):
        await facade.call(ml.orders.create(shop, {"email": ANN}, {"items": []}, status="pending"))
    assert await facade.call(ml.orders.count(shop)) == 1


async def test_deletion_that_may_have_happened_is_repeated(facade: Facade, emulator: Emulator) -> None:
    ml = facade.patient()
    shop = await new_shop(facade, ml)
    mug = await facade.call(ml.products.create(shop, "Mug"))
    emulator.fault("error_after_commit", method="DELETE", route="/ecommerce/shops/{shop_id}/products/{product_id}")
    assert await facade.call(ml.products.delete(shop, mug.id)) is None
    assert await facade.call(ml.products.count(shop)) == 0


async def test_batch_of_calls_about_shops(facade: Facade) -> None:
    ml = facade.patient()
    shop = await new_shop(facade, ml)
    mug = await facade.call(ml.products.create(shop, "Mug", resource_id="M", by_resource_id=True))
    result = await facade.call(
        ml.batch(
            [
                calls.products.import_products(shop, [{"name": "Cup"}]),
                calls.products.get(shop, "M", by_resource_id=True),
                calls.products.update(shop, mug.id, price=5),
                calls.products.count(shop),
                calls.products.delete(shop, mug.id),
                calls.products.delete(shop, mug.id),
            ]
        )
    )
    first, second, third, count, deleted, again = result.items
    assert (first.value[0].name, second.value.name, third.value.price, count.value) == ("Cup", "Mug", 5.0, 2)
    assert (deleted.status, deleted.error) == (204, None)
    assert isinstance(again.error, NotFoundError)

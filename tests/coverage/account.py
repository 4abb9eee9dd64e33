"""A small account with one of everything, and what each method is called with there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

from mailerlite_async import calls
from mailerlite_async.models import CampaignSchedule
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.campaigns import EMAIL
from tests.support.facade import Facade

ANN = "ann@example.com"
EVE = "eve@example.com"

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Step = Callable[[SimpleNamespace], Arguments]


def given(*positional: Any, **named: Any) -> Arguments:
    """Arguments as they would be written in the call."""
    return positional, named


def seed(emulator: Emulator) -> SimpleNamespace:
    """Fill the account with what needs no call; what is returned has the ids."""
    emulator.seed(
        subscribers=[{"id": "1", "email": ANN, "groups": ["11"]}, "bob@example.com"],
        groups=[{"id": "11", "name": "Readers"}, {"id": "12", "name": "Writers"}],
        fields=[{"id": "21", "name": "Team"}],
        segments=[{"id": "31", "name": "Loyal", "subscribers": [ANN]}],
        automations=[{"id": "41", "name": "Welcome"}],
        forms=[{"id": "51", "name": "Beta", "subscribers": [ANN]}],
    )
    return SimpleNamespace(ann="1", group="11", other="12", field="21", segment="31", automation="41", form="51")


async def furnish(world: SimpleNamespace, part: str, facade: Facade, ml: Any, clock: VirtualClock) -> None:
    """Make what only calls can make, as far as the endpoints of a part of the API need it.

    Args:
        world: what there is; is given the new ids.
        part: the first segment of their path.
        facade: the flavour.
        ml: its client.
        clock: the time.
    """
    if part == "subscribers":
        world.job = await facade.call(ml.imports.create([{"email": EVE}]))
    elif part == "webhooks":
        world.webhook = (await facade.call(ml.webhooks.create("https://example.com/", ["subscriber.created"]))).id
    elif part == "campaigns":
        world.sent, world.ready, world.draft = [
            (await facade.call(ml.campaigns.create(name, emails=[EMAIL]))).id for name in ("Sent", "Ready", "Draft")
        ]
        await facade.call(ml.campaigns.schedule(world.sent, delivery="instant"))
        clock.advance(1)
        later = CampaignSchedule(date(2030, 1, 2), 9, 0)
        await facade.call(ml.campaigns.schedule(world.ready, delivery="scheduled", schedule=later))
    elif part == "ecommerce":
        shop = world.shop = (await facade.call(ml.shops.create("Mugs", "mugs.example.com", "USD"))).id
        world.category = (await facade.call(ml.categories.create(shop, "Cups"))).id
        world.product = (
            await facade.call(ml.products.create(shop, "Mug", categories=[world.category], resource_id="MUG"))
        ).id
        world.customer = (await facade.call(ml.customers.create(shop, EVE))).id
        lines = {"items": [{"ecommerce_product_id": world.product}]}
        order = await facade.call(ml.orders.create(shop, {"email": ANN}, lines, status="pending"))
        world.order, world.cart, world.item = order.id, order.cart.id, order.cart.items[0].id
        await facade.call(ml.carts.update(shop, world.cart, resource_id="CART"))


OWN_LINES = [{"product_resource_id": "MUG"}]
OWN_ORDER = {"customer": {"email": ANN}, "cart": {"items": OWN_LINES}, "status": "pending", "resource_id": "O-2"}

STEPS: dict[str, Step] = {
    "automations.list": lambda _: given(),
    "automations.get": lambda w: given(w.automation),
    "automations.create": lambda _: given("New"),
    "automations.delete": lambda w: given(w.automation),
    "automations.activity": lambda w: given(w.automation, "completed"),
    "batch": lambda w: given([calls.groups.get(w.group), calls.subscribers.count()]),
    "campaign_languages.list": lambda _: given(),
    "campaigns.list": lambda _: given(),
    "campaigns.get": lambda w: given(w.draft),
    "campaigns.create": lambda _: given("News", emails=[EMAIL]),
    "campaigns.update": lambda w: given(w.draft, "News", emails=[EMAIL]),
    "campaigns.schedule": lambda w: given(w.draft, delivery="instant"),
    "campaigns.cancel": lambda w: given(w.ready),
    "campaigns.delete": lambda w: given(w.draft),
    "campaigns.activity": lambda w: given(w.sent),
    "cart_items.list": lambda w: given(w.shop, w.cart),
    "cart_items.count": lambda w: given(w.shop, w.cart),
    "cart_items.get": lambda w: given(w.shop, w.cart, w.item),
    "cart_items.create": lambda w: given(w.shop, w.cart, w.product),
    "cart_items.update": lambda w: given(w.shop, w.cart, w.item, quantity=2),
    "cart_items.delete": lambda w: given(w.shop, w.cart, w.item),
    "cart_items.replace": lambda w: given(w.shop, "CART", OWN_LINES),
    "carts.list": lambda w: given(w.shop),
    "carts.count": lambda w: given(w.shop),
    "carts.get": lambda w: given(w.shop, w.cart),
    "carts.update": lambda w: given(w.shop, w.cart, cart_total=5),
    "categories.list": lambda w: given(w.shop),
    "categories.count": lambda w: given(w.shop),
    "categories.get": lambda w: given(w.shop, w.category),
    "categories.create": lambda w: given(w.shop, "Plates"),
    "categories.update": lambda w: given(w.shop, w.category, name="Plates"),
    "categories.delete": lambda w: given(w.shop, w.category),
    "categories.products": lambda w: given(w.shop, w.category),
    "categories.assign": lambda w: given(w.shop, w.category, w.product),
    "categories.unassign": lambda w: given(w.shop, w.category, w.product),
    "categories.import_categories": lambda w: given(w.shop, [{"name": "Plates"}]),
    "customers.list": lambda w: given(w.shop),
    "customers.count": lambda w: given(w.shop),
    "customers.get": lambda w: given(w.shop, w.customer),
    "customers.create": lambda w: given(w.shop, "cas@example.com"),
    "customers.update": lambda w: given(w.shop, w.customer, accepts_marketing=True),
    "customers.delete": lambda w: given(w.shop, w.customer),
    "customers.import_customers": lambda w: given(w.shop, [{"email": "cas@example.com"}]),
    "fields.list": lambda _: given(),
    "fields.create": lambda _: given("Town"),
    "fields.update": lambda w: given(w.field, "Town"),
    "fields.delete": lambda w: given(w.field),
    "forms.list": lambda _: given("popup"),
    "forms.get": lambda w: given(w.form),
    "forms.update": lambda w: given(w.form, "Gamma"),
    "forms.delete": lambda w: given(w.form),
    "forms.subscribers": lambda w: given(w.form),
    "groups.list": lambda _: given(),
    "groups.get": lambda w: given(w.group),
    "groups.create": lambda _: given("New"),
    "groups.update": lambda w: given(w.group, "New"),
    "groups.delete": lambda w: given(w.group),
    "groups.subscribers": lambda w: given(w.group),
    "groups.assign": lambda w: given(w.ann, w.other),
    "groups.unassign": lambda w: given(w.ann, w.group),
    "groups.import_subscribers": lambda w: given(w.group, [{"email": EVE}]),
    "imports.create": lambda _: given([{"email": EVE}]),
    "imports.get": lambda w: given(w.job),
    "orders.list": lambda w: given(w.shop),
    "orders.count": lambda w: given(w.shop),
    "orders.get": lambda w: given(w.shop, w.order),
    "orders.create": lambda w: given(
        w.shop, {"email": ANN}, {"items": [{"ecommerce_product_id": w.product}]}, status="pending"
    ),
    "orders.update": lambda w: given(w.shop, w.order, status="complete"),
    "orders.delete": lambda w: given(w.shop, w.order),
    "orders.queue_sync": lambda w: given(w.shop, OWN_ORDER),
    "orders.import_orders": lambda w: given(w.shop, [OWN_ORDER], by_resource_id=True),
    "products.list": lambda w: given(w.shop),
    "products.count": lambda w: given(w.shop),
    "products.get": lambda w: given(w.shop, w.product),
    "products.create": lambda w: given(w.shop, "Cup"),
    "products.update": lambda w: given(w.shop, w.product, name="Cup"),
    "products.delete": lambda w: given(w.shop, w.product),
    "products.replace_categories": lambda w: given(w.shop, w.product, [w.category]),
    "products.import_products": lambda w: given(w.shop, [{"name": "Cup"}]),
    "segments.list": lambda _: given(),
    "segments.get": lambda w: given(w.segment),
    "segments.update": lambda w: given(w.segment, "New"),
    "segments.delete": lambda w: given(w.segment),
    "segments.subscribers": lambda w: given(w.segment),
    "shops.list": lambda _: given(),
    "shops.count": lambda _: given(),
    "shops.get": lambda w: given(w.shop),
    "shops.create": lambda _: given("Cups", "cups.example.com", "EUR"),
    "shops.update": lambda w: given(w.shop, enabled=False),
    "shops.delete": lambda w: given(w.shop),
    "subscribers.list": lambda _: given(),
    "subscribers.count": lambda _: given(),
    "subscribers.get": lambda w: given(w.ann),
    "subscribers.upsert": lambda _: given(EVE),
    "subscribers.update": lambda w: given(w.ann, fields={"name": "Ann"}),
    "subscribers.delete": lambda w: given(w.ann),
    "subscribers.forget": lambda w: given(w.ann),
    "subscribers.activity": lambda w: given(w.ann),
    "timezones.list": lambda _: given(),
    "webhooks.list": lambda _: given(),
    "webhooks.get": lambda w: given(w.webhook),
    "webhooks.create": lambda _: given("https://example.com/2", ["campaign.sent"]),
    "webhooks.update": lambda w: given(w.webhook, name="New"),
    "webhooks.delete": lambda w: given(w.webhook),
}

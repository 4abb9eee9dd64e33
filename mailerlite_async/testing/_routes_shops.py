"""Routes of shops, and those that their products, categories, customers and orders have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ._pagination import numbered_page
from ._rendering import JsonObject
from ._rendering_shops import (
    render_category,
    render_customer,
    render_imported_category,
    render_imported_customer,
    render_imported_order,
    render_imported_product,
    render_order,
    render_product,
    render_shop,
)
from ._router import Invocation, Route
from ._shop_input import Changes, read_category, read_customer, read_order, read_product, read_shop
from ._shop_work import Work
from ._shops_state import Shelf, Shop
from ._state import Account
from ._validation import Validation
from ._wire import EmulatedResponse, RejectionError, json_response, no_content, not_found

SHOPS: Final = "/ecommerce/shops"
SHOP: Final = f"{SHOPS}/{{shop_id}}"
DEFAULT_SHOPS_PAGE: Final = 50
DEFAULT_PAGE: Final = 100
LARGEST_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of records in a shop.

    Attributes:
        path: the word in the path.
        one: the name of the id in the path.
        shelf: where a shop has them.
        read: reads the changes of a body: check, data, work, whether for a new record.
        put: carries them out.
        render: a record as in most answers.
        render_imported: a record as in the answer to an import.
        remove: takes a record out.
    """

    path: str
    one: str
    shelf: Callable[[Shop], Shelf[Any]]
    read: Callable[[Validation, object, Work, bool], Changes]
    put: Callable[[Work, Changes, Any], tuple[Any, bool]]
    render: Callable[[Any, Shop, Account], JsonObject]
    render_imported: Callable[[Any, Shop, Account], JsonObject]
    remove: Callable[[Shop, Any], None]

    def find(self, work: Work, reference: str) -> Any:
        """The record of a path."""
        record = self.shelf(work.shop).find(reference, own=work.own)
        if record is None:
            raise missing()
        return record


PRODUCTS: Final = Kind(
    "products",
    "product_id",
    lambda shop: shop.products,
    lambda check, data, work, new: read_product(check, data, work.shop, new=new, own=work.own),
    Work.product,
    lambda product, *_: render_product(product),
    lambda product, *_: render_imported_product(product),
    lambda shop, product: shop.products.remove(product),
)
CATEGORIES: Final = Kind(
    "categories",
    "category_id",
    lambda shop: shop.categories,
    lambda check, data, _, new: read_category(check, data, new=new),
    Work.category,
    lambda category, *_: render_category(category),
    lambda category, *_: render_imported_category(category),
    Shop.remove_category,
)
CUSTOMERS: Final = Kind(
    "customers",
    "customer_id",
    lambda shop: shop.customers,
    lambda check, data, work, new: read_customer(check, data, work.account, new=new),
    Work.customer,
    lambda customer, _, account: render_customer(customer, account),
    lambda customer, _, account: render_imported_customer(customer, account),
    lambda shop, customer: shop.customers.remove(customer),
)
ORDERS: Final = Kind(
    "orders",
    "order_id",
    lambda shop: shop.orders,
    lambda check, data, work, new: read_order(check, data, work.shop, work.account, new=new, own=work.own),
    Work.order,
    render_order,
    render_imported_order,
    lambda shop, order: shop.orders.remove(order),
)


def missing() -> RejectionError:
    """The 404 of anything about shops. The names of the models were never seen; this is the newer text for any."""
    return not_found("Resource does not exist.")


def begin(call: Invocation) -> Work:
    """The shop of a path, and how the request means ids."""
    shop = call.account.shops.find(call.arguments[0], own=False)
    if shop is None:
        raise missing()
    return Work(call.account, shop, call.now, "with_resource_id" in call.params, "replace_categories" in call.params)


def listing(
    call: Invocation, items: Sequence[Any], render: Callable[[Any], JsonObject], *, default: int = DEFAULT_PAGE
) -> EmulatedResponse:
    """A page of a list, or with `limit=0` the count."""
    check = Validation(call.params)
    limit = check.integer("limit", lowest=0, highest=LARGEST_PAGE, default=default)
    page = check.integer("page", lowest=1, default=1)
    check.finish()
    if limit == 0:
        return json_response(200, {"total": len(items)})
    return json_response(200, numbered_page(items, render, page=page, limit=limit, url=call.url))


def list_shops(call: Invocation) -> EmulatedResponse:
    """`GET /ecommerce/shops`."""
    shops = list(call.account.shops)
    return listing(call, shops, lambda shop: render_shop(shop, call.account), default=DEFAULT_SHOPS_PAGE)


def create_shop(call: Invocation) -> EmulatedResponse:
    """`POST /ecommerce/shops`."""
    check = Validation(call.input)
    changes = read_shop(check, call.body, call.account, new=True)
    check.finish()
    shop = call.account.shops.add(Shop(call.account.ids.next(), call.now.epoch, call.now.epoch))
    return _changed(call, shop, changes, 201)


def get_shop(call: Invocation) -> EmulatedResponse:
    """`GET /ecommerce/shops/{shop_id}`."""
    return json_response(200, {"data": render_shop(begin(call).shop, call.account)})


def update_shop(call: Invocation) -> EmulatedResponse:
    """`PUT /ecommerce/shops/{shop_id}`; what is left out stays, since a plug-in is known to leave out the currency."""
    shop, check = begin(call).shop, Validation(call.input)
    changes = read_shop(check, call.body, call.account, new=False)
    check.finish()
    return _changed(call, shop, changes, 200)


def delete_shop(call: Invocation) -> EmulatedResponse:
    """`DELETE /ecommerce/shops/{shop_id}`, with all that is in it."""
    call.account.shops.remove(begin(call).shop)
    return no_content()


def routes_of(kind: Kind) -> tuple[Route, ...]:
    """The routes of a kind of records."""

    def list_all(call: Invocation) -> EmulatedResponse:
        work = begin(call)
        return listing(call, list(kind.shelf(work.shop)), lambda one: kind.render(one, work.shop, work.account))

    def answer(status: int, work: Work, record: Any) -> EmulatedResponse:
        return json_response(status, {"data": kind.render(record, work.shop, work.account)})

    def create(call: Invocation) -> EmulatedResponse:
        # With its own id and the flag a shop sends the same record again whenever it changes.
        work, check = begin(call), Validation(call.input)
        changes = kind.read(check, call.body, work, True)
        check.finish()
        record, new = kind.put(work, changes, None)
        return answer(201 if new else 200, work, record)

    def get(call: Invocation) -> EmulatedResponse:
        work = begin(call)
        return answer(200, work, kind.find(work, call.arguments[1]))

    def update(call: Invocation) -> EmulatedResponse:
        work = begin(call)
        record, check = kind.find(work, call.arguments[1]), Validation(call.input)
        changes = kind.read(check, call.body, work, False)
        check.finish()
        kind.put(work, changes, record)
        return answer(200, work, record)

    def delete(call: Invocation) -> EmulatedResponse:
        work = begin(call)
        kind.remove(work.shop, kind.find(work, call.arguments[1]))
        return no_content()

    def import_all(call: Invocation) -> EmulatedResponse:
        # Orders are known to come in an object, the others as a bare array; for orders both are taken.
        work, check = begin(call), Validation(call.input)
        given, prefix = call.body, ""
        if kind is ORDERS and isinstance(given, dict):
            given, prefix = check.array("orders"), "orders."
        elif not isinstance(given, list) or not given:
            check.add(kind.path, f"The {kind.path} field is required.")
        rows = given if isinstance(given, list) else []
        plans = [kind.read(check.item(f"{prefix}{index}", row), row, work, True) for index, row in enumerate(rows)]
        check.finish()
        records = [kind.put(work, plan, None)[0] for plan in plans]
        rendered = [kind.render_imported(record, work.shop, work.account) for record in records]
        return json_response(200, {"data": rendered})

    several, one = f"{SHOP}/{kind.path}", f"{SHOP}/{kind.path}/{{{kind.one}}}"
    return (
        Route("GET", several, list_all),
        Route("POST", several, create),
        Route("GET", one, get),
        Route("PUT", one, update),
        Route("DELETE", one, delete),
        Route("POST", f"{several}/import", import_all),
    )


ROUTES: Final = (
    Route("GET", SHOPS, list_shops),
    Route("POST", SHOPS, create_shop),
    Route("GET", SHOP, get_shop),
    Route("PUT", SHOP, update_shop),
    Route("DELETE", SHOP, delete_shop),
    *routes_of(PRODUCTS),
    *routes_of(CATEGORIES),
    *routes_of(CUSTOMERS),
    *routes_of(ORDERS),
)


def _changed(call: Invocation, shop: Shop, changes: Changes, status: int) -> EmulatedResponse:
    for name, value in changes.items():
        setattr(shop, name, value)
    shop.updated_at = call.now.epoch
    return json_response(status, {"data": render_shop(shop, call.account)})

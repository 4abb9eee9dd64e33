"""Categories of a shop, and the products in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, Listing, Nothing, Total
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.calls._shop import CATEGORY, ROUTE, body, flags, import_rows, part, product_reference, shop
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import Category, CategoryInput, Product

# No maximum is published; 100 is the API's default.
PAGE_SIZES = {"list": 100, "products": 100}

_ROUTE = f"{ROUTE}/categories"
_ONE = f"{_ROUTE}/{{category_id}}"
_PRODUCTS = f"{_ONE}/products"


def list(shop_id: str | int, *, limit: int | None = None, page: int | None = None) -> Call[Page[Category]]:
    """One page of the categories of a shop.

    Args:
        shop_id: the id.
        limit: categories a page; the API's default is 100.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no such shop.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-api
    """
    params = query(("limit", page_limit(limit)), ("page", page))
    return Call("GET", _ROUTE, Listing(Category, "page"), (shop(shop_id),), params, repeatable=True)


def count(shop_id: str | int) -> Call[int]:
    """The number of categories of a shop.

    Args:
        shop_id: the id.

    Returns:
        The number.

    Raises:
        NotFoundError: if there is no such shop.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-api
    """
    return Call("GET", _ROUTE, Total(), (shop(shop_id),), query(("limit", 0)), repeatable=True)


def get(shop_id: str | int, category_id: str | int, *, by_resource_id: bool = False) -> Call[Category]:
    """One category.

    Args:
        shop_id: the id of the shop.
        category_id: the id.
        by_resource_id: True if `category_id` is the shop's own id (not documented by the API).

    Returns:
        The category.

    Raises:
        NotFoundError: if there is no such shop or category.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-api
    """
    segments = (shop(shop_id), part(category_id, "category_id", by_resource_id))
    return Call("GET", _ONE, Data(Category), segments, flags(by_resource_id), repeatable=True)


def create(
    shop_id: str | int,
    name: str,
    *,
    exclude_from_automations: bool | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[Category]:
    """Add a category. The same call again may make a second one, so it is never repeated blindly.

    Args:
        shop_id: the id of the shop.
        name: the name.
        exclude_from_automations: True if products of it shall never trigger automations; the API's default is False.
        resource_id: the shop's own id (not documented by the API).
        by_resource_id: True if the ids here, in the path and the body, are the shop's own (not documented by the API).

    Returns:
        The new category.

    Raises:
        NotFoundError: if there is no such shop.
        ValidationError: if a value is refused; a value that the documents rule out, before it is sent.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-api
    """
    content = body(
        CATEGORY,
        "POST",
        _ROUTE,
        name=name,
        exclude_from_automations=exclude_from_automations,
        resource_id=resource_id,
    )
    segments = (shop(shop_id),)
    return Call("POST", _ROUTE, Data(Category), segments, flags(by_resource_id), content, repeatable=False)


def update(
    shop_id: str | int,
    category_id: str | int,
    *,
    name: str | Unset = UNSET,
    exclude_from_automations: bool | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[Category]:
    """Change a category. The documents require `name`.

    Args:
        shop_id: the id of the shop.
        category_id: the id.
        name: the name.
        exclude_from_automations: True if products of it shall never trigger automations; the API's default is False.
        resource_id: the shop's own id (not documented by the API).
        by_resource_id: True if the ids here, in the path and the body, are the shop's own (not documented by the API).

    Returns:
        The category.

    Raises:
        NotFoundError: if there is no such shop or category.
        ValidationError: if a value is refused; a value that the documents rule out, before it is sent.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-api
    """
    content = body(
        CATEGORY,
        "PUT",
        _ONE,
        name=name,
        exclude_from_automations=exclude_from_automations,
        resource_id=resource_id,
    )
    segments = (shop(shop_id), part(category_id, "category_id", by_resource_id))
    return Call("PUT", _ONE, Data(Category), segments, flags(by_resource_id), content, repeatable=True)


def delete(shop_id: str | int, category_id: str | int, *, by_resource_id: bool = False) -> Call[None]:
    """Delete a category; its products stay.

    Args:
        shop_id: the id of the shop.
        category_id: the id.
        by_resource_id: True if `category_id` is the shop's own id (not documented by the API).

    Raises:
        NotFoundError: if there is no such shop or category.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-api
    """
    segments = (shop(shop_id), part(category_id, "category_id", by_resource_id))
    return Call("DELETE", _ONE, Nothing(), segments, flags(by_resource_id), repeatable=True)


def products(
    shop_id: str | int,
    category_id: str | int,
    *,
    limit: int | None = None,
    page: int | None = None,
    by_resource_id: bool = False,
) -> Call[Page[Product]]:
    """One page of the products in a category, without their descriptions.

    Args:
        shop_id: the id of the shop.
        category_id: the id.
        limit: products a page; the API's default is 100.
        page: from 1.
        by_resource_id: True if `category_id` is the shop's own id (not documented by the API).

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no such shop or category.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-products-api
    """
    segments = (shop(shop_id), part(category_id, "category_id", by_resource_id))
    params = (*query(("limit", page_limit(limit)), ("page", page)), *flags(by_resource_id))
    return Call("GET", _PRODUCTS, Listing(Product, "page"), segments, params, repeatable=True)


def assign(
    shop_id: str | int, category_id: str | int, product_id: str | int, *, by_resource_id: bool = False
) -> Call[None]:
    """Put a product into a category. Safe to repeat. The API takes this call, but its form is not documented for sure.

    Args:
        shop_id: the id of the shop.
        category_id: the id of the category.
        product_id: the id of the product.
        by_resource_id: True if both are the shop's own ids (not documented by the API).

    Raises:
        NotFoundError: if there is no such shop or category.
        ValidationError: if there is no such product.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-products-api
    """
    segments = (shop(shop_id), part(category_id, "category_id", by_resource_id))
    content = body(product_reference(by_resource_id), "POST", _PRODUCTS, product_id=product_id)
    return Call("POST", _PRODUCTS, Nothing(), segments, flags(by_resource_id), content, repeatable=True)


def unassign(
    shop_id: str | int, category_id: str | int, product_id: str | int, *, by_resource_id: bool = False
) -> Call[None]:
    """Take a product out of a category. Safe to repeat. The API takes this call, though it is not documented.

    Args:
        shop_id: the id of the shop.
        category_id: the id of the category.
        product_id: the id of the product.
        by_resource_id: True if both are the shop's own ids (not documented by the API).

    Raises:
        NotFoundError: if there is no such shop, category or product, or perhaps if the product is not in it.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-products-api
    """
    route = f"{_PRODUCTS}/{{product_id}}"
    segments = (
        shop(shop_id),
        part(category_id, "category_id", by_resource_id),
        part(product_id, "product_id", by_resource_id),
    )
    return Call("DELETE", route, Nothing(), segments, flags(by_resource_id), repeatable=True)


def import_categories(
    shop_id: str | int, rows: Iterable[CategoryInput | Mapping[str, Any]], *, by_resource_id: bool = False
) -> Call[tuple[Category, ...]]:
    """Add many categories in one call, which is done when it returns. Rows without `resource_id` are always new ones.

    No maximum of rows is published; 100 a call have been seen.

    Args:
        shop_id: the id of the shop.
        rows: `CategoryInput`s, or mappings of the API's own keys, which `CategoryInput` has too.
        by_resource_id: True if a category whose `resource_id` the shop has already is changed instead (not documented
            by the API).

    Returns:
        The categories as stored, in order.

    Raises:
        NotFoundError: if there is no such shop.
        ValidationError: if a row is refused; the keys of `errors` are such as `3.name`.
        ValueError: if the id is not one, there are no rows, or one has no `name` or a key that is not known.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-categories-api
    """
    route = f"{_ROUTE}/import"
    content = import_rows(CATEGORY, route, rows)
    segments, params = (shop(shop_id),), flags(by_resource_id)
    return Call("POST", route, Data(tuple[Category, ...]), segments, params, content, repeatable=False)

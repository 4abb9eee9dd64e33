"""Products of a shop: keep them in step with the shop's own, one by one or many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, Listing, Nothing, Total
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.calls._shop import ROUTE, body, flags, import_rows, part, product, shop
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import Product, ProductInput

# No maximum is published; 100 is the API's default.
PAGE_SIZES = {"list": 100}

_ROUTE = f"{ROUTE}/products"
_ONE = f"{_ROUTE}/{{product_id}}"


def list(shop_id: str | int, *, limit: int | None = None, page: int | None = None) -> Call[Page[Product]]:
    """One page of the products of a shop.

    Args:
        shop_id: the id.
        limit: products a page; the API's default is 100.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no such shop.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-products-api
    """
    params = query(("limit", page_limit(limit)), ("page", page))
    return Call("GET", _ROUTE, Listing(Product, "page"), (shop(shop_id),), params, repeatable=True)


def count(shop_id: str | int) -> Call[int]:
    """The number of products of a shop.

    Args:
        shop_id: the id.

    Returns:
        The number.

    Raises:
        NotFoundError: if there is no such shop.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-products-api
    """
    return Call("GET", _ROUTE, Total(), (shop(shop_id),), query(("limit", 0)), repeatable=True)


def get(shop_id: str | int, product_id: str | int, *, by_resource_id: bool = False) -> Call[Product]:
    """One product.

    Args:
        shop_id: the id of the shop.
        product_id: the id.
        by_resource_id: True if `product_id` is the shop's own id (not documented by the API).

    Returns:
        The product.

    Raises:
        NotFoundError: if there is no such shop or product.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-products-api
    """
    segments = (shop(shop_id), part(product_id, "product_id", by_resource_id))
    return Call("GET", _ONE, Data(Product), segments, flags(by_resource_id), repeatable=True)


def create(
    shop_id: str | int,
    name: str,
    *,
    price: float | None | Unset = UNSET,
    url: str | None | Unset = UNSET,
    image: str | None | Unset = UNSET,
    short_description: str | None | Unset = UNSET,
    description: str | None | Unset = UNSET,
    categories: Sequence[str | int] | Unset = UNSET,
    exclude_from_automations: bool | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[Product]:
    """Add a product. The same call again may make a second one, so it is never repeated blindly.

    Args:
        shop_id: the id of the shop.
        name: the name.
        price: in the shop's currency, such as 123.4.
        url: where it is sold.
        image: where its picture is.
        short_description: up to 255 characters.
        description: any length.
        categories: ids of ALL categories it shall be in.
        exclude_from_automations: True if it shall never trigger automations; the API's default is False.
        resource_id: the shop's own id (not documented by the API).
        by_resource_id: True if the ids here, in the path and the body, are the shop's own (not documented by the API).

    Returns:
        The new product.

    Raises:
        NotFoundError: if there is no such shop.
        ValidationError: if a value is refused; a value that the documents rule out, before it is sent.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-products-api
    """
    content = body(
        product(by_resource_id),
        "POST",
        _ROUTE,
        name=name,
        price=price,
        url=url,
        image=image,
        short_description=short_description,
        description=description,
        categories=categories,
        exclude_from_automations=exclude_from_automations,
        resource_id=resource_id,
    )
    segments = (shop(shop_id),)
    return Call("POST", _ROUTE, Data(Product), segments, flags(by_resource_id), content, repeatable=False)


def update(
    shop_id: str | int,
    product_id: str | int,
    *,
    name: str | Unset = UNSET,
    price: float | None | Unset = UNSET,
    url: str | None | Unset = UNSET,
    image: str | None | Unset = UNSET,
    short_description: str | None | Unset = UNSET,
    description: str | None | Unset = UNSET,
    categories: Sequence[str | int] | Unset = UNSET,
    exclude_from_automations: bool | Unset = UNSET,
    resource_id: str | int | Unset = UNSET,
    by_resource_id: bool = False,
) -> Call[Product]:
    """Change a product. The documents require `name`.

    Args:
        shop_id: the id of the shop.
        product_id: the id.
        name: the name.
        price: in the shop's currency, such as 123.4.
        url: where it is sold.
        image: where its picture is.
        short_description: up to 255 characters.
        description: any length.
        categories: ids of ALL categories it shall be in.
        exclude_from_automations: True if it shall never trigger automations; the API's default is False.
        resource_id: the shop's own id (not documented by the API).
        by_resource_id: True if the ids here, in the path and the body, are the shop's own (not documented by the API).

    Returns:
        The product.

    Raises:
        NotFoundError: if there is no such shop or product.
        ValidationError: if a value is refused; a value that the documents rule out, before it is sent.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-products-api
    """
    content = body(
        product(by_resource_id),
        "PUT",
        _ONE,
        name=name,
        price=price,
        url=url,
        image=image,
        short_description=short_description,
        description=description,
        categories=categories,
        exclude_from_automations=exclude_from_automations,
        resource_id=resource_id,
    )
    segments = (shop(shop_id), part(product_id, "product_id", by_resource_id))
    return Call("PUT", _ONE, Data(Product), segments, flags(by_resource_id), content, repeatable=True)


def delete(shop_id: str | int, product_id: str | int, *, by_resource_id: bool = False) -> Call[None]:
    """Delete a product.

    Args:
        shop_id: the id of the shop.
        product_id: the id.
        by_resource_id: True if `product_id` is the shop's own id (not documented by the API).

    Raises:
        NotFoundError: if there is no such shop or product.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-products-api
    """
    segments = (shop(shop_id), part(product_id, "product_id", by_resource_id))
    return Call("DELETE", _ONE, Nothing(), segments, flags(by_resource_id), repeatable=True)


def replace_categories(
    shop_id: str | int, product_id: str | int, categories: Sequence[str | int], *, by_resource_id: bool = False
) -> Call[None]:
    """Put a product into these categories and no others. The API takes this call, though it is not documented.

    Args:
        shop_id: the id of the shop.
        product_id: the id.
        categories: ids of ALL categories the product shall be in; none takes it out of all.
        by_resource_id: True if the ids of product and categories are the shop's own (not documented by the API).

    Raises:
        NotFoundError: if there is no such shop or product.
        ValidationError: if there is no such category.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-products-api
    """
    route = f"{_ONE}/categories/multiple"
    content = {"replace": True, **body(product(by_resource_id), "PUT", route, categories=categories)}
    segments = (shop(shop_id), part(product_id, "product_id", by_resource_id))
    return Call("PUT", route, Nothing(), segments, flags(by_resource_id), content, repeatable=True)


def import_products(
    shop_id: str | int,
    rows: Iterable[ProductInput | Mapping[str, Any]],
    *,
    by_resource_id: bool = False,
    replace_categories: bool = False,
) -> Call[tuple[Product, ...]]:
    """Add many products in one call, which is done when it returns. Rows without `resource_id` are new ones each time.

    No maximum of rows is published; 100 a call have been seen.

    Args:
        shop_id: the id of the shop.
        rows: `ProductInput`s, or mappings of the API's own keys, which `ProductInput` has too.
        by_resource_id: True if a product whose `resource_id` the shop has already is changed instead, and if
            `categories` are the shop's own ids (not documented by the API).
        replace_categories: True if such a product leaves all other categories (not documented by the API).

    Returns:
        The products as stored, in order.

    Raises:
        NotFoundError: if there is no such shop.
        ValidationError: if a row is refused; the keys of `errors` are such as `3.name`.
        ValueError: if an id is not one, there are no rows, or one has no `name` or a key that is not known.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-products-api
    """
    route = f"{_ROUTE}/import"
    content = import_rows(product(by_resource_id), route, rows)
    params = flags(by_resource_id, replace_categories=replace_categories)
    return Call("POST", route, Data(tuple[Product, ...]), (shop(shop_id),), params, content, repeatable=False)

"""Shops: connect them to the account."""

from __future__ import annotations

from mailerlite_async._call import Call, Page, query
from mailerlite_async._codec import Data, Listing, Nothing, Total
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.calls._shop import ROUTE, SHOP, body, shop
from mailerlite_async.calls._values import page_limit
from mailerlite_async.models import Shop

# No maximum is published; 50 is the API's default.
PAGE_SIZES = {"list": 50}

_ROUTE = "/ecommerce/shops"


def list(*, limit: int | None = None, page: int | None = None) -> Call[Page[Shop]]:
    """One page of shops.

    Args:
        limit: shops a page; the API's default is 50.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-shops-api
    """
    params = query(("limit", page_limit(limit)), ("page", page))
    return Call("GET", _ROUTE, Listing(Shop, "page", 50), params=params, repeatable=True)


def count() -> Call[int]:
    """The number of shops.

    Returns:
        The number.

    Raises:
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-shops-api
    """
    return Call("GET", _ROUTE, Total(), params=query(("limit", 0)), repeatable=True)


def get(shop_id: str | int) -> Call[Shop]:
    """One shop.

    Args:
        shop_id: the id.

    Returns:
        The shop.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-shops-api
    """
    return Call("GET", ROUTE, Data(Shop), (shop(shop_id),), repeatable=True)


def create(
    name: str,
    url: str,
    currency: str,
    *,
    platform: str | Unset = UNSET,
    group_id: str | int | None | Unset = UNSET,
    enable_popups: bool | None | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    access_data: str | None | Unset = UNSET,
    enable_resubscribe: bool | Unset = UNSET,
) -> Call[Shop]:
    """Connect a shop. The same call again makes a second shop, so it is never repeated blindly.

    Args:
        name: the name.
        url: where it is, with or without scheme.
        currency: of all its money, ISO 4217, such as `USD`.
        platform: what it runs on, free text such as `woocommerce`.
        group_id: the group that customers join.
        enable_popups: whether it shows the account's pop-ups.
        enabled: whether it is in use.
        access_data: free text.
        enable_resubscribe: whether customers who have unsubscribed can be subscribed again (not documented by the API).

    Returns:
        The new shop.

    Raises:
        ValidationError: if a value is refused, the currency even before it is sent.
        ValueError: if the id of the group is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-shops-api
    """
    content = body(
        SHOP,
        "POST",
        _ROUTE,
        name=name,
        url=url,
        currency=currency,
        platform=platform,
        group_id=group_id,
        enable_popups=enable_popups,
        enabled=enabled,
        access_data=access_data,
        enable_resubscribe=enable_resubscribe,
    )
    return Call("POST", _ROUTE, Data(Shop), json=content, repeatable=False)


def update(
    shop_id: str | int,
    *,
    name: str | Unset = UNSET,
    url: str | Unset = UNSET,
    currency: str | Unset = UNSET,
    platform: str | Unset = UNSET,
    group_id: str | int | None | Unset = UNSET,
    enable_popups: bool | None | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    access_data: str | None | Unset = UNSET,
    enable_resubscribe: bool | Unset = UNSET,
) -> Call[Shop]:
    """Change a shop. The documents require `name`, `url` and `currency`; the API is known to do without the currency.

    Args:
        shop_id: the id.
        name: the name.
        url: where it is, with or without scheme.
        currency: of all its money, ISO 4217, such as `USD`.
        platform: what it runs on, free text such as `woocommerce`.
        group_id: the group that customers join.
        enable_popups: whether it shows the account's pop-ups.
        enabled: whether it is in use.
        access_data: free text.
        enable_resubscribe: whether customers who have unsubscribed can be subscribed again (not documented by the API).

    Returns:
        The shop.

    Raises:
        NotFoundError: if there is none with this id.
        ValidationError: if a value is refused, the currency even before it is sent.
        ValueError: if an id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-shops-api
    """
    content = body(
        SHOP,
        "PUT",
        ROUTE,
        name=name,
        url=url,
        currency=currency,
        platform=platform,
        group_id=group_id,
        enable_popups=enable_popups,
        enabled=enabled,
        access_data=access_data,
        enable_resubscribe=enable_resubscribe,
    )
    return Call("PUT", ROUTE, Data(Shop), (shop(shop_id),), json=content, repeatable=True)


def delete(shop_id: str | int) -> Call[None]:
    """Delete a shop with all that is in it.

    Args:
        shop_id: the id.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/ecommerce-shops-api
    """
    return Call("DELETE", ROUTE, Nothing(), (shop(shop_id),), repeatable=True)

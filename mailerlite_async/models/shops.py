"""Shops that are connected to the account."""

from __future__ import annotations

from datetime import datetime

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models._rate import Rate


@attrs.frozen
@aware_dates("created_at")
class ShopGroup:
    """The group that customers of a shop join, in a shorter form than `Group`.

    Attributes:
        id: digits.
        total: members.
        open_rate: a fraction of 1, see `Rate`.
        click_rate: a fraction of 1, see `Rate`.
        created_at: aware, UTC.

    API: https://developers.mailerlite.com/docs/ecommerce-shops-api
    """

    id: str
    name: str
    total: int | None = None
    open_rate: Rate | None = None
    click_rate: Rate | None = None
    created_at: datetime | None = None


@attrs.frozen
@aware_dates("created_at", "updated_at")
class Shop:
    """A shop.

    Attributes:
        id: digits; they may be few.
        url: with or without scheme, as given.
        currency: ISO 4217, such as `USD`; that of all money of the shop.
        enable_popups: None if it was never set.
        group: the group that customers join; None if there is none.
        currency_sign: such as `$`; None where the shop is part of an order.
        created_at: aware, UTC.

    API: https://developers.mailerlite.com/docs/ecommerce-shops-api
    """

    id: str
    name: str
    url: str
    currency: str
    enabled: bool | None = None
    enable_popups: bool | None = None
    group: ShopGroup | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    currency_sign: str | None = None

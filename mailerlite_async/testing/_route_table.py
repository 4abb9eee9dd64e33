"""The route table of the emulator: every path it answers."""

from __future__ import annotations

from typing import Final

from . import (
    _routes_automations,
    _routes_batch,
    _routes_campaign_languages,
    _routes_campaigns,
    _routes_carts,
    _routes_fields,
    _routes_forms,
    _routes_groups,
    _routes_imports,
    _routes_segments,
    _routes_shops,
    _routes_subscribers,
    _routes_timezones,
    _routes_webhooks,
)

ROUTES: Final = (
    *_routes_subscribers.ROUTES,
    *_routes_imports.ROUTES,
    *_routes_groups.ROUTES,
    *_routes_fields.ROUTES,
    *_routes_segments.ROUTES,
    *_routes_automations.ROUTES,
    *_routes_forms.ROUTES,
    *_routes_webhooks.ROUTES,
    *_routes_timezones.ROUTES,
    *_routes_campaign_languages.ROUTES,
    *_routes_campaigns.ROUTES,
    *_routes_shops.ROUTES,
    *_routes_carts.ROUTES,
    *_routes_batch.ROUTES,
)

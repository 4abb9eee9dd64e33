"""Builders of calls: one module per resource, one function per endpoint, no I/O.

They are the source of both facades: signature, docstring and types of a resource method are those of its builder. Use
them directly to build calls for `client.execute`.
"""

from mailerlite_async._batch import batch
from mailerlite_async.calls import (
    automations,
    campaign_languages,
    fields,
    forms,
    groups,
    imports,
    segments,
    subscribers,
    timezones,
    webhooks,
)

__all__ = [
    "automations",
    "batch",
    "campaign_languages",
    "fields",
    "forms",
    "groups",
    "imports",
    "segments",
    "subscribers",
    "timezones",
    "webhooks",
]

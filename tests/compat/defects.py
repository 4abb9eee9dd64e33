"""Calls that the official SDK cannot make, or makes wrongly, for a defect of its own."""

from __future__ import annotations

from tests.compat.account import HASH, LOYAL, READERS, Broken, is_gone

# Ids are text in every answer, and yet these take nothing but `int`, or an address.
INTEGERS_ONLY = {
    *(
        "campaigns.activity",
        "campaigns.cancel",
        "campaigns.delete",
        "campaigns.get",
        "campaigns.schedule",
        "campaigns.update",
    ),
    *("fields.update",),
    *("forms.delete", "forms.get", "forms.get_subscribers", "forms.update"),
    *("groups.delete", "groups.get_group_subscribers", "groups.import_subscribers_to_group", "groups.update"),
    *("segments.delete", "segments.get", "segments.get_subscribers", "segments.update"),
    *(
        "subscribers.assign_subscriber_to_group",
        "subscribers.delete",
        "subscribers.forget",
        "subscribers.get",
        "subscribers.get_import",
        "subscribers.unassign_subscriber_from_group",
    ),
    *("webhooks.delete", "webhooks.get", "webhooks.update"),
}

BROKEN = (
    Broken(
        "groups.import_subscribers_to_group",
        "it posts to `subscribers/import` below the group; the API has `import-subscribers`",
        lambda m, k: m(READERS, [{"email": "new@example.com"}]),
        404,
        "The route api/groups/21/subscribers/import could not be found.",
        "/api/groups/21/subscribers/import",
        effect=is_gone(lambda ml, k: ml.subscribers.get("new@example.com")),
        after=True,
    ),
    Broken(
        "webhooks.create",
        "it measures the name even if there is none",
        lambda m, k: m(["subscriber.created"], "https://example.com/second"),
        TypeError,
        "object of type 'NoneType' has no len()",
    ),
    Broken(
        "webhooks.update",
        "it sends `enabled` unasked, which switches on what was off",
        lambda m, k: m(k.webhook, name="Other"),
        None,
        effect=lambda ml, k: ml.webhooks.get(k.webhook).enabled,
        after=True,
    ),
    Broken(
        "segments.get_subscribers",
        "it leaves its filter a mapping, of which the query keeps nothing but the keys",
        lambda m, k: m(LOYAL, filter={"status": "active"}),
        422,
        "The given data was invalid.",
        "/api/segments/41/subscribers",
    ),
    Broken(
        "subscribers.get",
        "it puts the address into the path as it is, and `#` ends a path",
        lambda m, k: m(HASH),
        404,
        "No query results for model [App\\Models\\Subscriber\\Subscriber].",
        "/api/subscribers/hash",
    ),
    Broken(
        "batches.request",
        "its default is no calls, which the API refuses",
        lambda m, k: m(),
        422,
        "The given data was invalid.",
        "/api/batch",
    ),
    Broken(
        "api_client.request",
        "it knows no PATCH",
        lambda m, k: m("PATCH", "api/groups"),
        ValueError,
        "http method must be",
    ),
)

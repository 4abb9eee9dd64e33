"""Prepares the account: a group for each interest, and one webhook. Run again, it makes nothing twice.

The ids of the groups and the secret of the webhook are stored in the website's database.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mailerlite_async import MailerLite
from mailerlite_async.models import Webhook

from . import INTERESTS
from .database import STATUS_AFTER, Database


def find_webhooks(ml: MailerLite, url: str) -> list[Webhook]:
    """The webhooks that deliver to this URL, told about the right events."""
    found = []
    for webhook in ml.webhooks.iter():
        if webhook.url != url:
            continue
        if not (webhook.enabled and webhook.batchable and {*webhook.events} >= {*STATUS_AFTER}):
            events = sorted({*webhook.events, *STATUS_AFTER})
            webhook = ml.webhooks.update(webhook.id, events=events, enabled=True, batchable=True)  # noqa: PLW2901
        found.append(webhook)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Prepare the account whose key is in `MAILERLITE_API_KEY`."""
    parser = argparse.ArgumentParser(description="Make the groups and the webhook of the book club.")
    parser.add_argument("url", help="where MailerLite reaches the website's /webhooks/mailerlite")
    url = parser.parse_args(arguments).url
    with MailerLite(max_wait=120) as ml:
        groups: dict[str, str] = {interest: ml.groups.get_or_create(interest).id for interest in INTERESTS}
        webhooks = find_webhooks(ml, url)
        if not webhooks:
            # `batchable` because MailerLite tells of deletions in no other way.
            webhooks = [ml.webhooks.create(url, STATUS_AFTER, name="Book club website", batchable=True)]
    Database().set_account(groups, [webhook.secret for webhook in webhooks])
    print(f"Groups: {len(groups)}, webhooks: {len(webhooks)}. Ids and secrets are stored.")


if __name__ == "__main__":
    main()

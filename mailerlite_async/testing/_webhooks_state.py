"""Webhooks of the emulated account, with what came of their last delivery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ._index import IdSequence
from ._tokens import token

EVENTS: Final = (
    *("subscriber.created", "subscriber.updated", "subscriber.unsubscribed", "subscriber.bounced"),
    *("subscriber.spam_reported", "subscriber.active", "subscriber.added_to_group", "subscriber.removed_from_group"),
    *("subscriber.automation_triggered", "subscriber.automation_completed", "subscriber.deleted"),
    *("subscriber.form_submitted", "subscriber.added_through_form"),
    *("campaign.sent", "campaign.open", "campaign.click"),
)
ONLY_BATCHED: Final = ("subscriber.deleted", "campaign.open", "campaign.click")
_SECRET_LENGTH: Final = 10


@dataclass(slots=True)
class Webhook:
    """One webhook."""

    id: int
    url: str
    events: tuple[str, ...]
    name: str | None
    enabled: bool
    batchable: bool
    created_at: str
    updated_at: str
    last_fired_at: str | None = None
    response_code: int | None = None

    @property
    def secret(self) -> str:
        """Ten letters and digits, the same ones in every run."""
        return token(self.id, _SECRET_LENGTH)


class Webhooks:
    """All webhooks, by id."""

    def __init__(self, ids: IdSequence) -> None:
        self._ids = ids
        self._by_id: dict[int, Webhook] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Webhook]:
        return iter(self._by_id.values())

    def __contains__(self, webhook_id: int) -> bool:
        return webhook_id in self._by_id

    def get(self, webhook_id: int | None) -> Webhook | None:
        """The webhook with this id."""
        return None if webhook_id is None else self._by_id.get(webhook_id)

    def create(
        self, url: str, events: tuple[str, ...], name: str | None, now: str, *, enabled: bool, batchable: bool
    ) -> Webhook:
        """Add a webhook; `now` is a naive date."""
        webhook = Webhook(self._ids.next(), url, events, name, enabled, batchable, now, now)
        self._by_id[webhook.id] = webhook
        return webhook

    def remove(self, webhook: Webhook) -> None:
        """Remove a webhook."""
        del self._by_id[webhook.id]

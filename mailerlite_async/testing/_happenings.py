"""What happens to subscribers and campaigns, noted as it does for the webhooks that want to hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ._webhooks_state import Webhooks

if TYPE_CHECKING:
    from ._campaigns_state import Campaign
    from ._groups_state import Group
    from ._subscribers_state import Subscriber

CREATED: Final = "subscriber.created"
STATUS_EVENTS: Final = {
    "active": "subscriber.active",
    "unsubscribed": "subscriber.unsubscribed",
    "bounced": "subscriber.bounced",
    "junk": "subscriber.spam_reported",
}
# What a request says of a subscriber that it makes is part of the creation.
_PART_OF_CREATION: Final = frozenset({"subscriber.updated", *STATUS_EVENTS.values()})


class Happening(NamedTuple):
    """One event. `group` for those about a group, `forgotten` for a deletion for good."""

    event: str
    subject: Subscriber | Campaign
    group: Group | None = None
    forgotten: bool = False


class Happenings:
    """What has happened and has not been announced yet. Nothing is noted while there is no webhook."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._noted: list[Happening] = []
        self._created: set[int] = set()

    def note(
        self, event: str, subject: Subscriber | Campaign, group: Group | None = None, *, forgotten: bool = False
    ) -> None:
        """Note an event."""
        if not len(self._webhooks):
            return
        if event == CREATED:
            self._created.add(subject.id)
        elif event in _PART_OF_CREATION and subject.id in self._created:
            return
        self._noted.append(Happening(event, subject, group, forgotten))

    def drain(self) -> list[Happening]:
        """All events noted since the last time, in order."""
        noted, self._noted = self._noted, []
        self._created.clear()
        return noted

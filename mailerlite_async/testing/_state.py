"""The emulated account: everything that requests read and change."""

from __future__ import annotations

from ._automations_state import Automations
from ._campaigns_state import Campaigns
from ._deliveries import Deliveries
from ._fields_state import Fields
from ._forms_state import Forms
from ._groups_state import Groups
from ._happenings import Happenings
from ._imports_state import Imports
from ._index import FIRST_ID, IdSequence
from ._moment import Moment
from ._segments_state import Segments
from ._shops_state import Shelf, Shop
from ._subscribers_state import Subscriber, Subscribers
from ._webhooks_state import Webhooks


class Account:
    """One account. All ids but those of fields come from one sequence, so that none is used twice."""

    def __init__(self) -> None:
        self.ids = IdSequence(FIRST_ID)
        self.fields = Fields()
        self.groups = Groups(self.ids)
        self.webhooks = Webhooks(self.ids)
        self.happenings = Happenings(self.webhooks)
        self.deliveries = Deliveries(self.webhooks)
        self.subscribers = Subscribers(self.ids, self.groups, self.happenings)
        self.imports = Imports(self.ids, self.fields, self.groups, self.subscribers)
        self.shops: Shelf[Shop] = Shelf()
        self.segments = Segments(self.ids)
        self.campaigns = Campaigns(self.ids, self.groups, self.subscribers, self.segments)
        self.automations = Automations(self.ids)
        self.forms = Forms(self.ids)

    def advance(self, now: Moment) -> None:
        """Let everything happen that happens by itself until now."""
        self.imports.advance(now)
        self.campaigns.advance(now)

    def has_id(self, number: int) -> bool:
        """Whether anything in the account but a field has this id."""
        return (
            number in self.subscribers
            or self.subscribers.has_deleted(number)
            or number in self.groups
            or number in self.campaigns
            or self.imports.get(number) is not None
            or number in self.segments
            or number in self.automations
            or number in self.forms
            or number in self.webhooks
        )

    def upsert(self, address: str, now: str) -> tuple[Subscriber, bool]:
        """The subscriber with this address: the one there is, the deleted one back again, or a new one.

        Args:
            address: a valid address, in any letter case.
            now: naive date, for a new subscriber.

        Returns:
            The subscriber, and whether it is new.
        """
        if (subscriber := self.subscribers.by_email(address)) is not None:
            return subscriber, False
        revived = self.subscribers.deleted(address)
        subscriber = revived or self.subscribers.new(address, now)
        self.subscribers.enter(subscriber)
        return subscriber, revived is None

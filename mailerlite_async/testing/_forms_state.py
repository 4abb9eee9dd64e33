"""Forms of the emulated account, as seeded: there is no call that makes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ._index import IdSequence, SortedIds
from ._subscribers_state import Subscribers

FORM_TYPES: Final = ("popup", "embedded", "promotion")


@dataclass(slots=True)
class Form:
    """One form.

    Attributes:
        groups: ids of groups that people who sign up are put into.
        signed_up: sorted ids of subscribers, of whom some may be deleted meanwhile.
        details: what else an answer has, by the API's keys; each has a default.
    """

    id: int
    type: str
    name: str
    created_at: str
    groups: tuple[int, ...] = ()
    signed_up: tuple[int, ...] = ()
    conversions_count: int = 0
    opens_count: int = 0
    last_registration_at: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def conversion_rate(self) -> float:
        """Sign-ups for each opening, 0 to 1."""
        return self.conversions_count / self.opens_count if self.opens_count else 0.0

    def with_status(self, subscribers: Subscribers, status: str) -> SortedIds:
        """The ids of those who signed up and have a status."""
        found = SortedIds()
        for subscriber_id in self.signed_up:
            if subscriber_id in subscribers and subscribers[subscriber_id].status == status:
                found.add(subscriber_id)
        return found


class Forms:
    """All forms, by id."""

    def __init__(self, ids: IdSequence) -> None:
        self._ids = ids
        self._by_id: dict[int, Form] = {}

    def __iter__(self) -> Iterator[Form]:
        return iter(self._by_id.values())

    def __contains__(self, form_id: int) -> bool:
        return form_id in self._by_id

    def get(self, form_id: int | None) -> Form | None:
        """The form with this id."""
        return None if form_id is None else self._by_id.get(form_id)

    def create(self, type: str, name: str, created_at: str, form_id: int | None = None) -> Form:
        """Add a form.

        Args:
            type: one of `FORM_TYPES`.
            name: its name; two forms may have the same.
            created_at: naive date.
            form_id: its id, a new one if left out.
        """
        if form_id is None:
            form_id = self._ids.next()
        else:
            self._ids.skip(form_id)
        form = self._by_id[form_id] = Form(form_id, type, name, created_at)
        return form

    def remove(self, form: Form) -> None:
        """Remove a form; those who signed up stay subscribers."""
        del self._by_id[form.id]

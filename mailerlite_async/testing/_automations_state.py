"""Automations of the emulated account: as seeded, or empty drafts. Nothing runs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ._index import IdSequence

RUN_STATUSES: Final = ("completed", "active", "canceled", "failed")


@dataclass(slots=True)
class Automation:
    """One automation.

    Attributes:
        details: what else an answer has, by the API's keys; None for a fresh draft, which lacks many of them.
        runs: entries of the activity, by the API's keys, the latest first.
    """

    id: int
    name: str
    created_at: str
    enabled: bool = False
    details: Mapping[str, Any] | None = None
    runs: Sequence[Mapping[str, Any]] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether it is more than a draft."""
        return self.details is not None and bool(self.details.get("complete", True))

    def is_started_by(self, group_id: int) -> bool:
        """Whether a trigger uses a group."""
        triggers = (self.details or {}).get("triggers", ())
        return any(str(group_id) in map(str, trigger.get("group_ids", ())) for trigger in triggers)


class Automations:
    """All automations, by id."""

    def __init__(self, ids: IdSequence) -> None:
        self._ids = ids
        self._by_id: dict[int, Automation] = {}

    def __iter__(self) -> Iterator[Automation]:
        return iter(self._by_id.values())

    def __contains__(self, automation_id: int) -> bool:
        return automation_id in self._by_id

    def get(self, automation_id: int | None) -> Automation | None:
        """The automation with this id."""
        return None if automation_id is None else self._by_id.get(automation_id)

    def create(self, name: str, created_at: str, automation_id: int | None = None) -> Automation:
        """Add an empty draft.

        Args:
            name: its name; two automations may have the same.
            created_at: naive date.
            automation_id: its id, a new one if left out.
        """
        if automation_id is None:
            automation_id = self._ids.next()
        else:
            self._ids.skip(automation_id)
        automation = self._by_id[automation_id] = Automation(automation_id, name, created_at)
        return automation

    def remove(self, automation: Automation) -> None:
        """Remove an automation."""
        del self._by_id[automation.id]

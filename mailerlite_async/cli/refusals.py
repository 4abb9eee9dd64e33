"""Rows that a bulk job refuses, in the words of somebody who has the file and its lines, not its rows, before them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mailerlite_async.bulk import SyncRefusal, SyncReport

_NAMED: Final = 5
_NO_OBJECT: Final = re.compile(r"(?:it )?must be a SubscriberRow or a mapping, not \w+")
_WRONG_TYPE: Final = re.compile(r"(.*) must be ([\w ,]+), not (\w+)", re.DOTALL)
# What is wanted, and what is there instead, as somebody who writes JSON calls it.
_WANTED: Final = {
    "str": "text",
    "str or int": "text or a whole number",
    "a mapping": "an object",
    "text, a number or None": "text, a number or null",
    "a sequence of ids": "a list of ids",
}
_TYPES: Final = {
    "dict": "an object",
    "list": "a list",
    "str": "text",
    "int": "a number",
    "float": "a fraction",
    "bool": "true or false",
    "NoneType": "null",
}
_OF_EARLIER: Final = re.compile(r"(its (?:email|id|fields\..+) is that of )rows\[(\d+)\]", re.DOTALL)


def in_words(reason: str, lines: Sequence[int], *, keys: str = "email and fields") -> str:
    """What is wrong with a row, without the names that Python has for it.

    Args:
        reason: as a bulk job says it.
        lines: where the rows of the file start.
        keys: what a line of JSON is an object with.
    """
    if earlier := _OF_EARLIER.fullmatch(reason):
        return f"{earlier[1]}line {lines[int(earlier[2])]}"
    if _NO_OBJECT.fullmatch(reason):
        return f"a line must be an object with {keys}"
    # An import checks each row as the only one of a list.
    reason = reason.removeprefix("rows[0].")
    if reason.startswith("subscriber_id "):
        reason = reason.removeprefix("subscriber_").replace("must be an id of", "must be made of")
    if reason.endswith(" takes ids, not mappings"):
        return "id must be text or a whole number, not an object"
    if wrong := _WRONG_TYPE.fullmatch(reason):
        name, wanted, given = wrong.groups()
        return f"{name} must be {_WANTED.get(wanted, wanted)}, not {_TYPES.get(given, given)}"
    return reason


@dataclass(frozen=True, slots=True)
class Unclear:
    """Rows of which nobody can tell which member they are about.

    Attributes:
        rows: the first of them, counted from 0.
        count: how many there are.
        reason: what is wrong with the first one.
    """

    rows: Sequence[int]
    count: int
    reason: str

    def explain(self, file: str, lines: Sequence[int], removals: int) -> str:
        """Why the group cannot be changed, and what a user can do about it.

        Args:
            file: its name.
            lines: where its rows start.
            removals: how many members would be removed.
        """
        numbers = ", ".join(str(lines[row]) for row in self.rows)
        more = f" and {self.count - len(self.rows):,} more" if self.count > len(self.rows) else ""
        one = self.count == 1
        where = f"{file}, line{'' if one else 's'} {numbers}{more}"
        members = f"{removals:,} member{'' if removals == 1 else 's'}"
        reason = in_words(self.reason, lines)
        first = reason if one else f"the first: {reason}"
        return (
            f"{where}: nobody can tell which member {'this row is' if one else 'these rows are'} about ({first}), and "
            f"{members} would be removed as missing in the file. Mend the row{'' if one else 's'}, or take "
            f"{'it' if one else 'them'} out."
        )


def find_unclear(report: SyncReport) -> Unclear | None:
    """The rows because of which somebody may be taken for missing; None if there are none, or nobody would be removed.

    A row like an earlier one is none of them: what it is about is in the file.
    """
    if not report.removed:
        return None
    return _unclear(refusal for refusal in report.refused if refusal.kept is None)


def _unclear(refusals: Iterable[SyncRefusal]) -> Unclear | None:
    rows: list[int] = []
    count = 0
    reason = ""
    for refusal in refusals:
        if _OF_EARLIER.fullmatch(refusal.error.reason):
            continue
        reason = reason or refusal.error.reason
        count += 1
        if count <= _NAMED:
            rows.append(refusal.row)
    return Unclear(rows, count, reason) if count else None

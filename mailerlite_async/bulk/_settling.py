"""What became of each row of an import that has ended.

A report counts the refused rows by reason and names five of each at most. The others are found by what the group or
the account knows of them, whichever takes fewer calls to learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import attrs

from mailerlite_async._addresses import identity
from mailerlite_async._batch import MOST_CALLS, BatchResult, batch
from mailerlite_async._bodies import encode
from mailerlite_async._call import Call, Page
from mailerlite_async._flow import Flow
from mailerlite_async.bulk._chunk import Item, Outcome
from mailerlite_async.calls import groups, subscribers
from mailerlite_async.errors import (
    AuthenticationError,
    MailerLiteError,
    MethodNotAllowedError,
    NotFoundError,
    PermissionDeniedError,
)
from mailerlite_async.models import Group, ImportReport, Subscriber

# In the order in which a row that has two of them has got them: the first copy of a row is refused for what it is, the
# second for being one.
_NAMED_REASONS: Final = (
    "invalid",
    "mistyped",
    "unsubscribed",
    "role_based",
    "suspicious_format",
    "subscriber_limit",
    "duplicate",
)
_STATUSES: Final = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
_PAGE: Final = groups.PAGE_SIZES["subscribers"]

Results = list[Outcome | MailerLiteError | None]


@attrs.frozen
class Ended:
    """An import that has ended.

    Attributes:
        rows: their places in the chunk.
        report: its last report.
        index: of the report among those of the chunk.
        attempts: how often the rows were sent.
    """

    rows: Sequence[int]
    report: ImportReport
    index: int
    attempts: int

    @property
    def taken(self) -> int:
        """How many rows the API took. Changed rows are among the updated ones."""
        report = self.report
        return report.imported + max(report.updated, report.changed_count) + report.unchanged_count

    @property
    def stopped(self) -> bool:
        """Whether the API stopped it, perhaps before its last row."""
        return self.report.stopped_at is not None

    @property
    def unfinished(self) -> str:
        """The reason of rows that the report does not account for."""
        return "subscriber_limit" if self.report.is_stopped_due_to_free_account_limit_exceeded else "unknown"

    def refused(self) -> Counter[str]:
        """How many rows were not taken, by reason."""
        counts = Counter({reason: getattr(self.report, f"{reason}_count") for reason in _NAMED_REASONS})
        counts["banned"] = self.report.banned_import_emails_count
        counts[self.unfinished] += max(0, len(self.rows) - self.taken - counts.total())
        return +counts

    def outcome(self, refused: str | None = None) -> Outcome:
        """Of a row."""
        return Outcome(refused=refused, report=self.index, attempts=self.attempts)


class _Standing(NamedTuple):
    """What is known of a person of the account."""

    member: bool
    status: str


@attrs.frozen
class _Open:
    """An import with rows whose fate its report does not tell, and how many of them were refused, by reason."""

    ended: Ended
    rows: Sequence[int]
    left: Counter[str]


_Known = dict[str, _Standing | MailerLiteError]


def settle(
    items: Sequence[Item], group_id: str, imports: Iterable[Ended], results: Results
) -> Flow[MailerLiteError | None]:
    """Give every row of these imports its result.

    Args:
        items: the rows of the chunk.
        group_id: the group they went into.
        imports: those that have ended.
        results: of the chunk, filled in here.

    Returns:
        What must stop the job, such as a key that is refused meanwhile.
    """
    undecided: list[_Open] = []
    for ended in imports:
        left = _give_named(items, ended, results)
        if not left:
            _give_taken(ended, ended.rows, results)
            continue
        rows = [row for row in ended.rows if results[row] is None]
        if len(left) == 1 and left.total() >= len(rows):
            _give(ended, rows, next(iter(left)), results)
        else:
            undecided.append(_Open(ended, rows, left))
    if not undecided:
        return None
    addresses = {_key(items[row]): str(items[row].body["email"]) for each in undecided for row in each.rows}
    try:
        known: _Known = yield from _find(group_id, addresses)
    except MailerLiteError as error:
        result = _gone(error) if isinstance(error, NotFoundError) else error
        for each in undecided:
            for row in each.rows:
                results[row] = result
        return error if isinstance(error, AuthenticationError | PermissionDeniedError) else None
    for each in undecided:
        _decide(items, each, known, results)
    return None


def _key(item: Item) -> str:
    return identity(item.body["email"])


def _gone(error: NotFoundError) -> Outcome:
    return Outcome(error.status, encode({"message": error.message, "errors": error.errors}))


def _give(ended: Ended, rows: Iterable[int], reason: str, results: Results) -> None:
    outcome = ended.outcome(reason)
    for row in rows:
        results[row] = outcome


def _give_taken(ended: Ended, rows: Iterable[int], results: Results) -> None:
    outcome = ended.outcome()
    for row in rows:
        if results[row] is None:
            results[row] = outcome


# -- what the report says ----------------------------------------------------------------------------------------------


def _give_named(items: Sequence[Item], ended: Ended, results: Results) -> Counter[str]:
    """Settle the rows that the report names, and copies of rows; returns how many it does not name, by reason."""
    left = ended.refused()
    if not left:
        return left
    named: dict[str, list[str]] = {}
    for reason in _NAMED_REASONS:
        for sample in getattr(ended.report, reason):
            named.setdefault(identity(sample.email), []).append(reason)
    keys = [_key(items[row]) for row in ended.rows]
    copied = {key for key, count in Counter(keys).items() if count > 1} if left["duplicate"] else set[str]()
    seen: set[str] = set()
    for row, key in zip(ended.rows, keys, strict=True):
        reasons = named.get(key)
        first_of_copies = key in copied and key not in seen
        seen.add(key)
        if reasons and not (reasons[0] == "duplicate" and first_of_copies):
            reason = reasons.pop(0)
        elif key in copied and not first_of_copies:
            reason = "duplicate"
        else:
            continue
        if left[reason] > 0:
            left[reason] -= 1
            results[row] = ended.outcome(reason)
    return +left


# -- what the account says ---------------------------------------------------------------------------------------------


def _find(group_id: str, addresses: Mapping[str, str]) -> Flow[_Known]:
    """What is known of these people, by the form in which addresses are compared; nothing of those nobody knows."""
    looks = [(key, form) for key, address in addresses.items() for form in _forms(key, address)]
    batches = -(-len(looks) // MOST_CALLS)
    # Reading the group takes a call for its size and one for each status at least.
    if batches <= 1 + len(_STATUSES):
        return (yield from _look_up(group_id, looks))
    try:
        group: Group = yield groups.get(group_id)
    except (NotFoundError, MethodNotAllowedError):
        # The API does not document this call. If the group is gone, its list of members says so too.
        return (yield from _read_back(group_id, addresses))
    counts = [getattr(group, f"{status}_count") for status in _STATUSES]
    if batches <= sum(max(1, -(-count // _PAGE)) for count in counts):
        return (yield from _look_up(group_id, looks))
    del looks
    return (yield from _read_back(group_id, addresses))


def _forms(key: str, address: str) -> Iterable[str]:
    """How an address may be kept: an international domain in either of its forms. Without an @ it is none."""
    if "@" not in address:
        return ()
    return dict.fromkeys((address.lower(), key))


def _look_up(group_id: str, looks: Sequence[tuple[str, str]]) -> Flow[_Known]:
    known: _Known = {}
    for start in range(0, len(looks), MOST_CALLS):
        some = looks[start : start + MOST_CALLS]
        result: BatchResult[Any] = yield batch([_look(address) for _, address in some])
        for (key, _), item in zip(some, result.items, strict=True):
            people = item.value.items if isinstance(item.value, Page) else (item.value,)
            person = next((one for one in people if isinstance(one, Subscriber) and identity(one.email) == key), None)
            if person is not None:
                member = any(group.id == group_id for group in person.groups or ())
                known[key] = _Standing(member, person.status)
            elif item.error is not None and not isinstance(item.error, NotFoundError):
                known.setdefault(key, item.error)
    return known


def _look(address: str) -> Call[Any]:
    try:
        return subscribers.get(address)
    except ValueError:  # such as an address with a slash, which cannot stand in a path
        return subscribers.list(email=address, include_groups=True, limit=1)


def _read_back(group_id: str, addresses: Mapping[str, str]) -> Flow[_Known]:
    known: _Known = {}
    for status in _STATUSES:
        standing = _Standing(member=True, status=status)
        call: Call[Page[Subscriber]] | None = groups.subscribers(group_id, status=status, limit=_PAGE)
        while call is not None:
            page: Page[Subscriber] = yield call
            known.update((key, standing) for person in page.items if (key := identity(person.email)) in addresses)
            call = page.next
    return known


def _decide(items: Sequence[Item], each: _Open, known: _Known, results: Results) -> None:
    """Settle what the report left open."""
    members: list[int] = []
    gone: list[int] = []
    outside: list[int] = []
    missing: list[int] = []
    left = each.left
    for row in each.rows:
        standing = known.get(_key(items[row]))
        if isinstance(standing, MailerLiteError):
            results[row] = standing
        elif standing is None:
            missing.append(row)
        elif not standing.member:
            outside.append(row)
        else:
            (gone if standing.status == "unsubscribed" and left["unsubscribed"] else members).append(row)
    # People who have unsubscribed stay in their groups, and somebody known whom the import left outside was refused.
    named = [*gone, *outside][: left["unsubscribed"]]
    _give(each.ended, named, "unsubscribed", results)
    missing += outside[max(0, len(named) - len(gone)) :]
    left["unsubscribed"] -= len(named)
    reasons = list(+left)
    _give(each.ended, missing, reasons[0] if len(reasons) == 1 else "unknown", results)
    if each.ended.stopped:
        # Members the import had not come to were members before. Rows are taken in order, so they are the last.
        _give(each.ended, members[each.ended.taken :], each.ended.unfinished, results)
    _give_taken(each.ended, each.rows, results)

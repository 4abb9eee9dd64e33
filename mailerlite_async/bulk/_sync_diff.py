"""Which members a source finds, and what has to change so that the group is equal to it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Final

import attrs

from mailerlite_async._addresses import identity
from mailerlite_async._batch import MOST_CALLS
from mailerlite_async._flow import Flow, Sleep
from mailerlite_async.bulk._chunk import MOST_IMPORT_BYTES, MOST_IMPORT_ROWS
from mailerlite_async.bulk._cutting import WORTH_OF_IMPORT
from mailerlite_async.bulk._model import PlanStep
from mailerlite_async.bulk._sync_model import SyncPlan
from mailerlite_async.bulk._sync_rows import decode, encode
from mailerlite_async.bulk._sync_staging import Staging
from mailerlite_async.bulk._sync_values import differences, identity_of, is_empty
from mailerlite_async.errors import TooManyRemovalsError
from mailerlite_async.models import Subscriber

STATUSES: Final = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
MOST_SINGLE_UPDATES: Final = 1000
"""With more updates than that, those an import can make are made by one."""

# What an import has of each row beside the address and the values: braces, keys and quotes.
_ROW_FRAME: Final = 32


@attrs.frozen
class Wishes:
    """How a group shall be made equal to a source.

    Attributes:
        by: `email`, `id` or the key of a field.
        statuses: the statuses of members that may be changed.
        resubscribe: whether people who have unsubscribed are subscribed again.
        max_removals: a part of the members as float, or a number of them as int.
    """

    by: str = "email"
    statuses: Collection[str] = STATUSES
    resubscribe: bool = False
    max_removals: float = 0.1

    def allowed(self, members: int) -> int:
        """How many of these members may be removed."""
        if isinstance(self.max_removals, float):
            return int(Decimal(str(self.max_removals)) * members)  # 0.29 of 100 is 29, which floats get wrong
        return self.max_removals


@attrs.frozen
class Found:
    """What a comparison found.

    Attributes:
        members: of the statuses considered.
        unchanged: members who are as the source says.
        kept: members left alone for another reason.
        plan: what the changes cost.
        too_many: if there are more removals than allowed.
    """

    members: int
    unchanged: int
    kept: int
    plan: SyncPlan
    too_many: TooManyRemovalsError | None


def add_members(staging: Staging, people: Iterable[Subscriber], wishes: Wishes, types: Mapping[str, str]) -> None:
    """Keep members as the API gave them."""
    rows = []
    for person in people:
        if wishes.by == "email":
            key = None
        elif wishes.by == "id":
            key = person.id
        else:
            key = identity_of(person.fields.get(wishes.by), types[wishes.by])
        values = {name: value for name, value in person.fields.items() if not is_empty(value)}
        blob = encode(values) if values else None
        considered = person.status in wishes.statuses
        rows.append((person.id, person.email, identity(person.email), key, person.status, considered, blob))
    staging.add_members(rows)


def compare(staging: Staging, wishes: Wishes, types: Mapping[str, str]) -> Flow[Found]:
    """Find the member of each row, and plan all changes. The pauses let other tasks of the loop go on."""
    staging.index()
    yield Sleep(0)
    _match(staging, wishes.by)
    yield Sleep(0)
    yield from _plan_members(staging, wishes, types)
    yield from _plan_adds(staging)
    _plan_removals(staging)
    members = staging.number("SELECT count(*) FROM member WHERE considered")
    removals = staging.number("SELECT count(*) FROM change WHERE kind = 'remove'")
    changed = staging.number("SELECT count(DISTINCT id) FROM change WHERE kind IN ('update', 'resubscribe')")
    matched = staging.number("SELECT count(*) FROM member WHERE considered AND row IS NOT NULL")
    allowed = wishes.allowed(members)
    return Found(
        members=members,
        unchanged=matched - changed,
        kept=staging.number("SELECT count(*) FROM member WHERE NOT considered OR (shielded AND row IS NULL)"),
        plan=_plan(staging),
        too_many=TooManyRemovalsError(removals, members=members, allowed=allowed) if removals > allowed else None,
    )


# -- who is who --------------------------------------------------------------------------------------------------------


def _match(staging: Staging, by: str) -> None:
    if by == "email":
        staging.execute("UPDATE member SET row = (SELECT row FROM source WHERE source.address = member.address)")
    else:
        _match_by_key(staging, "id" if by == "id" else f"fields.{by}")
    staging.execute(
        "UPDATE member SET shielded = (EXISTS (SELECT 1 FROM refused WHERE refused.address = member.address) "
        "OR EXISTS (SELECT 1 FROM meant WHERE meant.address = member.address) "
        "OR EXISTS (SELECT 1 FROM refused WHERE refused.key = member.key))"
    )
    staging.execute(
        "UPDATE refused SET kept = coalesce("
        "(SELECT id FROM member WHERE member.key = refused.key AND considered AND member.row IS NULL), "
        "(SELECT id FROM member WHERE member.address = refused.address AND considered AND member.row IS NULL), "
        "(SELECT id FROM meant JOIN member USING (address) WHERE meant.row = refused.row AND considered "
        "AND member.row IS NULL ORDER BY length(id), id LIMIT 1))"
    )


def _match_by_key(staging: Staging, name: str) -> None:
    """Find members by their key; without one on either side the address decides."""
    staging.refuse(
        "key IN (SELECT key FROM member WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1)",
        f"several members have its {name}",
    )
    staging.execute("UPDATE member SET row = (SELECT row FROM source WHERE source.key = member.key)")
    staging.execute(
        "UPDATE member SET row = (SELECT row FROM source WHERE source.address = member.address "
        "AND (source.key IS NULL OR member.key IS NULL) "
        "AND NOT EXISTS (SELECT 1 FROM member AS other WHERE other.row = source.row)) WHERE row IS NULL"
    )
    staging.refuse(
        "NOT EXISTS (SELECT 1 FROM member WHERE member.row = source.row) "
        "AND EXISTS (SELECT 1 FROM member WHERE member.address = source.address)",
        f"its email is that of a member with another {name}",
    )
    # The address a member shall get may be that of another one, and the API would refuse it.
    staging.refuse(
        "EXISTS (SELECT 1 FROM member WHERE member.row = source.row AND member.address <> source.address) "
        "AND EXISTS (SELECT 1 FROM member WHERE member.row IS NOT source.row AND member.address = source.address)",
        "its email is that of another member",
    )
    staging.execute("UPDATE member SET row = NULL WHERE row IN (SELECT row FROM refused)")


# -- what has to change ------------------------------------------------------------------------------------------------


def _plan_members(staging: Staging, wishes: Wishes, types: Mapping[str, str]) -> Flow[None]:
    query = (
        "SELECT source.row, source.email, source.fields, member.id, member.email, member.status, member.fields, "
        "source.address <> member.address FROM source JOIN member ON member.row = source.row "
        "WHERE considered AND source.row > :after ORDER BY source.row LIMIT :most"
    )
    for page in staging.pages(query):
        yield Sleep(0)
        for row, email, given, id, email_before, status, held, moved in page:
            values = decode(held)
            fields = differences(decode(given), values, types)
            resubscribes = wishes.resubscribe and status == "unsubscribed"
            if not (fields or moved or resubscribes):
                continue
            fits_import = status == "active" and not moved and None not in fields.values()
            staging.add_change(
                "resubscribe" if resubscribes else "update",
                row,
                email,
                next="resubscribe" if resubscribes else "either" if fits_import else "update",
                id=id,
                status=status,
                email_before=email_before if moved else None,
                fields=fields,
                before={key: values.get(key) for key in fields},
            )
    many = staging.number("SELECT count(*) FROM change WHERE next = 'either'") > MOST_SINGLE_UPDATES
    staging.execute("UPDATE change SET next = ? WHERE next = 'either'", "import" if many else "update")


def _plan_adds(staging: Staging) -> Flow[None]:
    query = (
        "SELECT row, email, fields FROM source WHERE NOT EXISTS (SELECT 1 FROM member WHERE member.row = source.row) "
        "AND row > :after ORDER BY row LIMIT :most"
    )
    for page in staging.pages(query):
        yield Sleep(0)
        for row, email, blob in page:
            given = decode(blob)
            fields = {key: value for key, value in given.items() if not is_empty(value)}
            empties = {key: None for key in given if key not in fields}
            staging.add_change("add", row, email, next="import", fields=fields, empties=empties)


def _plan_removals(staging: Staging) -> None:
    staging.execute(
        "INSERT INTO change (kind, email, id, status, next) SELECT 'remove', email, id, status, 'remove' FROM member "
        "WHERE considered AND row IS NULL AND NOT shielded ORDER BY length(id), id"
    )


def _plan(staging: Staging) -> SyncPlan:
    def rows(next: str) -> int:
        return staging.number("SELECT count(*) FROM change WHERE next = ?", next)

    imported = rows("import")
    size = staging.number(
        "SELECT coalesce(sum(? + length(CAST(email AS BLOB)) + coalesce(length(fields), 0)), 0) "
        "FROM change WHERE next = 'import'",
        _ROW_FRAME,
    )
    imports = max(math.ceil(imported / MOST_IMPORT_ROWS), math.ceil(size / MOST_IMPORT_BYTES))
    steps = (
        [PlanStep("import", imported, imports, imports, "an import takes many rows in one call")] if imported else []
    )
    steps += _batches(rows("update"), "updates by id")
    steps += _batches(rows("resubscribe"), "an import resubscribes nobody", upserts=True)
    empties = staging.number("SELECT count(*) FROM change WHERE empties IS NOT NULL")
    steps += _batches(empties, "an import clears no value, so those added are looked at")
    steps += _batches(rows("remove"), "removals by id")
    return SyncPlan(tuple(steps))


def _batches(rows: int, why: str, *, upserts: bool = False) -> list[PlanStep]:
    """As jobs cut them: a batch of upserts is an import to the API, and not worth that if it is small."""
    full, rest = divmod(rows, MOST_CALLS)
    singles = rest if rest <= (WORTH_OF_IMPORT if upserts else 1) else 0
    batches = full + (rest > singles)
    steps = []
    if batches:
        steps.append(
            PlanStep("batch", rows - singles, batches, batches if upserts else 0, f"{why}, {MOST_CALLS} in a call")
        )
    if singles:
        steps.append(PlanStep("single", singles, singles, 0, f"{why}, too few for a batch"))
    return steps

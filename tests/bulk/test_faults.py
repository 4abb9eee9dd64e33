"""Bulk jobs while a fifth of all calls goes wrong: the same account in the end, and the truth about every row."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import pytest

from mailerlite_async import RateLimits, ServerError
from mailerlite_async.bulk import BulkResult, _cutting, _job, _kernel
from mailerlite_async.testing import Emulator, VirtualClock
from tests.support.facade import Facade

ROWS = 240
CLUB, OTHER = "7001", "7002"
AMPLE = RateLimits(requests=100_000, imports=1_000)

FAULTS: dict[str, dict[str, Any]] = {
    "error 500": {"kind": "error", "status": 500},
    "error 503": {"kind": "error", "status": 503},
    "error after commit": {"kind": "error_after_commit", "status": 503},
    "reset": {"kind": "reset"},
    "reset after commit": {"kind": "reset_after_commit"},
    "html": {"kind": "html"},
    "rate limit": {"kind": "rate_limit", "seconds": 3},
    "import rate limit": {"kind": "import_rate_limit", "seconds": 3},
}

OPERATIONS = ("update", "upsert", "import_into", "assign", "unassign", "delete")


def address(number: int) -> str:
    return f"reader{number}@example.com"


def seed(emulator: Emulator) -> None:
    emulator.seed(groups=[{"name": "Book club", "id": CLUB}, {"name": "Quiet club", "id": OTHER}])
    emulator.seed(
        subscribers=[
            {"email": address(number), "fields": {"name": "Before"}, "groups": [OTHER] if number % 2 else [CLUB, OTHER]}
            for number in range(ROWS)
            if number % 3
        ]
    )


async def ids(facade: Facade, ml: Any) -> dict[str, str]:
    return {person.email: person.id for person in await facade.collect(ml.subscribers.iter())}


async def account(facade: Facade, ml: Any) -> dict[str, Any]:
    """Everybody's status, name and groups."""
    return {
        person.email: (person.status, person.fields["name"], sorted(group.id for group in person.groups))
        for status in ("active", "unsubscribed")
        for person in await facade.collect(ml.subscribers.iter(status=status, include_groups=True))
    }


def rows_of(operation: str, known: dict[str, str]) -> list[Any]:
    if operation == "update":
        return [
            {"id": id_, "fields": {"name": f"Name {number}"}, "groups": [CLUB]}
            for number, id_ in enumerate(known.values())
        ]
    if operation == "upsert":
        return [
            {
                "email": address(number),
                "fields": {"name": f"Name {number}"},
                "groups": [OTHER] if number % 4 else [CLUB],
                # Without a status, rows of one group would go into an import.
                **({"status": "unsubscribed" if number % 5 else "active"} if number % 2 else {}),
            }
            for number in range(ROWS)
        ]
    if operation == "import_into":
        return [{"email": address(number), "fields": {"name": f"Name {number}"}} for number in range(ROWS)]
    return list(known.values())


def job_of(ml: Any, operation: str, rows: list[Any], **more: Any) -> Any:
    if operation == "import_into":
        return ml.bulk.import_into(CLUB, rows, **more)
    if operation in ("assign", "unassign"):
        return getattr(ml.bulk, operation)(rows, OTHER if operation == "unassign" else CLUB, **more)
    return getattr(ml.bulk, operation)(rows, **more)


class Undisturbed(NamedTuple):
    """The account before and after a job that nothing went wrong with."""

    before: dict[str, Any]
    after: dict[str, Any]


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Undisturbed]:
    found: dict[str, Undisturbed] = {}

    async def carry_out(facade: Facade, operation: str) -> None:
        ml = facade.open(limits=AMPLE)
        before = await account(facade, ml)
        summary = await facade.call(job_of(ml, operation, rows_of(operation, await ids(facade, ml))).run())
        assert summary.failed == 0
        found[operation] = Undisturbed(before, await account(facade, ml))

    for operation in OPERATIONS:
        clock = VirtualClock()
        facade = Facade("sync", clock, Emulator(requests=100_000, imports=1_000, clock=clock))
        seed(facade.emulator)
        facade.run(carry_out(facade, operation))
    return found


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few hundred rows are many calls."""
    monkeypatch.setattr(_cutting, "MOST_CALLS", 8)
    monkeypatch.setattr(_cutting, "MOST_IMPORT_ROWS", 16)
    monkeypatch.setattr(_cutting, "WORTH_OF_IMPORT", 2)


# -- the job outlasts the faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_faults_change_nothing_in_the_end(
    facade: Facade, operation: str, fault: str, undisturbed: dict[str, Undisturbed]
) -> None:
    seed(facade.emulator)
    ml = facade.open(limits=AMPLE)
    rows = rows_of(operation, await ids(facade, ml))
    facade.emulator.fault(**FAULTS[fault], times=None, probability=0.2)
    job = job_of(ml, operation, rows)
    results = await facade.collect(job)
    facade.emulator.clear_faults()
    assert [(result.row, result.input) for result in results] == list(enumerate(rows))
    assert [result for result in results if not result.ok] == []
    assert (job.summary.done, job.summary.failed, job.summary.in_doubt) == (len(rows), 0, 0)
    assert await account(facade, ml) == undisturbed[operation].after


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_others_who_use_up_the_limits_change_nothing_in_the_end(
    facade: Facade, operation: str, undisturbed: dict[str, Undisturbed]
) -> None:
    emulator = Emulator(requests=30, imports=5, clock=facade.clock)
    seed(emulator)
    ml = facade.open(transport=emulator.transport())
    rows = rows_of(operation, await ids(facade, ml))
    emulator.fault("foreign_traffic", times=None, probability=0.5)
    results = await facade.collect(job_of(ml, operation, rows))
    emulator.clear_faults()
    assert [(result.row, result.input, result.ok) for result in results] == [
        (number, row, True) for number, row in enumerate(rows)
    ]
    assert await account(facade, ml) == undisturbed[operation].after


# -- the faults outlast the job ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_every_row_is_told_the_truth(
    facade: Facade, operation: str, undisturbed: dict[str, Undisturbed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_job, "_FEWEST_RETRIES", 1)
    monkeypatch.setattr(_kernel, "_MOST_FAILURES", 100)
    seed(facade.emulator)
    ml = facade.open(limits=AMPLE, max_retries=1)
    known = await ids(facade, ml)
    rows = rows_of(operation, known)
    for name, fault in FAULTS.items():
        # Two of these in a row are the only certain failure.
        often = 0.5 if name == "rate limit" else 0.06
        facade.emulator.fault(**fault, times=None, probability=often)
    job = job_of(ml, operation, rows)
    results = await facade.collect(job)
    facade.emulator.clear_faults()
    # What imports were left to do, they do.
    await facade.call(ml.subscribers.count())
    assert [(result.row, result.input) for result in results] == list(enumerate(rows))
    before, after = undisturbed[operation]
    found = await account(facade, ml)
    emails = {id_: email for email, id_ in known.items()}
    counts = Counter(kind(result) for result in results)
    for result in results:
        row: Any = result.input
        email = emails[row] if isinstance(row, str) else row.get("email") or emails[row["id"]]
        standing = found.get(email)
        if result.ok:
            assert standing == after.get(email)
        elif kind(result) == "certain":
            assert standing == before.get(email)
        else:
            assert standing in (before.get(email), after.get(email))
    assert min(counts[each] for each in ("ok", "certain", "open")) > 0
    assert (job.summary.done, job.summary.in_doubt) == (counts["ok"], counts["open"])
    assert job.summary.failed == counts["certain"] + counts["open"]


def kind(result: BulkResult[Any]) -> str:
    """`certain` if the error says that nothing was carried out."""
    error = result.error
    if error is None:
        return "ok"
    # An import whose report cannot be read was taken all the same.
    unread = result.way == "import" and getattr(error, "method", "") == "GET"
    doubtful = isinstance(error, ServerError) or getattr(error, "maybe_received", False)
    return "open" if unread or doubtful else "certain"

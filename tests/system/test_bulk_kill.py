"""Bulk jobs killed at random moments and started again: every row has its result, and nothing finished is sent again.

The jobs are processes that speak HTTP to an emulator; its windows are short, so that each job takes seconds.
"""

from __future__ import annotations

import itertools
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mailerlite_async import MailerLite, RateLimits
from mailerlite_async.bulk import _checkpoint
from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.testing._exchange import LoggedRequest
from tests.support.fresh import ROOT

ROWS = 5_000
IMPORT_ROWS = 100
LIMITS: dict[str, Any] = {"requests": 120, "imports": 5, "period": 0.5}
AMPLE = RateLimits(requests=100_000, imports=1_000)
KILLS = {"update": 17, "import_into": 16, "forget": 17}

pytestmark = pytest.mark.system


class State(NamedTuple):
    """What a chunk was in the checkpoint when its process was dead."""

    sent: bool
    finished: bool
    jobs: int


def people() -> list[dict[str, Any]]:
    return [
        {"email": f"reader{number}@example.com", "fields": {"name": "Before"}, "groups": ["Quiet club"]}
        for number in range(ROWS)
    ]


def seed(emulator: Emulator, operation: str) -> None:
    emulator.seed(groups=[{"name": "Book club", "id": "7001"}, {"name": "Quiet club", "id": "7002"}])
    # Half of those who are imported are known.
    emulator.seed(subscribers=people()[: ROWS // 2] if operation == "import_into" else people())


def export(client: MailerLite) -> dict[str, Any]:
    """Everybody with their fields, groups and status, by address."""
    found = {
        person.email: [person.status, dict(person.fields)]
        for status in ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
        for person in client.subscribers.iter(status=status)
    }
    for group in client.groups.iter():
        for person in client.groups.iter_subscribers(group.id):
            found[person.email].append(group.name)
    return found


def rows_of(operation: str, client: MailerLite) -> list[Any]:
    if operation == "import_into":
        return [{"email": f"reader{n}@example.com", "fields": {"name": f"Name {n}"}} for n in range(ROWS)]
    ids = {person.email: person.id for person in client.subscribers.iter()}
    ordered = [ids[f"reader{number}@example.com"] for number in range(ROWS)]
    if operation == "forget":
        return ordered
    return [{"id": id_, "fields": {"name": f"Name {number}"}} for number, id_ in enumerate(ordered)]


class Killed:
    """One job, in as many processes as it takes.

    Args:
        operation: the name of the method.
        place: a directory of its own.
        emulator: what it speaks to.
        url: where that is.
    """

    def __init__(self, operation: str, place: Path, emulator: Emulator, url: str) -> None:
        self.operation = operation
        self.emulator = emulator
        self.url = url
        self.chunk_rows = IMPORT_ROWS if operation == "import_into" else 50
        self.checkpoint = place / "job.checkpoint"
        self.copy = place / "copy.checkpoint"
        self.rows = place / "rows.json"
        self.results = place / "results.json"
        self.states: list[dict[int, State]] = []
        self.sends: list[list[int]] = []

    def start(self, flavour: str, **more: Any) -> subprocess.Popen[str]:
        job = {
            "operation": self.operation,
            "flavour": flavour,
            "url": self.url,
            "rows": str(self.rows),
            "group": "7001",
            "checkpoint": str(self.checkpoint),
            "results": str(self.results),
            "import_rows": IMPORT_ROWS,
            # So that a kill of an unsafe job leaves a few chunks in doubt rather than sixteen.
            "limits": LIMITS | ({"burst": 2} if self.operation == "forget" else {}),
            **more,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.bulk_child", json.dumps(job)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, flavour: str, luck: random.Random | None) -> bool:
        """Run it once, to its end or until it is killed; returns whether it was."""
        before = len(self.emulator.requests)
        process = self.start(flavour)
        killed = False
        try:
            if luck is not None:
                arrived = before + luck.choice([0, 1, 1, 2, 3, 4, 6, 8, 12])
                while process.poll() is None and len(self.emulator.requests) < arrived:
                    time.sleep(0.001)
                # Before the first call there is the start of the process, which takes longest.
                time.sleep(luck.random() * (0.04 if arrived > before else 0.5))
                process.kill()
            _, said = process.communicate(timeout=60)
            killed = process.returncode == -9
            assert killed or process.returncode == 0, said
        finally:
            process.kill()
            process.communicate()
        if killed:
            self.await_stragglers()
        self.sends.append([self.chunk_of(request) for request in self.emulator.requests[before:] if changes(request)])
        self.states.append(self.look())
        return killed

    def await_stragglers(self) -> None:
        """Let the server take what the killed process had written, so that it is not counted among the next one's."""
        seen = -1
        while seen != len(self.emulator.requests):
            seen = len(self.emulator.requests)
            time.sleep(0.3)

    def look(self) -> dict[int, State]:
        """What the checkpoint says of each chunk. It is a copy that is opened: the next run has to mend what it finds."""
        if not self.checkpoint.exists():
            return {}
        for suffix in ("", "-journal"):
            self.copy.with_name(self.copy.name + suffix).unlink(missing_ok=True)
            left = self.checkpoint.with_name(self.checkpoint.name + suffix)
            if left.exists():
                shutil.copy(left, self.copy.with_name(self.copy.name + suffix))
        work = self.operation + (" 7001" if self.operation == "import_into" else "")
        with _checkpoint.Checkpoint.open(self.copy, f"{work} {self.url}", "key") as checkpoint:
            kept = {number: checkpoint.kept(number) for number in range(ROWS // self.chunk_rows)}
        return {
            number: State(sent=True, finished=each.outcome is not None, jobs=len(each.jobs))
            for number, each in kept.items()
            if each is not None
        }

    def chunk_of(self, request: LoggedRequest) -> int:
        body: Any = request.body
        if self.operation == "import_into":
            row = int(body["subscribers"][0]["email"].removeprefix("reader").partition("@")[0])
        else:
            row = self.row_of[body["requests"][0]["path"].split("/")[2]]
        assert row % self.chunk_rows == 0
        return row // self.chunk_rows

    def give(self, rows: list[Any]) -> None:
        self.rows.write_text(json.dumps(rows), encoding="utf-8")
        ids = [row if isinstance(row, str) else row.get("id", "") for row in rows]
        self.row_of = {id_: number for number, id_ in enumerate(ids)}


def changes(request: LoggedRequest) -> bool:
    """Whether it carried something out."""
    return request.method == "POST" and request.status is not None and request.status < 300


def undisturbed(operation: str) -> tuple[list[Any], dict[str, Any]]:
    """The rows of a job, and the account after it was carried out without any trouble."""
    clock = VirtualClock()
    emulator = Emulator(requests=100_000, imports=1_000, clock=clock)
    seed(emulator, operation)
    with MailerLite("key", transport=emulator.transport(), clock=clock, limits=AMPLE) as client:
        rows = rows_of(operation, client)
        if operation == "import_into":
            summary = client.bulk.import_into("7001", rows).run()
        else:
            summary = getattr(client.bulk, operation)(rows).run()
        assert summary.done == ROWS
        return rows, export(client)


# -- the tests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", list(KILLS))
def test_a_job_killed_at_random_moments_loses_and_repeats_nothing(operation: str, tmp_path: Path) -> None:
    rows, expected = undisturbed(operation)
    luck = random.Random(operation)
    kills = rounds = 0
    doubted = 0
    while kills < KILLS[operation]:
        place = tmp_path / str(rounds)
        place.mkdir()
        emulator = Emulator(**LIMITS)
        seed(emulator, operation)
        with emulator.serve() as url:
            job = Killed(operation, place, emulator, url)
            job.give(rows)
            flavours = itertools.cycle(["sync", "async"] if rounds % 2 else ["async", "sync"])
            while job.run(next(flavours), luck if kills < KILLS[operation] else None):
                kills += 1
        rounds += 1
        doubted += sum(not chunk.finished for state in job.states[:-1] for chunk in state.values())
        results = json.loads(job.results.read_bytes())
        check_sends(job)
        check_results(job, results, rows)
        with MailerLite("key", transport=emulator.transport(), limits=RateLimits(**LIMITS)) as client:
            found = export(client)
        if operation == "forget":
            # What became of a row in doubt, nobody knows; all others are gone.
            in_doubt = {f"reader{each['row']}@example.com" for each in results if each["error"]}
            assert found.keys() <= in_doubt
        else:
            assert found == expected
    assert doubted > 0


def check_sends(job: Killed) -> None:
    """Nothing finished was sent again, and nothing else either unless it was in doubt."""
    for state, sends in zip(job.states, job.sends[1:], strict=False):
        for chunk in sends:
            known = state.get(chunk)
            assert known is None or not (known.finished or known.jobs)
    # What the one that was killed had written may arrive when the next one runs already: only the sum is certain.
    times = Counter(chunk for sends in job.sends for chunk in sends)
    for chunk, number in times.items():
        in_doubt = sum(chunk in state and not state[chunk].finished for state in job.states[:-1])
        assert number <= 1 + in_doubt
        assert number == 1 or job.operation != "forget"


def check_results(job: Killed, results: list[dict[str, Any]], rows: list[Any]) -> None:
    """Every row is there once, in order, and says what its chunk went through."""
    assert [each["row"] for each in results] == list(range(ROWS))
    assert [each["input"] for each in results] == rows
    before = job.states[-2] if len(job.states) > 1 else {}
    for each in results:
        known = before.get(each["row"] // job.chunk_rows)
        finished = known is not None and known.finished
        assert each["recovered"] == finished
        if known is None or finished:
            assert (each["error"], each["doubt"]) == (None, None)
        elif job.operation == "forget":
            assert (each["error"], each["doubt"], each["attempts"]) == ("InDoubtError", "left", 0)
        else:
            assert (each["error"], each["doubt"]) == (None, "repeated")


@pytest.mark.parametrize("flavours", [("async", "sync"), ("sync", "async")])
def test_a_second_process_is_refused_while_the_first_runs(flavours: tuple[str, str], tmp_path: Path) -> None:
    emulator = Emulator(**LIMITS)
    seed(emulator, "update")
    with emulator.serve() as url:
        job = Killed("forget", tmp_path, emulator, url)
        job.give(["1", "2"])
        first = job.start(flavours[0], hold=True)
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == "holding\n"
            second = job.start(flavours[1])
            _, said = second.communicate(timeout=60)
            assert second.returncode == 1
            assert "CheckpointError: the checkpoint job.checkpoint is in use" in said
            assert emulator.requests == []
        finally:
            first.kill()
            first.communicate()
        third = job.start(flavours[1])
        _, said = third.communicate(timeout=60)
        assert third.returncode == 0, said

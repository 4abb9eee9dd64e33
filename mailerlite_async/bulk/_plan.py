"""Planning a bulk job: what it would send, by which way and how long that takes, without sending anything."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from mailerlite_async.bulk._chunk import Chunk
from mailerlite_async.bulk._cutting import Cutter
from mailerlite_async.bulk._model import BulkPlan, PlanStep, Way
from mailerlite_async.bulk._operations import Work
from mailerlite_async.errors import InvalidRowError, MailerLiteError
from mailerlite_async.limits import RateLimits

_MOST_INVALID = 100
# Background work spends an eighth of the limit at once and is spread evenly from then on.
_PACED_PART = 8
_WAYS: tuple[Way, ...] = ("import", "batch", "single")


class Planner:
    """Takes the rows of a job one by one and cuts them as the job itself would.

    Args:
        work: the operation.
        limits: of the account.
    """

    def __init__(self, work: Work, limits: RateLimits) -> None:
        self._work = work
        self._limits = limits
        self._cutter = Cutter(work)
        self._rows = 0
        self._invalid: dict[int, MailerLiteError] = {}
        self._invalid_count = 0
        self._rows_by_way: Counter[Way] = Counter()
        self._requests_by_way: Counter[Way] = Counter()
        self._import_sizes: list[int] = []

    def add(self, given: object) -> None:
        """Take a row."""
        row = self._rows
        self._rows += 1
        try:
            item = self._work.item(row, given)
        except InvalidRowError as error:
            self._invalid_count += 1
            if len(self._invalid) < _MOST_INVALID:
                self._invalid[row] = error
            self._note(self._cutter.advance(row))
            return
        self._note(self._cutter.add(item))

    def plan(self) -> BulkPlan:
        """The plan for the rows taken; to be called once, at their end."""
        self._note(self._cutter.end())
        steps = tuple(self._step(way) for way in _WAYS if self._rows_by_way[way])
        requests = sum(step.requests for step in steps)
        imports = sum(step.imports for step in steps)
        return BulkPlan(
            self._work.operation,
            self._rows,
            self._invalid,
            self._invalid_count,
            steps,
            requests,
            imports,
            self._seconds(requests, imports),
        )

    def _note(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._rows_by_way[chunk.way] += len(chunk.items)
            self._requests_by_way[chunk.way] += 1
            if chunk.way == "import":
                self._import_sizes.append(len(chunk.items))

    def _step(self, way: Way) -> PlanStep:
        requests = self._requests_by_way[way]
        uses_lane = way == "import" or (way == "batch" and self._work.operation == "upsert")
        sizes = tuple(self._import_sizes) if way == "import" else ()
        return PlanStep(way, self._rows_by_way[way], requests, requests if uses_lane else 0, self._why(way), sizes)

    def _why(self, way: Way) -> str:
        upsert = self._work.operation == "upsert"
        if way == "import":
            why = f"{self._work.chunk_rows:,} rows are one call of the import limit"
            if not upsert:
                return why
            alone = "those it refuses for the form of their address are sent by themselves"
            return f"{why}, and these rows have no more than an address, fields and one group; {alone}"
        if way == "batch":
            why = "50 rows are one call"
            return f"{why}, which also counts as an import, since it holds nothing but upserts" if upsert else why
        if upsert:
            return "so few upserts cost less of the limits than one batch, which would count as an import"
        return "a row by itself is one call either way"

    def _seconds(self, requests: int, imports: int) -> float:
        limits = self._limits
        share = limits.share
        per_call = limits.period / (limits.requests * share)
        at_once = max(1.0, limits.requests * share / _PACED_PART)
        paced = max(0.0, requests - at_once) * per_call
        lane = max(1, math.floor(limits.imports * share))
        windows = max(0, math.ceil(imports / lane) - 1)
        return max(paced, windows * limits.period)

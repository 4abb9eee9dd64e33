"""What all benchmarks share: peers that run in turn, figures with their spread, and tables of them."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One row of a table: the median of many, with the least and the most."""

    name: str
    median: float
    least: float
    most: float
    # What the median may be at most; None where nothing is promised.
    target: float | None = None

    @classmethod
    def of(cls, name: str, values: Sequence[float], target: float | None = None) -> Figure:
        return cls(name, statistics.median(values), min(values), max(values), target)


@dataclass(frozen=True)
class Table:
    """Figures that are measured in the same unit.

    Attributes:
        key: names it in files.
        title: what was measured.
        unit: what the figures are, such as a multiple of a peer.
    """

    key: str
    title: str
    unit: str
    figures: list[Figure] = field(default_factory=list)
    digits: int = 2

    def markdown(self) -> str:
        def text(value: float) -> str:
            return f"{value:,.{self.digits}f}"

        lines = [f"| {self.title} | {self.unit}, median | least-most | target |", "|---|---:|---:|---:|"]
        for each in self.figures:
            target = "" if each.target is None else f"at most {each.target:g}"
            lines.append(f"| {each.name} | {text(each.median)} | {text(each.least)}-{text(each.most)} | {target} |")
        return "\n".join(lines)

    def data(self) -> dict[str, Any]:
        return asdict(self)


def in_turn(peers: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each peer measures in each round; a machine that changes its speed does so for all of them.

    There is one round more, which is not counted: caches fill in it.
    """
    values: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(rounds + 1):
        for name, measure in peers.items():
            value = measure()
            if number:
                values[name].append(value)
    return values


def ratios(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """Round by round."""
    return [mine / other for mine, other in zip(values, base, strict=True)]


@contextmanager
def emulator(setup: str = "") -> Iterator[str]:
    """The URL of an emulator in a process of its own, its limits out of the way.

    Args:
        setup: lines of Python that prepare it; it is `emulator` there.
    """
    code = (
        "import sys\nfrom mailerlite_async.testing import Emulator, _imports_state\n"
        "_imports_state.ROWS_PER_SECOND = 1_000_000\n"
        "emulator = Emulator(requests=1_000_000_000, imports=1_000_000_000)\n"
        f"{setup}\n"
        "with emulator.serve() as url:\n    print(url, flush=True)\n    sys.stdin.read()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()

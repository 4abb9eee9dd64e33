"""The picture: what each client got through, against the staircase of what the limit allows."""

from __future__ import annotations

import importlib
import math
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.limits.counting import Run

ALLOWED, TAKEN, REFUSED = "#b8bcc4", "#1f5fa8", "#d1361c"
COLUMNS = 2
# 429s within this part of a period are one mark.
MARK = 1 / 20


def draw(runs: Sequence[Run], path: Path) -> None:
    """One panel for each run, in a PNG file."""
    matplotlib, pyplot = importlib.import_module("matplotlib"), importlib.import_module("matplotlib.pyplot")
    matplotlib.use("Agg")
    scale = runs[0].scale
    rows = math.ceil(len(runs) / COLUMNS)
    figure, axes = pyplot.subplots(
        rows, COLUMNS, figsize=(10, 2.5 * rows + 1), sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    periods = max(run.seconds for run in runs) / scale.period
    panels = list(axes.flat)
    for run, panel in zip(runs, panels, strict=False):
        _panel(run, panel, periods)
    for panel in panels[len(runs) :]:
        panel.set_axis_off()
    for panel in panels[max(0, len(runs) - COLUMNS) : len(runs)]:  # the lowest of each column
        panel.tick_params(labelbottom=True)
    figure.supxlabel(f"periods of {scale.period:g} s since the first call")
    figure.supylabel("calls")
    lines, labels = panels[0].get_legend_handles_labels()
    lines.append(_mark())
    labels.append("429s, the larger the more")
    figure.legend(lines, labels, loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _panel(run: Run, panel: Any, periods: float) -> None:
    scale = run.scale
    whole = math.ceil(periods) + 1
    stairs = [min(scale.calls, scale.limit * (number + 1)) for number in range(whole)]
    panel.step(range(whole), stairs, where="post", color=ALLOWED, linewidth=3, label="most that the limit allows")
    times = [time / scale.period for time in run.accepted]
    panel.step(times, range(1, len(times) + 1), where="post", color=TAKEN, linewidth=1.3, label="calls that were taken")
    marks = _marks([time / scale.period for time in run.refused])
    places = [fmean(mark) for mark in marks]
    heights = [bisect_right(times, place) for place in places]
    panel.scatter(places, heights, s=[_area(len(mark)) for mark in marks], color=REFUSED, alpha=0.55, zorder=3)
    panel.set_title(run.client, fontsize=10, loc="left", fontweight="bold")
    panel.text(
        0.98,
        0.06,
        f"{run.ratio:.2f} x ideal, {len(run.refused):,} x 429",
        transform=panel.transAxes,
        ha="right",
        fontsize=9,
        color=REFUSED if run.refused else "black",
    )
    panel.set_xticks(range(math.ceil(periods) + 1))
    panel.set_yticks(range(0, scale.calls + 1, scale.limit * max(1, scale.calls // scale.limit // 4)))
    panel.set_xlim(-0.15, periods + 0.15)  # after the ticks, which widen it
    panel.set_ylim(0, scale.calls * 1.06)
    panel.grid(color="#eeeeee")
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)


def _marks(times: Sequence[float]) -> list[list[float]]:
    """The same times in groups that are close together."""
    groups: list[list[float]] = []
    for time in times:
        if groups and time - groups[-1][0] < MARK:
            groups[-1].append(time)
        else:
            groups.append([time])
    return groups


def _area(count: int) -> float:
    return 14 + 3 * count


def _mark() -> Any:
    lines = importlib.import_module("matplotlib.lines")
    return lines.Line2D([], [], marker="o", markersize=7, linestyle="", color=REFUSED, alpha=0.55)

"""Pictures of the figures: a bar for the median, a line from the least to the most, and a mark for the target."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

OURS, OTHERS, TARGET = "#1f5fa8", "#b8bcc4", "#d1361c"
PEERS = ("json.loads", "pydantic", "cattrs", "httpx", "official", "dict", "requests", "aiohttp")


def draw(tables: list[dict[str, Any]], path: Path) -> None:
    """One panel for each table, in a PNG file."""
    matplotlib, pyplot = importlib.import_module("matplotlib"), importlib.import_module("matplotlib.pyplot")
    matplotlib.use("Agg")
    heights = [1.2 + 0.32 * len(table["figures"]) for table in tables]
    figure, panels = pyplot.subplots(
        len(tables), 1, figsize=(8, sum(heights)), squeeze=False, layout="constrained", height_ratios=heights
    )
    for table, panel in zip(tables, panels[:, 0], strict=True):
        _panel(table, panel)
    figure.savefig(path, dpi=110, bbox_inches="tight")  # titles may be longer than their panels are wide
    pyplot.close(figure)


def _panel(table: dict[str, Any], panel: Any) -> None:
    figures = table["figures"]
    places = range(len(figures))
    medians = [each["median"] for each in figures]
    around = [
        [each["median"] - each["least"] for each in figures],
        [each["most"] - each["median"] for each in figures],
    ]
    panel.barh(places, medians, color=[_color(each["name"]) for each in figures], height=0.6)
    panel.errorbar(medians, places, xerr=around, fmt="none", ecolor="black", elinewidth=1, capsize=3)
    for place, each in zip(places, figures, strict=True):
        if each["target"] is not None:
            panel.plot([each["target"]] * 2, [place - 0.4, place + 0.4], color=TARGET, linewidth=2)
    panel.set_yticks(places, [each["name"] for each in figures])
    panel.invert_yaxis()
    panel.set_xlabel(table["unit"])
    panel.set_title(table["title"], fontsize=10, loc="left", fontweight="bold")
    panel.spines[["top", "right"]].set_visible(False)


def _color(name: str) -> str:
    last = name.rpartition(": ")[2]
    return OTHERS if last.startswith(PEERS) else OURS

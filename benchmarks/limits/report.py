"""Runs all clients both ways and tells the results as tables, as JSON and as pictures."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.limits import scaled, unscaled
from benchmarks.limits.clients import CLIENTS
from benchmarks.limits.counting import SERVERS, Run, Scale
from benchmarks.limits.plot import draw

PLACE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks"
LONG = {"unscaled": Scale(limit=120, period=60, calls=1200), "scaled": Scale(limit=120, period=6, calls=720)}
SHORT = {"unscaled": Scale(limit=120, period=60, calls=240), "scaled": Scale(limit=40, period=1, calls=80)}
# More at the same time would measure the processor.
PARALLEL = 2
PACKAGES = ["mailerlite-async", "aiolimiter", "httpx", "mailerlite", "redis", "tenacity"]
CAPTIONS = {"unscaled": "on the virtual clock", "scaled": "over real HTTP on loopback"}


def run_all(scales: dict[str, Scale], servers: Sequence[str]) -> tuple[list[Run], list[str]]:
    """All clients against the servers, both ways; and what was left out, and why."""
    missing, left_out = scaled.store_missing(), []
    runs = [
        unscaled.run(client, server, scales["unscaled"])
        for client in CLIENTS
        if not client.needs_store
        for server in servers
    ]
    clients = [client for client in CLIENTS if missing is None or not client.needs_store]
    left_out += [
        f"Left out: {client.title} ({missing})." for client in CLIENTS if client.needs_store and client not in clients
    ]
    with ThreadPoolExecutor(PARALLEL) as pool:
        runs += pool.map(
            lambda pair: scaled.run(pair[0], pair[1], scales["scaled"]),
            [(client, server) for client in clients for server in servers],
        )
    return runs, left_out


def table(runs: Iterable[Run], way: str) -> list[str]:
    """The lines of a Markdown table, one row for each client."""
    rows: dict[str, dict[str, Run]] = {}
    for run in runs:
        if run.way == way:
            rows.setdefault(run.client, {})[run.server] = run
    servers = list(next(iter(rows.values())))
    scale = next(iter(rows.values()))[servers[0]].scale
    heads = ["client", *(f"{server}: s | x ideal | 429s | worst" for server in servers)]
    experiment = f"{scale.calls:,} calls, {scale.at_once} at a time, {scale.limit} in {scale.period:g} s"
    lines = [
        f"{way.capitalize()}, {CAPTIONS[way]}: {experiment}; the ideal is {scale.ideal:g} s.",
        "",
        f"| {' | '.join(heads)} |",
        f"|---|{'---:|' * 4 * len(servers)}",
    ]
    for client, by_server in rows.items():
        cells = [
            f"{run.seconds:.1f} | {run.ratio:.2f} | {len(run.refused):,} | {run.worst}"
            for run in (by_server[server] for server in servers)
        ]
        lines.append(f"| {client} | {' | '.join(cells)} |")
    return lines


def record(runs: Iterable[Run], left_out: list[str]) -> dict[str, Any]:
    """All figures, and what they were measured with."""
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "left_out": left_out,
        "runs": [
            {
                "client": run.client,
                "way": run.way,
                "server": run.server,
                "limit": run.scale.limit,
                "period": run.scale.period,
                "calls": run.scale.calls,
                "at_once": run.scale.at_once,
                "seconds": round(run.seconds, 3),
                "ideal": run.scale.ideal,
                "ratio": round(run.ratio, 4),
                "refused": len(run.refused),
                "worst": run.worst,
            }
            for run in runs
        ],
    }


def write(runs: list[Run], left_out: list[str], text: str) -> None:
    """Put the results where the documents are."""
    figures = record(runs, left_out)
    packages = ", ".join(f"{name} {version}" for name, version in figures["packages"].items())
    machine = f"Python {figures['python']} on {figures['processors']} processors"
    pictures = []
    for server in SERVERS:
        name = "limits.png" if server == "fixed" else f"limits-{server}.png"
        draw([run for run in runs if (run.way, run.server) == ("scaled", server)], PLACE / name)
        pictures.append(f"![Calls over time, {server} window]({name})")
    lines = [
        "# Limits: time and refusals",
        "",
        "Written by `python benchmarks/bench_limits.py --write`; [README.md](README.md) says how to read it.",
        f"Measured {figures['measured']} with {machine}: {packages}.",
        "",
        text,
        "",
        "## Scaled, against a fixed window",
        "",
        pictures[0],
        "",
        "## Scaled, against a sliding window",
        "",
        pictures[1],
        "",
    ]
    (PLACE / "limits.md").write_text("\n".join(lines), encoding="utf-8")
    (PLACE / "limits.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, print, and with `--write` keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="only see that it works")
    parser.add_argument("--write", action="store_true", help="keep the results in docs/benchmarks")
    arguments = parser.parse_args()
    if arguments.short and arguments.write:
        parser.error("--write keeps the results of the long form only")
    if arguments.short:
        runs, left_out = run_all(SHORT, ["fixed"])
    else:
        runs, left_out = run_all(LONG, list(SERVERS))
    text = "\n".join([*table(runs, "unscaled"), "", *table(runs, "scaled"), *(f"\n{line}" for line in left_out)])
    print(text)
    if arguments.write:
        write(runs, left_out, text)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None

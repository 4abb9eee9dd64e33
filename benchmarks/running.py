"""How a benchmark runs: alone as a program, or together with all others as `python -m benchmarks`."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measuring import Table

HERE = Path(__file__).resolve().parent
PLACE = HERE.parent / "docs" / "benchmarks"
# These keep their results themselves, and take minutes.
BY_THEMSELVES = "bench_limits"
PACKAGES = [
    *(
        "mailerlite-async",
        "aiohttp",
        "aiolimiter",
        "attrs",
        "cattrs",
        "httpcore",
        "httpx",
        "httpx-aiohttp",
        "mailerlite",
    ),
    *("msgspec", "pydantic", "requests"),
]


def main(measure: Callable[[bool], list[Table]], description: str | None) -> None:
    """One benchmark as a program: measure and print."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--short", action="store_true", help="only see that it works")
    parser.add_argument("--json", metavar="FILE", type=Path, help="put the figures in a file, too")
    arguments = parser.parse_args()
    tables = measure(arguments.short)
    print("\n\n".join(table.markdown() for table in tables))
    if arguments.json:
        arguments.json.write_text(json.dumps([table.data() for table in tables]), encoding="utf-8")


def run(name: str, *options: str) -> tuple[str, list[dict[str, Any]]]:
    """One benchmark in a process of its own, so that none finds what another has left in memory.

    Returns:
        The Markdown that it prints, and its tables as data; of one that only prints, no data.

    Raises:
        CalledProcessError: if it does not work.
    """
    path = HERE / f"{name}.py"
    keeps = name != BY_THEMSELVES
    paths = [str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder, "figures.json")
        command = [sys.executable, str(path), *options, *(["--json", str(figures)] if keeps else [])]
        text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout
        return text.strip(), json.loads(figures.read_text(encoding="utf-8")) if keeps else []


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None

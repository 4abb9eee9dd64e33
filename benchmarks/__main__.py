"""All benchmarks, one after another: `python -m benchmarks`, with `--write` to keep the results in docs/benchmarks."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.plot import draw
from benchmarks.running import BY_THEMSELVES, HERE, PLACE, machine, run

TITLES = {
    "bench_decode": "Decoding",
    "bench_import": "Starting",
    "bench_calls": "Calls",
    "bench_lists": "Big lists",
    "bench_bulk": "Bulk jobs",
}


def names() -> list[str]:
    """All that measure speed, the best known first."""
    found = [path.stem for path in sorted(HERE.glob("bench_*.py")) if path.stem != BY_THEMSELVES]
    return [name for name in TITLES if name in found] + [name for name in found if name not in TITLES]


def write(results: dict[str, tuple[str, list[dict[str, Any]]]], place: Path) -> None:
    """Tables, figures and pictures, for people and programs."""
    place.mkdir(parents=True, exist_ok=True)
    about = machine()
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    lines = [
        "# Speed",
        "",
        "Written by `python -m benchmarks --write`; [README.md](README.md) says how to read it.",
        f"Measured {about['measured']} with Python {about['python']} on {about['system']} with {about['processors']}",
        f"processors: {packages}.",
    ]
    for name, (text, tables) in results.items():
        lines += ["", f"## {TITLES.get(name, name)}", "", text]
        if tables:
            picture = f"{name.removeprefix('bench_')}.png"
            draw(tables, place / picture)
            lines += ["", f"![{TITLES.get(name, name)}]({picture})"]
    (place / "speed.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    figures = {name: tables or text.splitlines() for name, (text, tables) in results.items()}
    (place / "speed.json").write_text(json.dumps({**about, "results": figures}, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Run them, print their tables, and perhaps keep them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="some only, such as decode")
    parser.add_argument("--short", action="store_true", help="only see that they work: the figures mean nothing")
    parser.add_argument("--write", action="store_true", help="keep the results in docs/benchmarks")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="keep them elsewhere")
    parser.add_argument("--limits", action="store_true", help="those of the limits too: four minutes more")
    arguments = parser.parse_args()
    if arguments.short and arguments.write and arguments.into is None:
        parser.error("--write keeps the results of the long form only; --into takes those of the short one")
    chosen = [f"bench_{name.removeprefix('bench_')}" for name in arguments.names] or names()
    unknown = sorted({*chosen} - {*names()})
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(names())}")
    results = {}
    for name in chosen:
        options = ["--short"] if arguments.short else []
        results[name] = run(name, *options)
        print(f"\n## {TITLES.get(name, name)}\n\n{results[name][0]}", flush=True)
    if arguments.into or arguments.write:
        write(results, arguments.into or PLACE)
    if arguments.limits or arguments.short:
        options = ["--short"] if arguments.short else ["--write"] if arguments.write else []
        print(f"\n## Limits\n\n{run(BY_THEMSELVES, *options)[0]}")


if __name__ == "__main__":
    main()

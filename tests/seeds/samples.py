"""The sample answers of the five documents, and what of such an answer is lost in a decoded value.

The samples are in samples.json as the documents print them, but for names, addresses and places, which are replaced by
ones that belong to nobody.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

SAMPLES: dict[str, Any] = json.loads((Path(__file__).parent / "samples.json").read_text(encoding="utf-8"))


def lost(sample: Any, value: Any, path: str = "$") -> list[str]:
    """The paths of a JSON value that the decoded one lacks, or has another value at."""
    if isinstance(sample, dict):
        held = value if isinstance(value, dict) else attrs.asdict(value, recurse=False)
        found = [f"{path}.{key}" for key in sample if key not in held]
        return found + [each for key in sample if key in held for each in lost(sample[key], held[key], f"{path}.{key}")]
    if isinstance(sample, list):
        if len(sample) != len(value):
            return [path]
        pairs = zip(sample, value, strict=True)
        return [each for i, (one, other) in enumerate(pairs) for each in lost(one, other, f"{path}[{i}]")]
    if isinstance(value, datetime):
        return [] if value == _moment(sample) and value.tzinfo is UTC else [path]
    return [] if sample == value and (sample is None) == (value is None) else [path]


def missing(sample: Any, answer: Any, path: str = "$") -> set[str]:
    """The keys of a JSON value that another lacks; of lists the first items are compared."""
    if isinstance(sample, dict) and isinstance(answer, dict):
        found = {f"{path}.{key}" for key in sample if key not in answer}
        return found.union(*(missing(sample[key], answer[key], f"{path}.{key}") for key in sample if key in answer))
    if isinstance(sample, list) and isinstance(answer, list) and sample and answer:
        return missing(sample[0], answer[0], f"{path}[]")
    return set()


def _moment(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

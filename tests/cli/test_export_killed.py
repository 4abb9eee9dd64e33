"""An export that is killed again and again: what its state speaks of is in the file, and nothing is missing."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mailerlite_async.testing import Emulator

from .conftest import KEY, run_program, started_program, wait_until

PEOPLE = 3000
ARGUMENTS = ("export", "--group", "Book club", "--page-size", "10", "-o", "people.csv", "--resume")


def noted(folder: Path) -> int:
    """The length that the state vouches for; it can be read at any moment."""
    try:
        state = json.loads((folder / "people.csv.cursor").read_bytes())
    except FileNotFoundError:
        return 0
    length = state["bytes"]
    assert isinstance(length, int)
    return length


def goes_beyond(folder: Path, length: int) -> bool:
    return noted(folder) > length


@pytest.mark.system
def test_killed_again_and_again(tmp_path: Path) -> None:
    emulator = Emulator(requests=1_000_000)
    statuses = ["active", "unsubscribed", "bounced"]
    emulator.seed(
        groups=["Book club"],
        subscribers=[
            {"email": f"person{number}@example.com", "status": statuses[number % 3], "groups": ["Book club"]}
            for number in range(PEOPLE)
        ],
    )
    path = tmp_path / "people.csv"
    with emulator.serve() as base_url:
        variables: dict[str, Any] = {"MAILERLITE_API_KEY": KEY, "MAILERLITE_BASE_URL": base_url}
        kept = b""
        for _ in range(6):
            before = len(kept)
            with started_program(*ARGUMENTS, folder=tmp_path, **variables) as process:
                wait_until(partial(goes_beyond, tmp_path, before + 20_000))
                assert process.poll() is None, "it must be at work when it is killed"
                process.kill()
                process.wait(timeout=10)
            length = noted(tmp_path)
            content = path.read_bytes()
            assert len(content) >= length > before
            assert content.startswith(kept)
            kept = content[:length]
            assert kept.endswith(b"\r\n")
        result = run_program(*ARGUMENTS, folder=tmp_path, **variables)
        whole = run_program(*ARGUMENTS[:-2], "whole.csv", folder=tmp_path, **variables)
    assert (result.status, whole.status) == (0, 0), result.err + whole.err
    assert path.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert len(path.read_bytes().splitlines()) == PEOPLE + 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["people.csv", "whole.csv"]

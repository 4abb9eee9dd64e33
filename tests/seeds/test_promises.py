"""The table of promises: every row has a test that exists or a reason, and whatever the documents list has a row."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.seeds.documents import DOCUMENTS, STATUSES

ROOT = Path(__file__).parent.parent.parent
TABLE = Path(__file__).parent / "promises.md"
SHORTEST_REASON = 30
OWN = sorted(file.name for file in Path(__file__).parent.glob("test_*.py") if file.name != Path(__file__).name)


class Row(NamedTuple):
    """A promise of one document, the tests that hold it, and the reason if there are none."""

    document: str
    promise: str
    tests: tuple[str, ...]
    reason: str


def parse(text: str) -> list[Row]:
    """The rows of all sections.

    Raises:
        ValueError: with the number of a line that is neither text nor part of a table of two columns.
    """
    rows: list[Row] = []
    document = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            document = line.removeprefix("## ")
        if not line.startswith("|") or line in ("| Promise | Held by |", "|---|---|"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) != 2 or not document:
            raise ValueError(f"line {number} is no row of two columns")
        promise, held = cells
        reason = held.removeprefix("No test: ") if held.startswith("No test: ") else ""
        tests = () if reason else tuple(re.findall(r"`([^`]+)`", held))
        if not reason and ", ".join(f"`{test}`" for test in tests) != held:
            raise ValueError(f"line {number} names something besides tests")
        rows.append(Row(document, promise, tests, reason))
    return rows


ROWS = parse(TABLE.read_text(encoding="utf-8"))
IDS = [f"{row.document}: {row.promise}" for row in ROWS]


@functools.cache
def defined_tests(path: str) -> frozenset[str]:
    """The names of the test functions that a file defines."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def tokens(text: str) -> set[str]:
    """Whatever stands in code marks."""
    return set(re.findall(r"`([^`]+)`", text))


def rows_with(document: str, *wanted: str) -> list[Row]:
    """The rows of a document whose promise has all of these in code marks."""
    return [row for row in ROWS if row.document == document and tokens(row.promise).issuperset(wanted)]


# -- rows --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_row_has_tests_that_exist_or_a_reason(row: Row) -> None:
    assert bool(row.tests) != bool(row.reason)
    if row.reason:
        assert len(row.reason) >= SHORTEST_REASON
        assert row.reason.endswith(".")
    for test in row.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), test
        assert name in defined_tests(path), test


def test_no_row_is_there_twice() -> None:
    seen = [(row.document, row.promise.casefold()) for row in ROWS]
    assert sorted(set(seen)) == sorted(seen)


def test_no_row_names_a_test_twice() -> None:
    assert [row for row in ROWS if len(set(row.tests)) < len(row.tests)] == []


@pytest.mark.parametrize(
    "line",
    [
        "| a promise |",
        "| a promise | perhaps `tests/x.py::test_x` |",
        "| a promise | `tests/x.py::test_x` | and more |",
    ],
)
def test_table_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="line 3"):
        parse(f"## Groups\n\n{line}\n")


# -- what the documents list -------------------------------------------------------------------------------------------


def test_every_document_has_a_section_and_nothing_else_has() -> None:
    assert list(dict.fromkeys(row.document for row in ROWS)) == list(DOCUMENTS)


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_the_table_has_one_row(status: int) -> None:
    rows = [row for row in rows_with("Getting started", str(status)) if row.promise.startswith(f"`{status}` ")]
    assert len(rows) == 1
    assert rows[0].promise.startswith(f"`{status}` {STATUSES[status]}: ")
    assert rows[0].tests


PLACES = [(document, endpoint) for document, endpoints in DOCUMENTS.items() for endpoint in endpoints]


@pytest.mark.parametrize(("document", "endpoint"), PLACES)
def test_every_endpoint_has_a_row(document: str, endpoint: str) -> None:
    assert any(row.tests for row in rows_with(document, endpoint))


@pytest.mark.parametrize(
    ("document", "endpoint", "parameter"),
    [(*place, parameter) for place in PLACES for parameter in DOCUMENTS[place[0]][place[1]].parameters],
)
def test_every_parameter_has_a_row(document: str, endpoint: str, parameter: str) -> None:
    assert any(row.tests for row in rows_with(document, endpoint, parameter))


@pytest.mark.parametrize(
    ("document", "endpoint", "code"),
    [(*place, code) for place in PLACES for code in DOCUMENTS[place[0]][place[1]].codes],
)
def test_every_answer_has_a_row(document: str, endpoint: str, code: int) -> None:
    assert rows_with(document, endpoint, str(code))


def test_rows_name_no_endpoint_that_the_documents_do_not_have() -> None:
    methods = ("GET /", "POST /", "PUT /", "DELETE /", "PATCH /")
    for row in ROWS:
        named = {token for token in tokens(row.promise) if token.startswith(methods)}
        assert named <= DOCUMENTS[row.document].keys(), row


@pytest.mark.parametrize("file", OWN)
def test_every_test_of_a_promise_is_in_the_table(file: str) -> None:
    named = {test.partition("::")[2] for row in ROWS for test in row.tests if test.startswith(f"tests/seeds/{file}::")}
    about_tests = {
        "test_there_is_a_call_for_every_endpoint",
        "test_every_status_has_its_test",
        "test_every_sample_is_used",
        "test_comparison_sees_what_is_lost",
    }
    assert defined_tests(f"tests/seeds/{file}") - about_tests == named

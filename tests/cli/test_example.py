"""The example file: what is in it, that it can be made again, and what the import makes of it."""

from __future__ import annotations

import csv
import importlib.util
import re
from pathlib import Path

import pytest

from .conftest import Bench

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "examples" / "customers.csv"


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    with EXAMPLE.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, strict=True))


def test_the_program_in_tools_writes_exactly_this_file() -> None:
    spec = importlib.util.spec_from_file_location("make_customers_csv", ROOT / "tools" / "make_customers_csv.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.make() == EXAMPLE.read_bytes()


def test_it_has_everything_that_comes_in_life(rows: list[list[str]]) -> None:
    content = EXAMPLE.read_bytes()
    people = [row for row in rows[1:] if row]
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in content
    assert len(people) >= 2000
    assert [] in rows  # a blank line
    assert sum("+" in row[0] for row in people) > 100
    assert any("," in cell for row in people for cell in row[1:])
    assert any("\n" in cell for row in people for cell in row)
    assert any('"' in cell for row in people for cell in row)
    assert len({name for row in people for name in row[1:2] if not name.isascii()}) >= 15
    assert any(cell == "" for row in people for cell in row)
    assert any(len(row) > len(rows[0]) for row in people)
    assert any(len(row) < len(rows[0]) for row in people)


def test_its_addresses_belong_to_nobody(rows: list[list[str]]) -> None:
    domains = {domain.lower().strip("> ") for row in rows[1:] if row for domain in re.findall(r"@([^@,\s]+)", row[0])}
    reserved = re.compile(r"(?:[^.]*\.)*-?example(?:\.\.?(?:com|org|net))?")
    assert [domain for domain in domains if not reserved.fullmatch(domain)] == []


def test_the_import_accounts_for_every_row(bench: Bench, rows: list[list[str]]) -> None:
    report = bench.run_json(EXAMPLE).json
    assert report["exit_status"] == 1
    assert report["adds_up"]
    assert report["rows"] == sum(bool(row) for row in rows[1:])
    assert report["imported"] == len(bench.members()) == 2000
    assert report["columns"]["ignored"] == ["Loyalty tier"]
    reasons = {entry["reason"] for entry in report["refusals"]}
    assert reasons == {
        *("no_address", "malformed_address", "duplicate_row", "too_many_cells"),
        *("role_based", "invalid", "suspicious_format", "unnamed"),
    }
    assert len(report["refusals"]) == report["refused_before_sending"] + report["refused_by_server"]
    assert report["notes"] == []


def test_names_of_all_scripts_arrive_as_they_are(bench: Bench, rows: list[list[str]]) -> None:
    bench.run(EXAMPLE, create_fields=True)
    row = next(row for row in rows[1:] if row and row[1] == "Ελένη" and len(row) == 9 and row[8] and row[7])
    fields = bench.fields_of(row[0].strip())
    assert (fields["name"], fields["last_name"], fields["city"]) == (row[1], row[2], row[4])
    assert (fields["z_i_p"], fields["loyalty_tier"]) == (row[7], row[8])

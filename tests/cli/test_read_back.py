"""What `export` wrote, read back by `sync` and `import`, in an account with fields called like columns of an export."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from mailerlite_async import MailerLite
from mailerlite_async.cli.exporting import ExportOptions, run_export
from mailerlite_async.cli.syncing import SyncOptions, run_sync

from .conftest import KEY, Bench


def fields_called_like_columns(bench: Bench) -> Path:
    bench.emulator.seed(
        groups=[{"name": "Book club", "id": "7"}],
        fields=["Status", "Source"],
        subscribers=[
            {"email": "ann@example.com", "groups": ["7"], "fields": {"source": "Fair 2024", "status": "gold"}},
            {"email": "bob@example.com", "groups": ["7"], "status": "unsubscribed", "fields": {"name": "Bob"}},
        ],
    )
    path = bench.folder / "people.csv"
    with MailerLite(KEY, transport=bench.transport, clock=bench.clock) as ml:
        assert run_export(ml, ExportOptions(output=str(path), group="Book club"), io.StringIO(), io.StringIO()) == 0
    return path


@pytest.mark.parametrize("by", ["email", "id"])
def test_a_sync_with_an_export_changes_nothing(bench: Bench, by: str) -> None:
    path = fields_called_like_columns(bench)
    out, err = io.StringIO(), io.StringIO()
    with MailerLite(KEY, transport=bench.transport, clock=bench.clock) as ml:
        options = SyncOptions(file=str(path), group="Book club", by=by, dry_run=True, as_json=True)
        assert run_sync(ml, options, out, err) == 0, err.getvalue()
    report = json.loads(out.getvalue())
    assert (report["unchanged"], report["changes"], report["refusals"]) == (2, [], [])
    assert "status" in report["ignored_columns"]
    assert "fields.status" not in report["ignored_columns"]


def test_an_import_of_an_export_changes_no_field(bench: Bench) -> None:
    path = fields_called_like_columns(bench)
    result = bench.run(path, create_fields=True)
    assert "'fields.status' fills the field 'Status'\n" in result.out
    assert "'status' is what an export writes of every subscriber: ignored\n" in result.out
    assert bench.fields_of("ann@example.com") == {"source": "Fair 2024", "status": "gold"}


def test_fields_made_for_an_export_get_their_own_names(bench: Bench) -> None:
    path = fields_called_like_columns(bench)
    other = Bench(bench.folder)
    result = other.run_json(path, create_fields=True)
    assert result.json["created_fields"] == ["status", "source"]
    assert "opens_count" in result.json["columns"]["ignored"]
    assert other.fields_of("ann@example.com") == {"source": "Fair 2024", "status": "gold"}

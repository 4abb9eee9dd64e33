"""The report of a sync: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, TextIO

from mailerlite_async.cli.refusals import in_words
from mailerlite_async.cli.report import shown

if TYPE_CHECKING:
    from mailerlite_async.bulk import SyncChange, SyncRefusal, SyncReport
    from mailerlite_async.cli.syncing import SyncOutcome

_SHOWN: Final = 20
_KINDS: Final = {"add": "Add", "update": "Update", "remove": "Remove", "resubscribe": "Subscribe again"}


def write_text(outcome: SyncOutcome, out: TextIO, *, title: str, all_changes: bool) -> None:
    """Write the report for people.

    Args:
        outcome: of the sync.
        out: where to.
        title: its first line.
        all_changes: whether every change is shown, and not only the first of each kind.
    """
    report = outcome.report
    assert report is not None  # there is nothing to report before
    out.writelines(f"{line}\n" for line in _text(outcome, report, title, None if all_changes else _SHOWN))


def _text(outcome: SyncOutcome, report: SyncReport, title: str, most: int | None) -> Iterator[str]:
    yield title
    yield ""
    numbers = [
        ("rows in the file", report.rows),
        ("members", report.members),
        ("added", report.added),
        ("updated", report.updated),
        ("removed", report.removed),
        ("subscribed again", report.resubscribed),
        ("unchanged", report.unchanged),
        ("left alone", report.kept),
        ("refused rows", len(report.refused)),
        ("failed changes", len(report.failed)),
    ]
    yield from (f"  {name:<24}{number:>10,}" for name, number in numbers)
    if outcome.ignored:
        yield ""
        yield f"Ignored, since the account has no such field: column {', '.join(map(repr, outcome.ignored))}."
    if outcome.own:
        yield ""
        yield f"Ignored, since an export writes it of every subscriber: column {', '.join(map(repr, outcome.own))}."
    for kind, name in _KINDS.items():
        # Counted along the way: the report's own numbers leave out what failed.
        changes = (change for change in report.changes if change.kind == kind)
        yield from _table(name, (_change(change, outcome) for change in changes), most)
    yield from _table("Refused", (_refusal(refusal, outcome) for refusal in report.refused), None)
    if report.dry_run and report.plan.steps:
        yield ""
        calls, imports = report.plan.requests, report.plan.imports
        yield f"The changes take about {calls:,} call{'' if calls == 1 else 's'}, {imports:,} of them imports."


def _table(name: str, lines: Iterable[str], most: int | None) -> Iterator[str]:
    count = 0
    for count, line in enumerate(lines, 1):
        if count == 1:
            yield ""
            yield f"{name}:"
        if most is None or count <= most:
            yield line
    if most is not None and count > most:
        yield f"  ... and {count - most:,} more; --all shows them"


def _change(change: SyncChange, outcome: SyncOutcome) -> str:
    where = _place(change.row, outcome)
    values = [] if change.email_before is None else [f"email: {shown(change.email_before)} -> {shown(change.email)}"]
    for key, value in change.fields.items():
        after = _value(value)
        values.append(
            f"{key}: {after}" if change.kind == "add" else f"{key}: {_value(change.before.get(key))} -> {after}"
        )
    email = shown(change.email_before or change.email)
    failed = "" if change.error is None else f"  FAILED: {change.error}"
    return f"  {where}  {email:<36}  {'; '.join(values)}".rstrip() + failed


def _refusal(refusal: SyncRefusal, outcome: SyncOutcome) -> str:
    kept = "" if refusal.kept is None else f"; member {refusal.kept} is left alone"
    email = shown(refusal.email or "") or "(no address)"
    return f"  {_place(refusal.row, outcome)}  {email:<36}  {in_words(refusal.error.reason, outcome.lines)}{kept}"


def _place(row: int | None, outcome: SyncOutcome) -> str:
    return " " * len("line 123456") if row is None else f"line {outcome.lines[row]:>6}"


def _value(value: object) -> str:
    return "(empty)" if value is None or value == "" else shown(str(value))


# -- for programs ------------------------------------------------------------------------------------------------------


def write_json(outcome: SyncOutcome, out: TextIO, *, file: str, api: str) -> None:
    """Write the report as one JSON object; changes and refusals, its last entries, are written one by one."""
    report = outcome.report
    assert report is not None  # there is nothing to report before
    head = json.dumps(_as_json(outcome, report, file, api), ensure_ascii=False, indent=2)
    out.write(head.removesuffix("\n}"))
    _write_list("changes", (_change_as_json(change, outcome) for change in report.changes), out)
    _write_list("refusals", (_refusal_as_json(refusal, outcome) for refusal in report.refused), out)
    out.write("\n}\n")


def _write_list(name: str, entries: Iterable[dict[str, Any]], out: TextIO) -> None:
    out.write(f',\n  "{name}": [')
    out.writelines(
        f"{',' if index else ''}\n    {json.dumps(entry, ensure_ascii=False)}" for index, entry in enumerate(entries)
    )
    out.write("\n  ]")


def _as_json(outcome: SyncOutcome, report: SyncReport, file: str, api: str) -> dict[str, Any]:
    group = outcome.group
    assert group is not None  # looked up before anything is compared
    return {
        "file": file,
        "api": api,
        "dry_run": report.dry_run,
        "ending": outcome.ending,
        "exit_status": outcome.status(),
        "problem": outcome.problem,
        "group": {"id": group.id, "name": group.name, "created": group.created},
        "rows": report.rows,
        "members": report.members,
        "added": report.added,
        "updated": report.updated,
        "removed": report.removed,
        "resubscribed": report.resubscribed,
        "unchanged": report.unchanged,
        "kept": report.kept,
        "refused": len(report.refused),
        "failed": len(report.failed),
        "ignored_columns": [*outcome.ignored, *outcome.own],
        "requests": report.plan.requests,
        "imports": report.plan.imports,
    }


def _change_as_json(change: SyncChange, outcome: SyncOutcome) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "line": None if change.row is None else outcome.lines[change.row],
        "email": change.email,
        "email_before": change.email_before,
        "id": change.subscriber_id,
        "fields": dict(change.fields),
        "before": dict(change.before),
        "error": None if change.error is None else str(change.error),
    }


def _refusal_as_json(refusal: SyncRefusal, outcome: SyncOutcome) -> dict[str, Any]:
    return {
        "line": outcome.lines[refusal.row],
        "email": refusal.email,
        "reason": in_words(refusal.error.reason, outcome.lines),
        "kept": refusal.kept,
    }

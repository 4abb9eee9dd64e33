"""The report of an import: text for people, JSON for programs, CSV of the refused rows, and words for a bad end."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any, Final, TextIO

from mailerlite_async.cli.chunks import SERVER_REASONS, TURNED_AWAY, UNNAMED, UNNAMED_DETAIL, Chunk
from mailerlite_async.cli.outcome import Outcome, Totals
from mailerlite_async.cli.staging import Refusal

_LONGEST_SHOWN: Final = 80
_REASONS: Final = {**SERVER_REASONS, **TURNED_AWAY}


# -- text --------------------------------------------------------------------------------------------------------------


def write_text(outcome: Outcome, out: TextIO) -> None:
    """Write the report for people; it names every refused row."""
    out.writelines(f"{line}\n" for line in _text(outcome))


def _text(outcome: Outcome) -> Iterator[str]:
    totals = outcome.totals()
    yield f"{_title(outcome)} {outcome.group}."
    yield ""
    yield from _numbers(outcome, totals)
    yield ""
    yield from _columns(outcome)
    yield from _imports(outcome)
    if totals.refused_before:
        yield ""
        yield f"Refused before sending: {_rows(totals.refused_before)}"
        yield from (_refusal(refusal) for refusal in outcome.staging.refusals("check"))
    if totals.refused_by_server:
        yield ""
        yield f"Refused by the server: {_rows(totals.refused_by_server)}"
        yield from _server_refusals(outcome)
    if missing := outcome.staging.count("doubt"):
        yield ""
        yield f"Neither taken nor refused, as far as the server says: {_rows(missing)}"
        yield from (_refusal(refusal) for refusal in outcome.staging.refusals("doubt"))
    if outcome.notes:
        yield ""
        yield from outcome.notes


def _title(outcome: Outcome) -> str:
    if outcome.dry_run:
        return f"Dry run, nothing was created or sent: checked {outcome.file} for"
    if outcome.ending != "finished":
        return f"Unfinished import of {outcome.file} into"
    return f"Imported {outcome.file} into" if outcome.chunks else f"Nothing was taken of {outcome.file} for"


def _numbers(outcome: Outcome, totals: Totals) -> Iterator[str]:
    """The sum: only the two last lines may be missing."""
    numbers = [("rows in the file", totals.rows)]
    if outcome.dry_run:
        numbers += [("would be sent", totals.not_sent), ("refused", totals.refused_before)]
    else:
        numbers += [
            ("imported", totals.imported),
            ("updated", totals.updated),
            ("unchanged", totals.unchanged),
            ("refused before sending", totals.refused_before),
            ("refused by the server", totals.refused_by_server),
        ]
        rest = (
            ("outcome not known", totals.unknown),
            ("in doubt", totals.in_doubt),
            ("not sent", totals.not_sent),
        )
        numbers += [(name, number) for name, number in rest if number]
    yield from (f"  {name:<24}{number:>10,}" for name, number in numbers)
    if totals.difference:
        more = "not accounted for by" if totals.difference > 0 else "fewer in the file than in"
        yield f"  These do not add up: {_rows(abs(totals.difference))} {more} the server's reports."


def _columns(outcome: Outcome) -> Iterator[str]:
    assert outcome.columns is not None  # nothing is reported before the columns are known
    assert outcome.plan is not None
    yield f"Columns: {outcome.columns.address.name!r} is the address"
    for column, name in outcome.plan.filled:
        new = ", created by this command" if name in outcome.created_fields else ""
        yield f"         {column.name!r} fills the field {name!r}{new}"
    for column in outcome.plan.unknown:
        yield f"         {column.name!r} {_fate_of_unknown(outcome)}"
    for column in outcome.plan.own:
        yield f"         {column.name!r} is what an export writes of every subscriber: ignored"
    for number in outcome.columns.nameless:
        yield f"         column {number} has no name: ignored"


def _fate_of_unknown(outcome: Outcome) -> str:
    if outcome.creates_fields:
        return "would become a new field"
    return "is no field of the account: ignored (--create-fields creates it)"


def _imports(outcome: Outcome) -> Iterator[str]:
    if outcome.planned:
        yield f"Imports: {len(outcome.planned):,} would be made, the largest of {_rows(max(outcome.planned))}"
    for index, chunk in enumerate(outcome.chunks):
        yield f"{'Imports:' if index == 0 else '':<8} {_describe(chunk)}"


def _server_refusals(outcome: Outcome) -> Iterator[str]:
    staging = outcome.staging
    for reason, count in outcome.refused_by_reason().most_common():
        named = staging.count_reason(reason)
        extent = "" if named == count else f", {named:,} of them named"
        yield f"  {reason.replace('_', ' ')} - {_REASONS[reason]}: {count:,}{extent}"
        for refusal in staging.refusals("server", reason):
            yield f"  {_refusal(refusal, detail=reason == 'validation')}"
    if unnamed := staging.count_reason(UNNAMED):
        yield f"  {UNNAMED_DETAIL}: {unnamed:,}"
    for refusal in staging.refusals("server", UNNAMED):
        yield f"  {_refusal(refusal, detail=False)}"


def _refusal(refusal: Refusal, *, detail: bool = True) -> str:
    email = shown(refusal.email) or "(no address)"
    return (
        f"  line {refusal.line:>6}  {email:<36}  {refusal.detail}" if detail else f"  line {refusal.line:>6}  {email}"
    )


def shown(text: str) -> str:
    """Text of the file as it may go to a terminal: bounded, and without control characters."""
    safe = "".join(character if character.isprintable() else "?" for character in text)
    return safe if len(safe) <= _LONGEST_SHOWN else f"{safe[:_LONGEST_SHOWN]}..."


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


# -- a bad end ---------------------------------------------------------------------------------------------------------


def write_ending(outcome: Outcome, err: TextIO) -> None:
    """Say why and where a run ended, and what is certain about its rows."""
    if outcome.problem is not None:
        err.write(f"Error: {outcome.problem}\n")
    else:
        err.write(f"Interrupted while {outcome.doing}.\n")
    err.writelines(f"{line}\n" for line in _certain(outcome))
    err.flush()


def _certain(outcome: Outcome) -> Iterator[str]:
    if outcome.created_fields:
        yield f"Fields that were created: {', '.join(map(repr, outcome.created_fields))}."
    if outcome.group is not None and outcome.group.created:
        yield f'The group "{outcome.group.name}" was created (id {outcome.group.id}).'
    if not outcome.chunks:
        yield "Nothing was sent."
        return
    for title, chunks in (
        ("Taken:", [chunk for chunk in outcome.chunks if not chunk.in_doubt]),
        ("In doubt, the API may have taken it:", [chunk for chunk in outcome.chunks if chunk.in_doubt]),
    ):
        if chunks:
            yield title
            yield from (f"  {_describe(chunk)}" for chunk in chunks)
    if unsent := outcome.totals().not_sent:
        spans = ", ".join(f"{first} to {last}" for first, last in _unsent(outcome))
        yield f"Not sent: {_rows(unsent)}, lines {spans}."
    if outcome.checkpoint is not None:
        yield f"Running the command again goes on from the checkpoint {outcome.checkpoint}."
    else:
        yield "Running the command again does no harm: rows that arrived count as unchanged then."


def _unsent(outcome: Outcome) -> Iterator[tuple[int, int]]:
    """The first and last lines of what is in no import; imports that run side by side may leave gaps."""
    after = 0
    for chunk in outcome.chunks:
        if (span := outcome.staging.span_between(after, chunk.first_line)) is not None:
            yield span
        after = chunk.last_line
    if (span := outcome.staging.span_between(after, None)) is not None:
        yield span


def _describe(chunk: Chunk) -> str:
    extent = f"lines {chunk.first_line} to {chunk.last_line}, {_rows(chunk.rows)}"
    return extent if chunk.job is None else f"import {chunk.job}, {extent}: {_progress_of(chunk)}"


def _progress_of(chunk: Chunk) -> str:
    if chunk.report is None:
        return "going on when last heard of"
    if chunk.done:
        return "done"
    state = "stopped by the server" if chunk.stopped else "going on when last seen"
    return f"{state}, {chunk.report.processed:,} rows processed"


# -- for programs ------------------------------------------------------------------------------------------------------


def write_csv(outcome: Outcome, file: TextIO) -> None:
    """Write every refused row as CSV: `line,email,reason,detail`."""
    writer = csv.writer(file)
    writer.writerow(("line", "email", "reason", "detail"))
    for refusal in _all_refusals(outcome):
        writer.writerow((refusal.line, refusal.email, refusal.reason, refusal.detail))


def write_json(outcome: Outcome, out: TextIO) -> None:
    """Write the report as one JSON object; the refused rows, its last entry, are written one by one."""
    head = json.dumps(_as_json(outcome), ensure_ascii=False, indent=2)
    out.write(head.removesuffix("\n}") + ',\n  "refusals": [')
    for index, refusal in enumerate(_all_refusals(outcome)):
        entry = {
            "line": refusal.line,
            "email": refusal.email,
            "reason": refusal.reason,
            "detail": refusal.detail,
        }
        out.write(f"{',' if index else ''}\n    {json.dumps(entry, ensure_ascii=False)}")
    out.write("\n  ]\n}\n")


def _all_refusals(outcome: Outcome) -> Iterator[Refusal]:
    yield from outcome.staging.refusals("check")
    yield from outcome.staging.refusals("server")
    yield from outcome.staging.refusals("doubt")


def _as_json(outcome: Outcome) -> dict[str, Any]:
    totals = outcome.totals()
    group, columns, plan = outcome.group, outcome.columns, outcome.plan
    assert columns is not None  # nothing is reported before these are known
    assert plan is not None
    assert group is not None
    return {
        "file": outcome.file,
        "api": outcome.api,
        "dry_run": outcome.dry_run,
        "ending": outcome.ending,
        "exit_status": outcome.status(),
        "problem": outcome.problem,
        "group": {"id": group.id, "name": group.name, "created": group.created},
        "rows": totals.rows,
        "imported": totals.imported,
        "updated": totals.updated,
        "unchanged": totals.unchanged,
        "refused_before_sending": totals.refused_before,
        "refused_by_server": totals.refused_by_server,
        "outcome_unknown": totals.unknown,
        "in_doubt": totals.in_doubt,
        "not_sent": totals.not_sent,
        "adds_up": totals.difference == 0,
        "refused_by_reason": dict(outcome.refused_by_reason()),
        "columns": {
            "address": columns.address.name,
            "fields": {column.name: name for column, name in plan.filled},
            "ignored": [column.name for column in (*(() if outcome.creates_fields else plan.unknown), *plan.own)],
            "nameless": list(columns.nameless),
        },
        "created_fields": outcome.created_fields,
        "imports": [_chunk_as_json(chunk) for chunk in outcome.chunks],
        "planned_imports": outcome.planned,
        "notes": outcome.notes,
    }


def _chunk_as_json(chunk: Chunk) -> dict[str, Any]:
    return {
        "id": chunk.job,
        "first_line": chunk.first_line,
        "last_line": chunk.last_line,
        "rows": chunk.rows,
        "done": chunk.done,
        "found_in_group": None,
    }

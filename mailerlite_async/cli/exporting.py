"""The export from beginning to end: find what to read and where to go on, write page by page, report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, TextIO

import msgspec

from mailerlite_async.cli.connecting import STATUSES
from mailerlite_async.cli.errors import ALL_TAKEN, COULD_NOT_RUN, INTERRUPTED, CannotRunError
from mailerlite_async.cli.export_file import FileTarget, State, StreamTarget, Target, is_stream
from mailerlite_async.cli.export_rows import CsvRows, Format, JsonRows, RowFormat, choose_columns
from mailerlite_async.cli.failing import explain
from mailerlite_async.cli.progress import Progress
from mailerlite_async.cli.target import find_group, find_segment
from mailerlite_async.errors import (
    APIError,
    AuthenticationError,
    MailerLiteError,
    PermissionDeniedError,
    RateLimitError,
)

if TYPE_CHECKING:
    from mailerlite_async import MailerLite
    from mailerlite_async._call import Page
    from mailerlite_async.models import Subscriber

STDOUT: Final = "-"
_FORMATS: Final[dict[str, Format]] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
# The options by which a user would change what is kept in `State.asked`.
_OPTIONS: Final = {
    "api": "MAILERLITE_BASE_URL",
    "source": "--group or --segment",
    "id": "--group or --segment",
    "statuses": "--status",
    "format": "--format",
    "fields": "--fields",
    "excel_safe": "--excel-safe",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What the user asked for; `mailerlite-async export --help` says what each option does.

    Attributes:
        api: what the report calls the API: `emulator`, or the base URL.
        page_size: subscribers a call reads; None for the client's own choice.
    """

    output: str = STDOUT
    group: str | None = None
    group_id: str | None = None
    segment: str | None = None
    segment_id: str | None = None
    statuses: Sequence[str] = ()
    format: Format | None = None
    fields: Sequence[str] | None = None
    excel_safe: bool = False
    resume: bool = False
    force: bool = False
    page_size: int | None = None
    as_json: bool = False
    progress: bool = False
    api: str = "emulator"


@dataclass(frozen=True, slots=True)
class Source:
    """Whose subscribers are read; `id` and `name` are None for all subscribers."""

    kind: Literal["all", "group", "segment"]
    id: str | None = None
    name: str | None = None

    def __str__(self) -> str:
        return "the account" if self.kind == "all" else f'the {self.kind} "{self.name}" (id {self.id})'


@dataclass(slots=True)
class _Outcome:
    """What is known of a run, so that it can be told at any moment."""

    doing: str = "starting"
    source: Source | None = None
    statuses: Sequence[str | None] = ()
    state: State | None = None
    resumed: int | None = None
    ending: Literal["finished", "failed", "interrupted"] = "finished"
    problem: str | None = None

    def status(self) -> int:
        return {"finished": ALL_TAKEN, "failed": COULD_NOT_RUN, "interrupted": INTERRUPTED}[self.ending]


def run_export(
    ml: MailerLite, options: ExportOptions, out: TextIO, err: TextIO, *, data: BinaryIO | None = None
) -> int:
    """Write subscribers to a file.

    Args:
        ml: the client.
        options: what to do.
        out: for the report.
        err: for progress and errors, and for the report if the subscribers go to stdout.
        data: for the subscribers, if they go to stdout.

    Returns:
        The exit status.

    Raises:
        BrokenPipeError: if nobody reads stdout any more.
    """
    outcome = _Outcome()
    try:
        with Progress(err, plain=options.progress) as progress:
            job = _Export(ml, options, outcome, progress, data)
            job.run()
    except CannotRunError as error:
        outcome.ending, outcome.problem = "failed", str(error)
    except MailerLiteError as error:
        outcome.ending, outcome.problem = "failed", explain(error)
    except BrokenPipeError:
        raise
    except OSError as error:
        outcome.ending, outcome.problem = "failed", f"{options.output} cannot be written: {error.strerror}."
    except KeyboardInterrupt:
        outcome.ending = "interrupted"
    _report(outcome, options, out, err)
    return outcome.status()


class _Export:
    """One run; what becomes known goes into the outcome at once."""

    def __init__(
        self,
        ml: MailerLite,
        options: ExportOptions,
        outcome: _Outcome,
        progress: Progress,
        data: BinaryIO | None,
    ) -> None:
        self._ml = ml
        self._options = options
        self._outcome = outcome
        self._progress = progress
        self._format = options.format or _format_of(options.output)
        self._resources = ExitStack()
        self._data = data

    def run(self) -> None:
        outcome, options = self._outcome, self._options
        with self._resources:
            target, earlier = self._target()
            outcome.doing = "looking up what to export"
            source = outcome.source = self._find_source()
            asked_for = list(options.statuses) or ([] if source.kind == "all" else list(STATUSES))
            statuses = outcome.statuses = asked_for or [None]
            asked = {
                "api": options.api,
                "source": source.kind,
                "id": source.id,
                "statuses": asked_for,
                "format": self._format,
                "fields": None if options.fields is None else list(options.fields),
                "excel_safe": options.excel_safe,
            }
            if earlier is not None:
                _check_same(earlier, asked, options.output)
                outcome.resumed = earlier.rows
                state = earlier
            else:
                state = State(asked=asked, columns=self._columns(), status=statuses[0])
            rows: RowFormat = (
                CsvRows(state.columns or (), excel_safe=options.excel_safe)
                if self._format == "csv"
                else JsonRows(state.columns)
            )
            target.begin(state)
            outcome.state = state
            outcome.doing = "exporting"
            self._write(source, statuses, state, rows, target)
            target.finish()

    # -- before reading ------------------------------------------------------------------------------------------------

    def _target(self) -> tuple[Target, State | None]:
        """Where to write, and what an earlier export has left there."""
        options = self._options
        if options.output == STDOUT or is_stream(options.output):
            if options.resume or options.force:
                raise CannotRunError("--resume and --force need a file: name one with -o FILE.")
            if options.output == STDOUT:
                assert self._data is not None  # the command gives stdout
                return StreamTarget(self._data), None
            try:
                return StreamTarget(self._resources.enter_context(Path(options.output).open("wb"))), None
            except OSError as error:
                raise CannotRunError(f"-o {options.output} cannot be written: {error.strerror}.") from None
        target = self._resources.enter_context(FileTarget(options.output))
        if options.resume:
            return target, target.read_state()
        target.check_new(force=options.force)
        return target, None

    def _find_source(self) -> Source:
        options = self._options
        if options.group is not None or options.group_id is not None:
            group = find_group(self._ml, options.group, options.group_id)
            if group.id is None:
                raise CannotRunError(f'--group: the account has no group called "{group.name}".')
            return Source("group", group.id, group.name)
        if options.segment is not None or options.segment_id is not None:
            found = find_segment(self._ml, options.segment, options.segment_id)
            return Source("segment", found.id, found.name)
        return Source("all")

    def _columns(self) -> list[str] | None:
        if self._format == "jsonl" and self._options.fields is None:
            return None
        return choose_columns(self._options.fields, [field.key for field in self._ml.fields.iter()])

    # -- reading and writing -------------------------------------------------------------------------------------------

    def _write(
        self, source: Source, statuses: Sequence[str | None], state: State, rows: RowFormat, target: Target
    ) -> None:
        self._progress.stage("Exporting", None)
        if state.rows:
            self._progress.say(f"Going on after {state.rows:,} subscribers.")
            self._progress.show(state.rows)
        if state.finished:
            return
        if state.bytes == 0:
            target.append(rows.header(), state)
        start = statuses.index(state.status)
        for number, status in enumerate(statuses[start:], start + 1):
            cursor = state.cursor if number == start + 1 else None
            for page in self._pages(source, status, cursor):
                state = self._after(state, page, statuses, number)
                target.append(rows.encode(page.items), state)
                # What is told after an interruption must be on the disk.
                self._outcome.state = state
                self._progress.show(state.rows)

    @staticmethod
    def _after(state: State, page: Page[Subscriber], statuses: Sequence[str | None], number: int) -> State:
        """The state after a page of the status with this number, counted from 1."""
        counts = Counter(state.counts)
        counts.update(person.status for person in page.items)
        last = page.next is None
        finished = last and number == len(statuses)
        return msgspec.structs.replace(
            state,
            status=statuses[number] if last and not finished else statuses[number - 1],
            cursor=page.next_cursor,
            rows=state.rows + len(page.items),
            counts=dict(counts),
            finished=finished,
        )

    def _pages(self, source: Source, status: str | None, cursor: str | None) -> Iterator[Page[Subscriber]]:
        size: dict[str, Any] = {} if self._options.page_size is None else {"page_size": self._options.page_size}
        if source.id is None:
            pager = self._ml.subscribers.iter(status=status, cursor=cursor, **size)
        elif source.kind == "group":
            pager = self._ml.groups.iter_subscribers(source.id, status=status, cursor=cursor, **size)
        else:
            pager = self._ml.segments.iter_subscribers(source.id, status=status, cursor=cursor, **size)
        pages = pager.pages()
        if cursor is None:
            yield from pages
            return
        try:
            first = next(pages)
        except (AuthenticationError, PermissionDeniedError, RateLimitError):
            raise
        except APIError as error:
            if error.status is None or error.status >= 500:
                raise
            raise CannotRunError(f"{_REFUSED} ({explain(error).removesuffix('.')}). {_ANEW}") from None
        # A cursor that Laravel cannot read is not an error there: it begins with the first page again.
        if first.items and "prev_cursor" in first.meta and first.meta["prev_cursor"] is None:
            raise CannotRunError(f"{_REFUSED}, and began with the first subscriber again. {_ANEW}")
        yield first
        yield from pages


_REFUSED: Final = "The API does not take the cursor of the interrupted export any more"
_ANEW: Final = "Begin anew with --force."


def _format_of(output: str) -> Format:
    if output == STDOUT:
        return "csv"
    found = _FORMATS.get(Path(output).suffix.lower())
    if found is None:
        raise CannotRunError(f"-o {output}: the name does not end in {', '.join(_FORMATS)}. Say which with --format.")
    return found


def _check_same(earlier: State, asked: dict[str, Any], output: str) -> None:
    for key, value in asked.items():
        before = earlier.asked.get(key)
        if before != value:
            raise CannotRunError(
                f"--resume: {output} was begun with other options. {_OPTIONS[key]} was {_shown(before)}, "
                f"and is {_shown(value)} now. Give the same ones, or begin anew with --force."
            )


def _shown(value: object) -> str:
    if value is None or value == []:
        return "not given"
    if isinstance(value, bool):
        return "given" if value else "not given"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


# -- the report --------------------------------------------------------------------------------------------------------


def _report(outcome: _Outcome, options: ExportOptions, out: TextIO, err: TextIO) -> None:
    state = outcome.state
    if outcome.ending != "finished":
        err.write(
            f"Error: {outcome.problem}\n" if outcome.problem is not None else f"Interrupted while {outcome.doing}.\n"
        )
        if state is None:
            err.write("Nothing was written.\n")
        elif options.output == STDOUT or is_stream(options.output):
            err.write(f"{_people(state.rows)} were written, perhaps a part of the next ones too.\n")
        elif outcome.problem is None or not outcome.problem.endswith(_ANEW):
            err.write(f"{_people(state.rows)} are in {options.output}. Add --resume to go on.\n")
    if state is None or outcome.source is None:
        return
    if options.as_json:
        out.write(f"{json.dumps(_as_json(outcome, options, state), ensure_ascii=False, indent=2)}\n")
    elif outcome.ending == "finished":
        # Subscribers and report must not meet on stdout.
        stream = err if options.output == STDOUT else out
        stream.writelines(f"{line}\n" for line in _text(outcome.source, options, state))


def _text(source: Source, options: ExportOptions, state: State) -> Iterator[str]:
    where = "stdout" if options.output == STDOUT else options.output
    yield f"Exported {_people(state.rows)} of {source} to {where}."
    if state.counts:
        yield ""
    yield from (f"  {status:<24}{count:>10,}" for status, count in state.counts.items())


def _people(count: int) -> str:
    return f"{count:,} subscriber{'' if count == 1 else 's'}"


def _as_json(outcome: _Outcome, options: ExportOptions, state: State) -> dict[str, Any]:
    source = outcome.source
    assert source is not None  # looked up before anything is written
    return {
        "api": options.api,
        "ending": outcome.ending,
        "exit_status": outcome.status(),
        "problem": outcome.problem,
        "source": {"kind": source.kind, "id": source.id, "name": source.name},
        "statuses": state.asked["statuses"],
        "format": state.asked["format"],
        "output": options.output,
        "fields": state.columns,
        "rows": state.rows,
        "rows_by_status": state.counts,
        "bytes": state.bytes,
        "resumed_after": outcome.resumed,
    }

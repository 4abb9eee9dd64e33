"""Reading a CSV file row by row, in constant memory and with the line every row starts at.

Whatever makes the file as a whole unreadable raises `CannotRunError` with its name and line. A single row that cannot
be read is given out with its problem, so that the others are not lost.
"""

from __future__ import annotations

import codecs
import csv
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from types import TracebackType
from typing import Final, Self

from mailerlite_async.cli.errors import CannotRunError

DELIMITERS: Final = ",;\t|"
_LONGEST_LINE: Final = 1_000_000
_SNIFFED: Final = 4096
_ZIP: Final = b"PK\x03\x04"
# A lone surrogate: no text decodes to it, and no text with it can be encoded.
_UNDECODABLE: Final = "\udcff"
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before UTF-16, whose mark is the beginning of this one.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OF_EITHER_ORDER: Final = ("utf-16", "utf-32")


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Let decoding go on past a wrong byte, because only the finished line knows its number."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _UNDECODABLE, error.end


codecs.register_error(_MARK := "mailerlite-async-mark", _mark)


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        line: the line it starts at, from 1.
        cells: as many as the row has, without the white space around them.
        problem: why it cannot be read; then there are no cells.
    """

    line: int
    cells: Sequence[str]
    problem: str | None = None


class CsvFile:
    """A CSV file: entering it reads the header, iterating over it reads the rows.

    Args:
        path: the file.
        encoding: how it is written. `utf-8` gives way to the byte order mark of another Unicode encoding.
        delimiter: what stands between cells; None to find out from the header.
        suits: whether a header is the one to look for; decides which delimiter is right when several are possible.

    Attributes:
        header: the names of the columns.
        header_line: the line they stand in.
    """

    def __init__(self, path: str, encoding: str, delimiter: str | None, suits: Callable[[Sequence[str]], bool]) -> None:
        self.path = path
        self._encoding = encoding
        self._delimiter = delimiter
        self._suits = suits
        self._resources = ExitStack()
        self._rows: Iterator[Row] = iter(())
        self.header: Sequence[str] = ()
        self.header_line: int = 0

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._resources.close()
            raise
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._resources.close()

    def __iter__(self) -> Iterator[Row]:
        """The rows below the header; blank lines are left out.

        Raises:
            CannotRunError: at the first line that is not text, or that cannot be cut into rows.
        """
        return self._rows

    def _open(self) -> None:
        lines = self._lines(self._open_text())
        skipped = 0
        first = next(lines, None)
        while first is not None and not first.strip():
            skipped += 1
            first = next(lines, None)
        delimiter = self._delimiter or _find_delimiter(first or "", self._suits)
        self._rows = self._read_rows(itertools.chain([first] if first else [], lines), delimiter, skipped)
        header = next(self._rows, None)
        if header is None:
            raise CannotRunError(f"{self.path} is empty: it needs a line with the names of its columns, and rows.")
        if header.problem is not None:
            raise CannotRunError(f"{self.path}, line {header.line}: the header {header.problem}.")
        self.header, self.header_line = header.cells, header.line

    def _open_text(self) -> TextIOWrapper:
        if os.path.isdir(self.path):  # noqa: PTH112  (the path is shown as it was given)
            raise CannotRunError(f"{self.path} is a directory, not a CSV file.")
        try:
            codecs.lookup(self._encoding)
            file = self._resources.enter_context(open(self.path, "rb"))  # noqa: PTH123, SIM115  (the stack closes it)
            encoding = self._recognise(file)
            text = TextIOWrapper(file, encoding, errors=_MARK, newline="")
            return self._resources.enter_context(text)
        except FileNotFoundError:
            raise CannotRunError(f"{self.path} does not exist.") from None
        except OSError as error:
            raise CannotRunError(f"{self.path} cannot be read: {error.strerror}.") from None
        except (LookupError, ValueError):
            raise CannotRunError(f"--encoding {self._encoding} is not a text encoding that Python knows.") from None

    def _recognise(self, file: BufferedReader) -> str:
        """The encoding to use."""
        head = file.peek(_SNIFFED)[:_SNIFFED]
        encoding = codecs.lookup(self._encoding).name
        if encoding in ("utf-8", "utf-8-sig"):
            encoding = next((name for mark, name in _BYTE_ORDER_MARKS if head.startswith(mark)), "utf-8")
        if head.startswith(_ZIP):
            raise CannotRunError(f"{self.path} is a spreadsheet or a ZIP file: save it as CSV first.")
        if _is_binary(head, encoding):
            raise CannotRunError(
                f"{self.path} is a binary file, not CSV text. If it is UTF-16 text, say so with --encoding utf-16-le."
            )
        return encoding

    def _lines(self, file: TextIOWrapper) -> Iterator[str]:
        for number in itertools.count(1):
            try:
                line = file.readline(_LONGEST_LINE + 1)
            except OSError as error:
                raise CannotRunError(f"{self.path}, line {number}: cannot be read: {error.strerror}.") from None
            except UnicodeError:
                # Of codecs that do not ask what to do at a wrong byte, or cannot begin without a byte order mark.
                raise CannotRunError(self._undecodable(number, file.encoding)) from None
            if not line:
                return
            if not line.isascii() and _has_lone_surrogate(line):
                name = "UTF-16 or UTF-32" if file.encoding in ("utf-16", "utf-32") else file.encoding.upper()
                raise CannotRunError(
                    f"{self.path}, line {number}: this is not {name.removesuffix('-SIG')} text. "
                    "Name its encoding, for instance with --encoding cp1252."
                )
            if len(line) > _LONGEST_LINE:
                raise CannotRunError(f"{self.path}, line {number}: longer than {_LONGEST_LINE:,} characters.")
            yield line.removeprefix("\ufeff") if number == 1 else line

    def _undecodable(self, number: int, encoding: str) -> str:
        name = codecs.lookup(encoding).name
        if name in _OF_EITHER_ORDER:
            return (
                f"{self.path} has no byte order mark, so --encoding {self._encoding} does not say how it is written. "
                f"Say --encoding {name}-le or --encoding {name}-be."
            )
        return f"{self.path}, line {number}: this cannot be read with --encoding {self._encoding}: name another one."

    def _read_rows(self, lines: Iterator[str], delimiter: str, skipped: int) -> Iterator[Row]:
        # Strict, or a quotation mark without its partner would silently swallow the rows that follow.
        reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
        while True:
            start = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                problem = _problem(error)
                if reader.line_num > start:
                    # Which of these lines are rows of their own is a guess, and a guess must not be imported.
                    raise CannotRunError(
                        f"{self.path}, lines {skipped + start} to {skipped + reader.line_num}: this {problem}."
                    ) from None
                yield Row(skipped + start, (), problem)
                continue
            if cells and (len(cells) > 1 or cells[0].strip()):
                yield Row(skipped + start, [cell.strip() for cell in cells])


def _is_binary(head: bytes, encoding: str) -> bool:
    """Whether this beginning belongs to no text. A NUL in a line of good text is the business of that line."""
    if b"\0" not in head or encoding.startswith(("utf-16", "utf-32")):
        return False
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeError:
        return True
    return b"\0" in head.splitlines()[0]


def _find_delimiter(line: str, suits: Callable[[Sequence[str]], bool]) -> str:
    candidates: list[tuple[bool, int, str]] = []
    for delimiter in DELIMITERS:
        try:
            cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:  # told with its line when the header itself is read
            cells = []
        candidates.append((suits(cells), len(cells), delimiter))
    # The first of equals: `max` keeps the order of DELIMITERS.
    return max(candidates, key=lambda candidate: candidate[:2])[2]


def _problem(error: csv.Error) -> str:
    if "field limit" in str(error):
        return f"has a cell of more than {csv.field_size_limit():,} characters"
    return "has a quotation mark without its partner, or text after a closing one"


def _has_lone_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False

"""The rows of a file as bulk jobs take them: of CSV through the reader of the import, of JSON lines as they are.

A file with a row that cannot be taken apart is refused as a whole, with the line: a sync would take whoever stands
there for gone, and a plan without that row would be wrong. Wrong values in a row are the business of the job.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn, Self

from mailerlite_async.cli.columns import (
    FIELD_ALIASES,
    Column,
    Columns,
    FieldPlan,
    has_address_column,
    normal,
    plan_fields,
    read_columns,
)
from mailerlite_async.cli.errors import CannotRunError
from mailerlite_async.cli.rows import CsvFile
from mailerlite_async.models import Field

JSON_ENDINGS: Final = (".jsonl", ".ndjson")
_ID: Final = "id"
_LONGEST_LINE: Final = 1_000_000


class Records:
    """The rows of one file. Entering it reads the header of a CSV file; its rows can be read once.

    Args:
        path: the file; the ending of its name tells JSON lines from CSV.
        encoding: of CSV.
        delimiter: of CSV; None to find it out.
        email_column: the name of the column with the address; None to find it.

    Attributes:
        columns: of CSV; None for JSON lines.
        id_column: the one called id, if there is one.
        lines: where the rows that were read start.
    """

    def __init__(
        self, path: str, *, encoding: str = "utf-8", delimiter: str | None = None, email_column: str | None = None
    ) -> None:
        self.path = path
        self.columns: Columns | None = None
        self.id_column: Column | None = None
        # Eight bytes a row: whatever is said of a row later has to name its line.
        self.lines: array[int] = array("Q")
        self._encoding = encoding
        self._delimiter = delimiter
        self._email_column = email_column
        self._has_address = True
        self._source: CsvFile | None = None
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        if Path(self.path).suffix.lower() in JSON_ENDINGS:
            return self
        try:
            self._open_csv()
        except BaseException:
            self._resources.close()
            raise
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._resources.close()

    def _open_csv(self) -> None:
        suits = partial(_suits, wanted=self._email_column)
        source = CsvFile(self.path, self._encoding, self._delimiter, suits)
        source = self._source = self._resources.enter_context(source)
        where = f"{source.path}, line {source.header_line}"
        has_id = any(normal(name) == _ID for name in source.header)
        self._has_address = self._email_column is not None or has_address_column(source.header, None) or not has_id
        columns = read_columns(source.header, self._email_column if self._has_address else _ID, where)
        if self._has_address:
            self.id_column = next((column for column in columns.others if normal(column.name) == _ID), None)
        else:
            self.id_column = columns.address
        others = [column for column in columns.others if column is not self.id_column]
        self.columns = replace(columns, others=others)

    def fields_of(self, fields: Sequence[Field]) -> FieldPlan:
        """Which field of the account each column of CSV fills.

        Raises:
            CannotRunError: if that cannot be told.
        """
        if self.columns is None or self._source is None:
            return FieldPlan()
        return plan_fields(self.columns, fields, f"{self.path}, line {self._source.header_line}")

    def probable_keys(self) -> dict[int, str]:
        """The field each column of CSV would fill in an account that has one of its name."""
        if self.columns is None:
            return {}
        others = self.columns.others
        if self.columns.exported:
            others = [column for column in others if column.name not in self.columns.own]
        names = {column.index: normal(column.field_key or column.name) for column in others}
        return {index: FIELD_ALIASES.get(name, name.replace(" ", "_")) for index, name in names.items()}

    def read(self, keys: Mapping[int, str], *, empty: bool) -> Iterator[Any]:
        """The rows: mappings with `email`, `id` and `fields` of CSV, whatever stands there of JSON lines.

        Args:
            keys: the field each column fills, by its index.
            empty: whether an empty cell says that the field is empty; it says nothing otherwise.

        Raises:
            CannotRunError: at the first row that cannot be read, and if there is none.
        """
        for line, row in self._read_json() if self._source is None else self._read_csv(self._source, keys, empty=empty):
            self.lines.append(line)
            yield row
        if not self.lines:
            raise CannotRunError(f"{self.path} has no rows.")

    def _read_csv(
        self, source: CsvFile, keys: Mapping[int, str], *, empty: bool
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        assert self.columns is not None  # read with the header
        for row in source:
            if row.problem is not None:
                raise CannotRunError(f"{self.path}, line {row.line}: the row {row.problem}.")
            if len(row.cells) > self.columns.width:
                raise CannotRunError(
                    f"{self.path}, line {row.line}: {len(row.cells)} cells, but the header has {self.columns.width}."
                )
            cells = [*row.cells, *[""] * (self.columns.width - len(row.cells))]
            record: dict[str, Any] = {}
            if self._has_address and cells[self.columns.address.index]:
                record["email"] = cells[self.columns.address.index]
            if self.id_column is not None and cells[self.id_column.index]:
                record["id"] = cells[self.id_column.index]
            values = {key: cells[index] or None for index, key in keys.items() if empty or cells[index]}
            if values:
                record["fields"] = values
            yield row.line, record

    def _read_json(self) -> Iterator[tuple[int, Any]]:
        try:
            with Path(self.path).open("rb") as file:
                number = 0
                while data := file.readline(_LONGEST_LINE + 1):
                    number += 1
                    where = f"{self.path}, line {number}"
                    if len(data) > _LONGEST_LINE:
                        raise CannotRunError(f"{where}: longer than {_LONGEST_LINE:,} bytes.")
                    if data.strip():
                        yield number, _decoded(data.removeprefix(b"\xef\xbb\xbf") if number == 1 else data, where)
        except FileNotFoundError:
            raise CannotRunError(f"{self.path} does not exist.") from None
        except OSError as error:
            raise CannotRunError(f"{self.path} cannot be read: {error.strerror}.") from None


def _suits(header: Sequence[str], wanted: str | None) -> bool:
    return has_address_column(header, wanted) or any(normal(name) == _ID for name in header)


def _decoded(data: bytes, where: str) -> Any:
    try:
        return json.loads(data.rstrip().decode(), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise CannotRunError(f"{where}: this is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        raise CannotRunError(f"{where}, column {error.colno}: this is not JSON: {error.msg}.") from None
    except _NoJsonError as error:
        raise CannotRunError(f"{where}: this is not JSON: {error} is no number of it.") from None
    except ValueError:
        raise CannotRunError(f"{where}: this holds a number of thousands of digits.") from None
    except RecursionError:
        raise CannotRunError(f"{where}: this is nested too deeply.") from None


class _NoJsonError(Exception):
    """Something Python reads and JSON does not have."""


def _refuse(constant: str) -> NoReturn:
    raise _NoJsonError(constant)

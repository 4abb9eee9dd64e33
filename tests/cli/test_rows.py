"""Reading CSV files: encodings, delimiters, lines, and what cannot be read."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailerlite_async.cli.columns import has_address_column
from mailerlite_async.cli.errors import CannotRunError
from mailerlite_async.cli.rows import CsvFile, Row


def read(
    folder: Path, content: str | bytes, encoding: str = "utf-8", delimiter: str | None = None
) -> tuple[Sequence[str], list[Row]]:
    path = folder / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with CsvFile(str(path), encoding, delimiter, lambda header: has_address_column(header, None)) as source:
        return source.header, list(source)


def problem(folder: Path, content: str | bytes, encoding: str = "utf-8") -> str:
    with pytest.raises(CannotRunError) as caught:
        read(folder, content, encoding)
    return str(caught.value).replace(str(folder), "")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_are_where_rows_start(tmp_path: Path, ending: str) -> None:
    lines = ["", "email,note", "ann@example.com,one", "", '"tom@example.com","two', 'lines"', "   ", "eve@example.com,"]
    _, rows = read(tmp_path, ending.join(lines))
    assert [(row.line, row.cells[0]) for row in rows] == [
        (3, "ann@example.com"),
        (5, "tom@example.com"),
        (8, "eve@example.com"),
    ]
    assert rows[1].cells[1] == f"two{ending}lines"


def test_cells_are_stripped(tmp_path: Path) -> None:
    header, rows = read(tmp_path, ' email , note \n\tann@example.com ,  " a, b "\n')
    assert header == ["email", "note"]
    assert rows == [Row(2, ["ann@example.com", "a, b"])]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("email,name\nann@example.com,Zoë\n".encode(), "utf-8"),
        (codecs.BOM_UTF8 + "email,name\nann@example.com,Zoë\n".encode(), "utf-8"),
        ("email,name\nann@example.com,Zoë\n".encode("utf-16"), "utf-8"),
        (codecs.BOM_UTF16_BE + "email,name\nann@example.com,Zoë\n".encode("utf-16-be"), "utf-8"),
        ("email,name\nann@example.com,Zoë\n".encode("utf-32"), "utf-8"),
        ("email,name\nann@example.com,Zoë\n".encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_LE + "email,name\nann@example.com,Zoë\n".encode("utf-16-le"), "utf-16-le"),
        ("email,name\nann@example.com,Zoë\n".encode("cp1252"), "cp1252"),
        (codecs.BOM_UTF8 + "email,name\nann@example.com,Zoë\n".encode(), "UTF8"),
    ],
)
def test_encodings(tmp_path: Path, content: bytes, encoding: str) -> None:
    assert read(tmp_path, content, encoding) == (["email", "name"], [Row(2, ["ann@example.com", "Zoë"])])


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("email,name", ","),
        ("name;email", ";"),
        ("email\tname", "\t"),
        ("email|name", "|"),
        ("email;last, first, middle;more, and more", ";"),
        ('"name; and more",email', ","),
        ("email", ","),
    ],
)
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, header: str, delimiter: str) -> None:
    found, rows = read(tmp_path, f"{header}\n{delimiter.join('123')}\n")
    assert rows[0].cells == ["1", "2", "3"]
    assert "email" in found


def test_the_delimiter_can_be_given(tmp_path: Path) -> None:
    assert read(tmp_path, "email;a,b\n1;2,3\n", delimiter=",") == (["email;a", "b"], [Row(2, ["1;2", "3"])])


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (b"email\n" + b"ok@example.com\n" * 20_000 + b"Zo\xeb\n", "utf-8", "line 20002: this is not UTF-8 text"),
        (b"\xef\xbb\xbfemail\nZo\xeb\n", "utf-8", "line 2: this is not UTF-8 text"),
        (b"em\xffail\n", "utf-8", "line 1: this is not UTF-8 text"),
        ("email\nann@example.com\n".encode("utf-16") + b"\x00", "utf-8", "line 3: this is not UTF-16"),
        ("email\nZoë\n".encode(), "ascii", "line 2: this is not ASCII text"),
        (b"email\n\x81\n", "cp1252", "line 2: this is not CP1252 text"),
        (b"email\n+2AA-\n", "utf-7", "line 2: this is not UTF-7 text"),
    ],
)
def test_bytes_that_are_no_text_are_told_with_their_line(
    tmp_path: Path, content: bytes, encoding: str, message: str
) -> None:
    assert message in problem(tmp_path, content, encoding)
    assert "--encoding" in problem(tmp_path, content, encoding)


@pytest.mark.parametrize("nul", [b"", b"\0"])
@pytest.mark.parametrize("encoding", ["utf-16", "UTF_32", "idna", "punycode", "undefined"])
def test_encodings_that_cannot_go_on_past_a_wrong_byte(tmp_path: Path, encoding: str, nul: bytes) -> None:
    text = problem(tmp_path, b"email,name\nann@example.com,\xc3\xa9" + nul, encoding)
    assert text.startswith("/people.csv")
    assert "--encoding" in text


@pytest.mark.parametrize(("encoding", "name"), [("utf-16", "utf-16"), ("UTF_16", "utf-16"), ("u32", "utf-32")])
def test_a_file_without_the_byte_order_mark_its_encoding_needs(tmp_path: Path, encoding: str, name: str) -> None:
    text = problem(tmp_path, "email,name\nann@example.com,Ann\n".encode(f"{name}-le"), encoding)
    assert f"--encoding {encoding} does not say" in text
    assert f"Say --encoding {name}-le or --encoding {name}-be." in text


def test_a_file_as_a_whole(tmp_path: Path) -> None:
    assert "is empty" in problem(tmp_path, "")
    assert "is empty" in problem(tmp_path, " \n\r\n")
    assert "is empty" in problem(tmp_path, codecs.BOM_UTF8)
    assert "is empty" in problem(tmp_path, '""\n')
    assert "binary file" in problem(tmp_path, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    assert "binary file" in problem(tmp_path, "email\n".encode("utf-16-le"))
    assert "ZIP" in problem(tmp_path, b"PK\x03\x04\x14\x00")
    assert "not a text encoding" in problem(tmp_path, "email\n", "klingon")
    assert "not a text encoding" in problem(tmp_path, "email\n", "hex")
    assert "line 2: longer than" in problem(tmp_path, "email\n" + "x" * 1_000_001)


def test_a_row_that_cannot_be_read_does_not_cost_the_others(tmp_path: Path) -> None:
    content = (
        f'email,note\nann@example.com,"a" b\n{"x" * (csv.field_size_limit() + 1)},\ntom@example.com,5" nails\n"eve'
    )
    _, rows = read(tmp_path, content)
    assert [row.line for row in rows] == [2, 3, 4, 5]
    assert "quotation mark" in (rows[0].problem or "")
    assert "131,072 characters" in (rows[1].problem or "")
    assert rows[2] == Row(4, ["tom@example.com", '5" nails'])
    assert "quotation mark" in (rows[3].problem or "")


def test_a_quotation_mark_does_not_swallow_rows_silently(tmp_path: Path) -> None:
    content = 'email,note\nann@example.com,"open\ntom@example.com,\neve@example.com,"x"\n'
    assert "lines 2 to 4: this has a quotation mark" in problem(tmp_path, content)
    content = '\nemail,note\nann@example.com,"open\ntom@example.com,\n'
    assert "lines 3 to 4: this has a quotation mark" in problem(tmp_path, content)


def test_a_header_that_cannot_be_read(tmp_path: Path) -> None:
    assert "line 1: the header has a quotation mark" in problem(tmp_path, 'email,"a" b\nann@example.com,\n')
    assert "line 1: the header has a cell of more" in problem(tmp_path, "x" * (csv.field_size_limit() + 1) + "\n")


def test_a_file_that_vanishes_or_is_none(tmp_path: Path) -> None:
    for path, message in ((tmp_path, "is a directory"), (tmp_path / "none.csv", "does not exist")):
        with pytest.raises(CannotRunError, match=message), CsvFile(str(path), "utf-8", None, lambda _: True):
            pass

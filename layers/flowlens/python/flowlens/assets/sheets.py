"""Files of rows that people send, CSV or JSON, as text in cells; what is wrong is said with its row and column.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and read without.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson

MAX_COLUMNS = 200
MAX_ROWS = 250_000
MAX_CELL = 10_000  # characters
_MAX_HEADER = 60_000  # characters
_FORMULA = re.compile(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place: rows are lines of CSV or items of JSON, from 1; 0 is the whole file."""

    row: int
    column: str
    detail: str


class Unreadable(ValueError):
    """A file that is no table at all, with the one fault that says why."""

    def __init__(self, row: int, column: str, detail: str) -> None:
        super().__init__(detail)
        self.fault = Fault(row, column, detail)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Columns, rows of as many cells behind the line they begin on, and the faults of rows that are not among them."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]
    faults: list[Fault] = field(default_factory=list)


def read(content: bytes) -> Sheet:
    """CSV with a header, a JSON list of objects, or a JSON object a line. Unreadable says why it is none of these."""
    text = _text(content)
    if text.lstrip()[:1] in ("[", "{"):
        return _from_json(text)
    return _from_csv(text)


def _text(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start]
        row, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        byte = content[error.start : error.start + 1].hex().upper()
        raise Unreadable(
            row, f"byte {column}", f"the byte {byte} is not {encoding[:6].upper()}: save the file as UTF-8"
        ) from None
    if "\x00" in text:
        row = text.count("\n", 0, text.index("\x00")) + 1
        raise Unreadable(row, "", "it holds NUL characters: this is no text file")
    if not text.strip():
        raise Unreadable(0, "", "the file is empty")
    return text


def _from_csv(text: str) -> Sheet:
    header = text[: text.find("\n") if "\n" in text else len(text)]
    if len(header) > _MAX_HEADER:
        raise Unreadable(1, "", f"the header is longer than {_MAX_HEADER:,} characters: at most {MAX_COLUMNS} columns")
    delimiter = max(",;\t|", key=header.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip() for name in next(lines)]
    except csv.Error as error:
        raise Unreadable(1, "", f"the header cannot be read: {error}") from None
    _check_columns(columns)
    sheet = Sheet(columns, [])
    line = lines.line_num + 1
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return sheet
        except csv.Error as error:
            # Where a quote is not closed nobody knows where the next row begins.
            raise Unreadable(line, "", f"the row cannot be read: {error}") from None
        if any(cells):
            _take(sheet, line, cells)
        line = lines.line_num + 1


def _take(sheet: Sheet, line: int, cells: list[str]) -> None:
    _check_count(sheet)
    if len(cells) > len(sheet.columns):
        sheet.faults.append(Fault(line, "", f"it has {len(cells):,} cells, and the header {len(sheet.columns)}"))
        return
    cells += [""] * (len(sheet.columns) - len(cells))
    sheet.rows.append((line, cells))


def _check_count(sheet: Sheet) -> None:
    if len(sheet.rows) + len(sheet.faults) >= MAX_ROWS:
        raise Unreadable(0, "", f"it has more than {MAX_ROWS:,} rows: send it in pieces")


def _check_columns(columns: Sequence[str]) -> None:
    if len(columns) > MAX_COLUMNS:
        name = columns[MAX_COLUMNS][:80]
        raise Unreadable(1, name, f"it has {len(columns):,} columns, and can have {MAX_COLUMNS}")
    seen: set[str] = set()
    for name in columns:
        if name and name in seen:
            raise Unreadable(1, name[:80], f"there are two columns {name[:80]!r}")
        seen.add(name)


def _from_json(text: str) -> Sheet:
    items = _items(text)
    columns: dict[str, None] = {}
    flat: list[tuple[int, dict[str, str]]] = []
    faults: list[Fault] = []
    for number, item in enumerate(items, start=1):
        if number > MAX_ROWS:
            raise Unreadable(0, "", f"it has more than {MAX_ROWS:,} items: send it in pieces")
        found = dict(_members(number, item, faults))
        columns |= dict.fromkeys(found)
        if len(columns) > MAX_COLUMNS:
            raise Unreadable(number, "", f"the items have more than {MAX_COLUMNS} different members")
        flat.append((number, found))
    names = list(columns)
    wrong = {fault.row for fault in faults}
    rows = [(number, [found.get(name, "") for name in names]) for number, found in flat if number not in wrong]
    return Sheet(names, rows, faults)


def _items(text: str) -> list[object]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _lines(text, error)
    if isinstance(found, dict):
        found = found.get("items", [found])
    if not isinstance(found, list):
        raise Unreadable(0, "", "it must be a list of objects, or an object with a list of `items`")
    return found


def _lines(text: str, whole: orjson.JSONDecodeError) -> list[object]:
    """A JSON object a line; where the first line is none, the whole file was meant to be one value."""
    items: list[object] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            items.append(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            error, at = (whole, whole.lineno) if number == 1 else (error, number)
            raise Unreadable(at, f"character {error.colno}", f"this is no JSON: {error.msg}") from None
    return items


def _members(number: int, item: object, faults: list[Fault]) -> Iterator[tuple[str, str]]:
    if not isinstance(item, dict):
        faults.append(Fault(number, "", "it must be an object"))
        return
    for name, value in {**item, **_inner(item)}.items():
        if name == "attributes" and isinstance(value, dict):
            continue
        if isinstance(value, dict | list):
            faults.append(Fault(number, name[:80], "a value must be text or a number"))
        else:
            yield name, "" if value is None else str(value)


def _inner(item: dict[str, object]) -> dict[str, object]:
    inner = item.get("attributes")
    return inner if isinstance(inner, dict) else {}


def formula(cell: str) -> bool:
    """Whether a spreadsheet would calculate with what it says."""
    return bool(_FORMULA.match(cell)) and not _NUMBER.fullmatch(cell) and cell.strip() != "-"


def safe(cell: str) -> str:
    """As it may stand in a CSV; `plain` reads it as it was."""
    return "'" + cell if formula(cell) or cell.startswith("'") else cell


def plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell


def write(columns: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]], *, header: bool) -> str:
    """CSV that a spreadsheet shows and does not calculate, and that `read` reads."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow([safe(name) for name in columns])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue()

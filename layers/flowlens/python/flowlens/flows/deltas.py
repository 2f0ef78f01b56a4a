"""A delta as bytes: each column as the narrowest offsets from its least value, so that waiting for a merge is cheap.

A header of JSON with its length before it ({"rows", "exporters", "columns": [[name, least, width], ...]}), then the
columns one after another, little end first; a column of width 0 is constant. Only we write and read these bytes,
between two transactions of one database.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np
import orjson

from flowlens.flows.conversations import Rows
from flowlens.flows.grouping import Numbers

_LENGTH = struct.Struct("<I")
_WIDTHS = (1, 2, 4)


def encode(rows: Rows, exporters: Mapping[int, str]) -> bytes:
    """The rows, at least one, and the address of each source's exporter."""
    columns: list[tuple[str, int, int]] = []
    parts: list[bytes] = []
    for name, values in rows.items():
        least = int(values.min())
        width = _width(int(values.max()) - least)
        columns.append((name, least, width))
        if width:
            parts.append((values - least).astype(f"<u{width}").tobytes())
    header = orjson.dumps(
        {"rows": len(rows["minute"]), "exporters": {str(k): v for k, v in exporters.items()}, "columns": columns}
    )
    return b"".join([_LENGTH.pack(len(header)), header, *parts])


def _width(span: int) -> int:
    if span == 0:
        return 0
    return next((width for width in _WIDTHS if span < 1 << 8 * width), 8)


def decode(body: bytes) -> tuple[Rows, dict[int, str]]:
    """The rows and the exporters again."""
    (length,) = _LENGTH.unpack_from(body)
    at = _LENGTH.size + length
    header = orjson.loads(body[_LENGTH.size : at])
    count: int = header["rows"]
    rows: Rows = {}
    for name, least, width in header["columns"]:
        rows[name] = _column(body, at, count, width) + np.int64(least)
        at += width * count
    return rows, {int(source): exporter for source, exporter in header["exporters"].items()}


def _column(body: bytes, at: int, count: int, width: int) -> Numbers:
    if not width:
        return np.zeros(count, np.int64)
    return np.frombuffer(body, f"<u{width}", count, at).astype(np.int64)

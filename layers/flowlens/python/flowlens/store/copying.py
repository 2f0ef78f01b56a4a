"""Columns into the database by binary COPY, and out of it as binary arrays, without a loop over rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from flowlens.store.connection import Connection

Numbers = NDArray[np.int64]
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_ARRAY_HEADER = 20
_MS_TO_2000 = 946_684_800_000  # Postgres counts microseconds from the year 2000
_MAPPED = 0xFFFF  # bits 127..32 of an IPv4 address in IPv6 form
_INET4, _INET6 = bytes((2, 32, 0, 4)), bytes((3, 128, 0, 16))  # family, prefix length, no network, octets


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a COPY: its Postgres type and its values."""

    kind: str
    values: Numbers


@dataclass(frozen=True, slots=True)
class Addresses:
    """A column of inet: halves of addresses, IPv4 in mapped form."""

    high: Numbers
    low: Numbers

    @property
    def is_ipv4(self) -> NDArray[np.bool_]:
        mapped: NDArray[np.bool_] = (self.high == 0) & (self.low >> 32 == _MAPPED)
        return mapped


_KINDS = {"smallint": ">i2", "integer": ">i4", "bigint": ">i8", "timestamptz": ">i8"}


def stage(conn: Connection, table: str, fields: Sequence[Field], *, addresses: Addresses | None = None) -> None:
    """Copies the columns into a temporary table; `addresses`, if any, is its last column."""
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table))
    with conn.cursor().copy(statement) as copy:
        copy.write(_HEADER)
        for part in _parts(fields, addresses):
            copy.write(part)
        copy.write(_TRAILER)


def _parts(fields: Sequence[Field], addresses: Addresses | None) -> Iterator[bytes]:
    if addresses is None:
        yield _packed(fields, None)
        return
    ipv4 = addresses.is_ipv4
    for rows, prefix in ((ipv4, _INET4), (~ipv4, _INET6)):
        some = [Field(field.kind, field.values[rows]) for field in fields]
        yield _packed(some, (prefix, Addresses(addresses.high[rows], addresses.low[rows])))


def _packed(fields: Sequence[Field], addresses: tuple[bytes, Addresses] | None) -> bytes:
    layout: list[tuple[str, str]] = [("count", ">i2")]
    for at, field in enumerate(fields):
        layout += [(f"size{at}", ">i4"), (f"value{at}", _KINDS[field.kind])]
    if addresses:
        low = ">u4" if addresses[0] is _INET4 else ">u8"
        layout += [("size", ">i4"), ("prefix", "S4"), ("low", low)]
        if addresses[0] is _INET6:
            layout.insert(-1, ("high", ">u8"))
    rows = np.empty(len(fields[0].values), np.dtype(layout))
    rows["count"] = len(fields) + (addresses is not None)
    for at, field in enumerate(fields):
        rows[f"size{at}"] = rows.dtype[f"value{at}"].itemsize
        rows[f"value{at}"] = _microseconds(field.values) if field.kind == "timestamptz" else field.values
    if addresses:
        _fill(rows, *addresses)
    return rows.tobytes()


def _fill(rows: NDArray[np.void], prefix: bytes, addresses: Addresses) -> None:
    rows["size"] = len(prefix) + prefix[3]
    rows["prefix"] = prefix
    if prefix is _INET6:
        rows["high"] = addresses.high.view(np.uint64)
        rows["low"] = addresses.low.view(np.uint64)
    else:
        rows["low"] = addresses.low & 0xFFFF_FFFF


def _microseconds(milliseconds: Numbers) -> Numbers:
    return (milliseconds - _MS_TO_2000) * 1000


def fetch(
    conn: Connection, query: str, kinds: Mapping[str, str], parameters: Mapping[str, object]
) -> dict[str, Numbers]:
    """The rows of a query (or of a RETURNING) as columns of the kinds named, none of them null.

    They come as one row of arrays, so that reading them is not a call per row.
    """
    arrays = ", ".join(f"array_agg({name})" for name in kinds)
    statement = f"WITH found AS ({query}) SELECT {arrays} FROM found"  # noqa: S608 (names and queries of our own)
    result = conn.cursor(binary=True).execute(statement, parameters).pgresult
    found = [result.get_value(0, at) for at in range(len(kinds))] if result else [None] * len(kinds)
    return {name: _array(data, kind) for data, (name, kind) in zip(found, kinds.items(), strict=True)}


def _array(data: bytes | None, kind: str) -> Numbers:
    """Postgres's binary array of one dimension: a header, then the size and the value of each element."""
    elements = (data or b"")[_ARRAY_HEADER:]
    return np.frombuffer(elements, np.dtype([("size", ">i4"), ("value", _KINDS[kind])]))["value"].astype(np.int64)

"""The body of a FLOWS record: an Arrow IPC stream with zstd, one field per byte plane, one JSON header in its metadata.

The header (schema metadata `flowlens`) says how planes become columns: {"rows", "exporters", "first", "columns":
{name: {"base", "planes", "keys"}}}. Field `name.k` is byte k of a column, little end first; a column of no planes is
constant, one that is absent holds its default. Before packing, some columns are made small: `received` is the
difference to the row before (the first row's is to `first`), `end` the difference to `received`, `start` how long
before `end`; in IPv4 rows the lower address halves lose their ::ffff prefix.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import orjson
from arro3.io import read_ipc_stream
from pydantic import BaseModel
from pydantic import Field as Bounds

from flowlens.flows import ipc, ipc_writing, planes
from flowlens.flows.columns import BY_NAME, Columns, Values
from flowlens.flows.grouping import constant
from flowlens.flows.kernel import kernel, packing, unpacking
from flowlens.flows.sightings import Sighting
from flowlens.model.errors import Malformed

MAX_ROWS = 1 << 20
MAX_EXPORTERS = 4096
_METADATA = "flowlens"
_ROWS_ONLY = "rows"  # a stream needs a field to have rows
_MAPPED = np.uint64(0xFFFF_0000_0000)  # the lower half's part of ::ffff:0:0/96
_DIFFERENCES = ("received", "end", "start")
_LOWER_HALVES = ("src_low", "dst_low", "next_hop_low")


@dataclass(frozen=True, slots=True)
class FlowBody:
    """The flows of a record; `exporter` in the columns is a position in `exporters`."""

    columns: Columns
    exporters: list[str]
    sightings: tuple[Sighting, ...] = ()  # of a reader; they travel in records of their own
    name: str = ""  # of what these flows were read from, when that is less than the log and may come again in another


def encode(columns: Columns, exporters: list[str]) -> bytes:
    """At most MAX_ROWS flows as bytes; the same with the kernel as without it."""
    header: dict[str, dict[str, object]] = {}
    writing = ipc_writing.Writing(columns.rows)
    for name, packed in _pack(columns):
        if not packed.planes and packed.base == BY_NAME[name].default and name not in _DIFFERENCES:
            continue
        header[name] = {"base": packed.base, "planes": len(packed.planes)}
        if packed.keys:
            header[name]["keys"] = packed.keys
        for k, plane in enumerate(packed.planes):
            writing.add(f"{name}.{k}", plane)
    document = orjson.dumps({"rows": columns.rows, "exporters": exporters, "first": _first(columns), "columns": header})
    if not writing.fields:
        writing.add(_ROWS_ONLY, np.zeros(columns.rows, np.uint8))
    return writing.finish({_METADATA: document.decode()})


def _pack(columns: Columns) -> Iterator[tuple[str, planes.Packed]]:
    """The planes of a column are valid until the next is asked for."""
    library = kernel().library
    if library is not None and columns.rows:
        return packing.pack(library, columns)
    return ((name, planes.pack(values)) for name, values in _small(columns).items())


def _first(columns: Columns) -> int:
    return int(columns["received"][0]) if columns.rows else 0


def _word(value: int) -> np.uint64:
    return np.uint64(value & (2**64 - 1))


def _words(values: Values) -> planes.Words:
    return values.astype(np.int64, copy=False).view(np.uint64)


def _small(columns: Columns) -> dict[str, Values]:
    small = {name: np.asarray(values, BY_NAME[name].dtype) for name, values in columns.values.items()}
    received, end, start = (_words(columns[name]) for name in _DIFFERENCES)
    if "start" in small:
        small["start"] = (end - start).view(np.int64)
    if "end" in small:
        small["end"] = (end - received).view(np.int64)
    if "received" in small:
        small["received"] = np.diff(received, prepend=received[:1]).view(np.int64)
    prefix = _prefix(columns)
    for name in _LOWER_HALVES:
        if name in small:
            small[name] = small[name] ^ prefix
    return small


def _prefix(columns: Columns) -> planes.Words | np.uint64:
    version = columns["ip_version"]
    if constant(version):
        return _MAPPED if version[0] == 4 else np.uint64(0)
    return np.where(version == 4, _MAPPED, np.uint64(0))


def decode(body: bytes) -> FlowBody:
    """The flows again. Nothing in the bytes is trusted: Malformed with a reason `body_…` says what does not hold."""
    shape = ipc.check(body)
    header = _header(shape)
    found = _planes(body)
    packed = {name: _packed(name, column, found) for name, column in header.columns.items() if name in BY_NAME}
    library = kernel().library
    if library is not None:
        columns = unpacking.unpack(library, shape.rows, packed, header.first)
    else:
        values = {name: planes.unpack(one, shape.rows, BY_NAME[name].dtype) for name, one in packed.items()}
        columns = _whole(Columns(shape.rows, values), header.first)
    if shape.rows and int(columns["exporter"].max()) >= max(len(header.exporters), 1):
        raise Malformed("body_exporters", "an exporter that is not listed")
    return FlowBody(columns, header.exporters)


class _Column(BaseModel):
    base: Annotated[int, Bounds(ge=-(2**63), lt=2**64)]
    planes: Annotated[int, Bounds(ge=0, le=8)]
    keys: Annotated[tuple[int, ...], Bounds(max_length=256)] = ()


class _Header(BaseModel):
    rows: int
    exporters: Annotated[list[Annotated[str, Bounds(max_length=64)]], Bounds(max_length=MAX_EXPORTERS)]
    first: Annotated[int, Bounds(ge=-(2**63), lt=2**63)]
    columns: Annotated[dict[str, _Column], Bounds(max_length=1024)]


def _header(shape: ipc.Shape) -> _Header:
    try:
        header = _Header.model_validate(orjson.loads(shape.metadata.get(_METADATA.encode(), b"")))
    except ValueError as error:  # ValidationError and JSONDecodeError are both
        raise Malformed("body_header", str(error)) from error
    if header.rows != shape.rows or shape.rows > MAX_ROWS:
        raise Malformed("body_rows", f"{header.rows} in the header, {shape.rows} in the batch")
    return header


def _planes(body: bytes) -> dict[str, planes.Plane]:
    try:
        batch = read_ipc_stream(io.BytesIO(body)).read_next_batch()
    except Exception as error:  # arro3 has no exception of its own
        raise Malformed("body_ipc", str(error)) from error
    return {name: batch.column(i).to_numpy() for i, name in enumerate(batch.column_names)}


def _packed(name: str, column: _Column, found: dict[str, planes.Plane]) -> planes.Packed:
    parts = [f"{name}.{k}" for k in range(column.planes)]
    if not all(part in found for part in parts):
        raise Malformed("body_columns", f"{name} lacks a plane")
    return planes.Packed(column.base, tuple(found[part] for part in parts), column.keys)


def _whole(columns: Columns, first: int) -> Columns:
    """The inverse of _small."""
    values = columns.values
    if "received" in values:
        steps = _words(values["received"])
        values["received"] = (np.cumsum(steps, dtype=np.uint64) + _word(first)).view(np.int64)
    if "end" in values:
        values["end"] = (_words(values["end"]) + _words(columns["received"])).view(np.int64)
    if "start" in values:
        values["start"] = (_words(columns["end"]) - _words(values["start"])).view(np.int64)
    prefix = _prefix(columns)
    for name in _LOWER_HALVES:
        if name in values:
            values[name] = values[name].astype(np.uint64, copy=False) ^ prefix
    return columns

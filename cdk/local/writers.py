"""Rows of flows as a table, CSV, JSON lines or Parquet, written as they come."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Final

import numpy as np
import orjson
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_parquet

from cdk.local.readable import KINDS, Cells, Flows, cells

Rows = Iterable[Flows]
_FLAGS: Final = "FSRPAUEC"
_PROTOCOLS: Final = {1: "icmp", 6: "tcp", 17: "udp", 47: "gre", 50: "esp", 58: "icmp6", 132: "sctp"}
_SEEN: Final = (  # the table's columns: title, whether it is a number
    ("start", False),
    ("secs", True),
    ("exporter", False),
    ("proto", False),
    ("source", False),
    ("destination", False),
    ("flags", False),
    ("octets", True),
    ("packets", True),
    ("1 in", True),
)


def table(batches: Rows, out: BinaryIO) -> None:
    """The columns that people look at, aligned by what the first rows need."""
    widths: list[int] = []
    for flows in batches:
        lines = list(zip(*_shown(flows), strict=True))
        if not widths:
            titles = tuple(title for title, _ in _SEEN)
            widths = [max(map(len, column)) for column in zip(titles, *lines, strict=True)]
            lines.insert(0, titles)
        out.write("".join(_line(line, widths) for line in lines).encode())


def _line(line: tuple[str, ...], widths: list[int]) -> str:
    padded = (
        text.rjust(width) if number else text.ljust(width)
        for text, width, (_, number) in zip(line, widths, _SEEN, strict=True)
    )
    return "  ".join(padded).rstrip() + "\n"


def _shown(flows: Flows) -> list[list[str]]:
    found = cells(flows)
    spans = (flows.columns["end"].astype(np.int64) - flows.columns["start"].astype(np.int64)).tolist()
    return [
        [str(t) for t in found["start"]],
        [f"{span / 1000:.3f}" for span in spans],
        [str(e) for e in found["exporter"]],
        [_PROTOCOLS.get(p, str(p)) for p in flows.columns["protocol"].tolist()],
        _ends(found["source"], found["source_port"]),
        _ends(found["destination"], found["destination_port"]),
        [
            "".join(f for i, f in enumerate(_FLAGS) if bits >> i & 1) or "-"
            for bits in flows.columns["tcp_flags"].tolist()
        ],
        *([str(v) for v in found[name]] for name in ("octets", "packets", "sampling_rate")),
    ]


def _ends(addresses: Cells, ports: Cells) -> list[str]:
    pairs = zip(addresses, ports, strict=True)
    return [f"[{a}]:{p}" if ":" in str(a) else f"{a or '-'}:{p}" for a, p in pairs]


def as_csv(batches: Rows, out: BinaryIO) -> None:
    """RFC 4180 with a header line; an empty cell is what the exporter did not say."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        lines = csv.writer(text)
        lines.writerow(KINDS)
        for flows in batches:
            lines.writerows(zip(*cells(flows).values(), strict=True))
    finally:
        text.detach()


def jsonl(batches: Rows, out: BinaryIO) -> None:
    """One JSON object a line."""
    for flows in batches:
        found = cells(flows)
        rows = zip(*found.values(), strict=True)
        out.write(b"".join(orjson.dumps(dict(zip(found, row, strict=True))) + b"\n" for row in rows))


def parquet(batches: Rows, out: BinaryIO) -> None:
    """Times as timestamps, numbers as numbers, zstd."""
    kinds = {
        "text": DataType.string(),
        "number": DataType.uint64(),
        "time": DataType.timestamp("ms", tz="UTC"),
    }
    schema = Schema([Field(name, kinds[kind], nullable=kind != "time") for name, kind in KINDS.items()])
    guarded = _Guarded(out)
    reader = RecordBatchReader.from_batches(schema, _batches(batches, schema, guarded))
    with io.BufferedWriter(guarded) as file:
        write_parquet(reader, file, compression="zstd(1)", max_row_group_size=100_000)
    if guarded.failure is not None:
        raise guarded.failure


class _Guarded(io.RawIOBase):
    """A file whose failures wait until the Parquet library is done: it panics on a full disk or a closed pipe."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.failure: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # whatever has a buffer, as RawIOBase says
        self._try(lambda: self._out.write(data))
        return len(data)

    def flush(self) -> None:
        self._try(self._out.flush)

    def _try(self, act: Callable[[], object]) -> None:
        if self.failure is None:
            try:
                act()
            except OSError as failure:
                self.failure = failure


def _batches(batches: Rows, schema: Schema, guarded: _Guarded) -> Iterator[RecordBatch]:
    for flows in batches:
        if guarded.failure is not None:
            return
        arrays = [_array(flows, name, values) for name, values in cells(flows).items()]
        yield RecordBatch.from_arrays(arrays, schema=schema)


def _array(flows: Flows, name: str, values: Cells) -> Array:
    kind = KINDS[name]
    if kind == "time":
        return Array(flows.columns[name].tolist(), DataType.int64()).cast(DataType.timestamp("ms", tz="UTC"))
    return Array(values, DataType.string() if kind == "text" else DataType.uint64())


WRITERS: Final[dict[str, Callable[[Rows, BinaryIO], None]]] = {
    "table": table,
    "csv": as_csv,
    "jsonl": jsonl,
    "parquet": parquet,
}

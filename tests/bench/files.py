"""How fast flow logs are read: VPC logs as text, as gzip and as Parquet, to the bodies that go on the stream."""

from __future__ import annotations

import gzip
import io
import statistics
import sys
import time
from collections.abc import Mapping

import numpy as np
from arro3.core import Array, DataType, RecordBatch
from arro3.io import write_parquet
from flowlens.flows.files import aws_vpc
from flowlens.flows.reading import About
from flowlens.flows.reading.tally import Tally

RECORDS, ROUNDS = 300_000, 5
_NUMBERS = {"srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "tcp-flags"}


def columns(rows: int, *, seed: int = 1, begins: int = 1_770_000_000) -> dict[str, list[str]]:
    """An estate of 300 interfaces and some thousand peers, version 5 fields, one row in ten rejected."""
    random = np.random.default_rng(seed)
    ours = [f"10.0.{n >> 6}.{n & 63}" for n in range(300)]
    peers = [f"{n % 200 + 11}.{n % 97}.{n % 89}.{n % 251}" for n in range(5_000)]
    interface, peer = random.integers(0, 300, rows), random.integers(0, 5_000, rows)
    start = begins + np.arange(rows) // 500
    return {
        "account-id": ["123456789012"] * rows,
        "interface-id": [f"eni-{n:017x}" for n in interface * 7_919 + 1],
        "srcaddr": [ours[n] for n in interface],
        "dstaddr": [peers[n] for n in peer],
        "srcport": list(map(str, random.integers(32_768, 60_000, rows))),
        "dstport": [("443", "53", "5432", "8080")[n & 3] for n in peer],
        "protocol": ["6"] * rows,
        "packets": list(map(str, random.integers(1, 500, rows))),
        "bytes": list(map(str, random.integers(40, 500_000, rows))),
        "start": list(map(str, start)),
        "end": list(map(str, start + 59)),
        "action": ["REJECT" if n % 10 == 0 else "ACCEPT" for n in range(rows)],
        "log-status": ["OK"] * rows,
        "tcp-flags": [("2", "18", "3", "19")[n & 3] for n in interface],
        "pkt-srcaddr": [ours[n] for n in interface],
        "pkt-dstaddr": [peers[n] for n in peer],
        "flow-direction": ["egress"] * rows,
    }


def text(made: Mapping[str, list[str]]) -> bytes:
    return "\n".join([" ".join(made), *map(" ".join, zip(*made.values(), strict=True)), ""]).encode()


def parquet(made: Mapping[str, list[str]]) -> bytes:
    """As AWS writes it: numbers as such, names with underscores, gzip'd pages."""
    arrays = [
        Array(list(map(int, values)), type=DataType.int64())
        if name in _NUMBERS
        else Array(values, type=DataType.utf8())
        for name, values in made.items()
    ]
    out = io.BytesIO()
    batch = RecordBatch.from_arrays(arrays, names=[name.replace("-", "_") for name in made])
    write_parquet(batch, out, compression="gzip(6)")
    return out.getvalue()


def run() -> dict[str, float]:
    """Records per CPU-second, the median of some rounds; sizes go to standard error."""
    made = columns(RECORDS)
    plain = text(made)
    found: dict[str, float] = {}
    for name, data in (("text", plain), ("gzip", gzip.compress(plain, 6)), ("parquet", parquet(made))):
        sys.stderr.write(f"{name}: {RECORDS:,} records in {len(data):,} octets\n")
        found[f"files.aws_vpc.{name}.records_per_cpu_s"] = statistics.median(_rate(data) for _ in range(ROUNDS))
    return found


def _rate(data: bytes) -> float:
    began, tally = time.process_time(), Tally()
    rows = sum(body.columns.rows for body in aws_vpc.read(io.BytesIO(data), About(), tally))
    took = time.process_time() - began
    if rows != tally.counts["flows"] or rows + tally.counts["rejected"] != RECORDS:
        raise AssertionError(f"{rows:,} flows of {RECORDS:,} records: {tally}")
    return round(RECORDS / took)

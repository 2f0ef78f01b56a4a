"""How fast the flow logs of clouds are read, to the bodies that go on the stream."""

from __future__ import annotations

import gzip
import io
import statistics
import time
from collections.abc import Mapping

import numpy as np
import orjson
from arro3.core import Array, DataType, RecordBatch
from arro3.io import write_parquet
from flowlens.flows.reading import FILES, About
from flowlens.flows.reading.tally import Tally
from flowlens.kit import memory

from tests import captures
from tests.kernels import without_kernel

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


def azure(rows: int) -> bytes:
    """A virtual network's blob: a record for each minute and interface, 500 tuples in each."""
    made = columns(rows)
    lines = zip(*(made[name] for name in ("srcaddr", "dstaddr", "srcport", "dstport", "packets", "bytes")), strict=True)
    tuples = [
        f"{1_770_000_000_000 + n},{src},{dst},{sport},{dport},6,O,{'CDCEC'[n % 5]},NX,{packets},{octets},{packets},99"
        for n, (src, dst, sport, dport, packets, octets) in enumerate(lines)
    ]
    records = [
        {
            "time": "2026-11-23T10:00:00.0000000Z",
            "flowLogVersion": 4,
            "macAddress": f"0022480F{n // 500 % 300:04X}",
            "category": "FlowLogFlowEvent",
            "flowLogResourceID": "/SUBSCRIPTIONS/S/NETWORKWATCHERS/N/FLOWLOGS/F",
            "targetResourceID": "/subscriptions/s/virtualNetworks/v",
            "flowRecords": {
                "flows": [{"aclID": "a", "flowGroups": [{"rule": "r", "flowTuples": tuples[n : n + 500]}]}]
            },
        }
        for n in range(0, rows, 500)
    ]
    return orjson.dumps({"records": records})


def gcp(rows: int) -> bytes:
    """Entries with all metadata, as a sink exports them."""
    made = columns(rows)
    return b"".join(orjson.dumps(_entry(n, {name: made[name][n] for name in made})) + b"\n" for n in range(rows))


def _entry(n: int, row: Mapping[str, str]) -> dict[str, object]:
    instance = {"project_id": "p", "region": "europe-west3", "zone": "europe-west3-a", "vm_name": f"vm-{n % 300}"}
    connection = {"src_ip": row["srcaddr"], "dest_ip": row["dstaddr"], "protocol": 6}
    ports = {"src_port": int(row["srcport"]), "dest_port": int(row["dstport"])}
    return {
        "insertId": f"x{n}",
        "jsonPayload": {
            "bytes_sent": row["bytes"],
            "connection": connection | ports,
            "dest_location": {"asn": 15169, "city": "Berlin", "continent": "Europe", "country": "deu"},
            "end_time": "2026-11-23T10:00:05.123456789Z",
            "packets_sent": row["packets"],
            "reporter": "SRC",
            "rtt_msec": "12",
            "src_instance": instance,
            "src_vpc": {"project_id": "p", "subnetwork_name": "default", "vpc_name": "default"},
            "start_time": "2026-11-23T10:00:00.123456789Z",
        },
        "logName": "projects/p/logs/compute.googleapis.com%2Fvpc_flows",
        "receiveTimestamp": "2026-11-23T10:00:12.123456789Z",
        "resource": {"labels": {"location": "europe-west3-a", "subnetwork_name": "default"}, "type": "gce_subnetwork"},
        "timestamp": "2026-11-23T10:00:12.123456789Z",
    }


def capture(rows: int) -> bytes:
    """Ethernet, IPv4 and TCP, cut off after the headers as a capture of headers is."""
    made = columns(rows)
    ends = zip(made["srcaddr"], made["dstaddr"], made["srcport"], made["dstport"], strict=True)
    return captures.pcap(
        [
            (n / 5_000, captures.framed(captures.ip(src, dst, 6, captures.tcp((int(sport), int(dport)), 0x10))))
            for n, (src, dst, sport, dport) in enumerate(ends)
        ]
    )


def run() -> dict[str, float]:
    """Records per CPU-second with the kernel and without it, medians of some rounds, and the size of what was read."""
    memory.keep_freed()  # as the functions do
    made = columns(RECORDS)
    plain = text(made)
    logs = {
        "aws_vpc.text": plain,
        "aws_vpc.gzip": gzip.compress(plain, 6),
        "aws_vpc.parquet": parquet(made),
        "azure_vnet": azure(RECORDS),
        "gcp_vpc": gcp(RECORDS),
        "pcap": capture(RECORDS),
    }
    found: dict[str, float] = {}
    for name, data in logs.items():
        found[f"files.{name}.octets_per_record"] = round(len(data) / RECORDS, 1)
        found[f"files.{name}.records_per_cpu_s"] = _median(name, data)
        with without_kernel():
            found[f"files.{name}.numpy_records_per_cpu_s"] = _median(name, data)
    return found | {"files.records": RECORDS}


def _median(name: str, data: bytes) -> float:
    return statistics.median(_rate(name.partition(".")[0], data) for _ in range(ROUNDS))


def _rate(name: str, data: bytes) -> float:
    began, tally = time.process_time(), Tally()
    rows = sum(body.columns.rows for body in FILES.load(name).read(io.BytesIO(data), About(), tally))
    took = time.process_time() - began
    if not rows or tally.counts["lines"] != RECORDS or tally.unreadable:
        raise AssertionError(f"{rows:,} flows of {RECORDS:,} records: {tally}")
    return round(RECORDS / took)

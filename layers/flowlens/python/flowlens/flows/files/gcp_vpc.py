"""Google Cloud VPC flow logs: log entries as lines of JSON, as a sink exports them or a subscription delivers them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import msgspec
import numpy as np

from flowlens.flows.body import FlowBody
from flowlens.flows.columns import DENIED, Columns, Format, Values
from flowlens.flows.reading import About, interfaces, text, times
from flowlens.flows.reading.blocks import blocks
from flowlens.flows.reading.sieve import Sieve
from flowlens.flows.reading.tally import Tally

# https://cloud.google.com/vpc/docs/about-flow-logs-records
_LOGS = (b"vpc_flows", b"networkmanagement.googleapis.com")
_FIELDS = ("src_ip", "dest_ip", "src_port", "dest_port", "protocol", "packets_sent", "bytes_sent", "disposition")
_COUNTED = 2**63 - 1
_MAX_INTERFACES = 4096  # of one part of a log
_ALLOWED = "ALLOWED"


class _Connection(msgspec.Struct):
    """Who sent to whom. Numbers stand as numbers or as text."""

    src_ip: str = "-"
    dest_ip: str = "-"
    src_port: int | str = "-"
    dest_port: int | str = "-"
    protocol: int | str = "-"


class _Observer(msgspec.Struct, frozen=True):
    """An instance, a gateway or another end that reports."""

    project_id: str | None = None
    zone: str | None = None
    vm_name: str | None = None
    name: str | None = None
    location: str | None = None


class _Payload(msgspec.Struct):
    """What is read of an entry; all else is skipped unread."""

    connection: _Connection
    packets_sent: int | str = 0
    bytes_sent: int | str = 0
    start_time: str = ""
    end_time: str = ""
    reporter: str = "SRC"
    disposition: str = _ALLOWED
    drop_reason: str | None = None
    src_instance: _Observer | None = None
    dest_instance: _Observer | None = None
    src_gateway: _Observer | None = None
    dest_gateway: _Observer | None = None


class _Entry(msgspec.Struct):
    """A log entry. Its first three names tell it from all others (LogEntry: insertId)."""

    jsonPayload: _Payload  # noqa: N815 (Google's name)
    insertId: str = ""  # noqa: N815
    logName: str = ""  # noqa: N815
    timestamp: str = ""


_DECODER = msgspec.json.Decoder(_Entry)


def recognises(first: bytes) -> bool:
    """By a first line that is a log entry with a connection."""
    line = first.split(b"\n", 1)[0]
    return (
        line.startswith(b"{") and b'"connection"' in line and (b'"reporter"' in line or any(n in line for n in _LOGS))
    )


def read(stream: BinaryIO, about: About, tally: Tally) -> Iterator[FlowBody]:
    """One flow for each entry: what one end of a conversation sent, as its reporter saw it; named by its text.

    Dropped traffic is marked as `rejected`: attempts. A line that is none is tallied. Malformed as blocks says.
    With `each`, an entry is a body, and is named as Google tells it from others. Such observers are others than those
    of files: what comes both ways is seen by two, of which one counts.
    """
    for block in blocks(stream):
        gathered = _Gathered(each=about.each, way=about.log)
        for line in block.splitlines():
            gathered.add(line, tally)
        if gathered.rows:
            digest = hashlib.blake2b(block, digest_size=16).hexdigest()
            yield from _bodies(gathered, f"gcp:{digest}", tally)


@dataclass(slots=True)
class _Gathered:
    """Entries of one part: what can be a word of a table, times, and who saw each; their names, where wanted."""

    each: bool
    way: str
    rows: list[str] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    observers: list[int] = field(default_factory=list)
    names: dict[object, int] = field(default_factory=dict)
    entries: list[str] = field(default_factory=list)

    def add(self, line: bytes, tally: Tally) -> None:
        try:
            entry = _DECODER.decode(line)
            payload = entry.jsonPayload
        except msgspec.ValidationError:
            _fail(tally, "shape", line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if line.strip():
                _fail(tally, "json", line)
        else:
            self.rows.append(_row(payload))
            self.starts.append(payload.start_time)
            self.ends.append(payload.end_time)
            self.observers.append(self.names.setdefault(_observer(payload), len(self.names)))
            if self.each:
                self.entries.append(_named(entry, line))


def _fail(tally: Tally, reason: str, line: bytes) -> None:
    tally.count("lines", 1)
    tally.fail(reason, 1, [line[:200].decode("utf-8", "replace")])


def _named(entry: _Entry, line: bytes) -> str:
    """Of the entry for ever: by the words that Google calls those alike by which are one, else by its text."""
    words = (entry.logName, entry.timestamp, entry.insertId)
    said = "\0".join(words).encode("utf-8", "replace") if entry.insertId else line
    return f"gcp-entry:{hashlib.blake2b(said, digest_size=16).hexdigest()}"


def _row(told: _Payload) -> str:
    """A line with a word for each of _FIELDS."""
    ends = told.connection
    fate = told.disposition if told.drop_reason is None else "DROPPED"
    line = (
        f"{ends.src_ip} {ends.dest_ip} {ends.src_port} {ends.dest_port} {ends.protocol}"
        f" {told.packets_sent} {told.bytes_sent} {fate}"
    )
    return line if line.isprintable() else line.replace("\n", "?").replace("\r", "?")


def _observer(told: _Payload) -> object:
    """The instance or gateway at the reporter's end: it sees both directions, so it is the exporter."""
    if told.reporter.startswith("DEST"):
        return told.dest_instance or told.dest_gateway or told.connection.dest_ip
    return told.src_instance or told.src_gateway or told.connection.src_ip


def _bodies(gathered: _Gathered, name: str, tally: Tally) -> Iterator[FlowBody]:
    block = "\n".join([*gathered.rows, ""]).encode("ascii", "replace")
    table, lines = text.table(block, _FIELDS, tally)
    sieve = Sieve(table)
    values = _values(sieve, [gathered.starts[at] for at in lines], [gathered.ends[at] for at in lines])
    denied = ~table.columns["disposition"].equals(_ALLOWED.encode())
    sieve.mark("rejected", denied)
    values["firewall_event"] = np.where(denied, DENIED, 0).astype(np.uint8)
    kept = sieve.settle(tally)
    owners, flows = np.array(gathered.observers, np.intp)[lines], Columns(table.rows, values)
    names = list(gathered.names)
    if gathered.each:
        for row in np.flatnonzero(kept):
            one = flows.take(np.array([row]))
            one.values["exporter"] = np.zeros(1, np.uint16)
            yield FlowBody(one, [_exporter(names[owners[row]], gathered.way)], name=gathered.entries[lines[row]])
        return
    for at in range(0, len(names), _MAX_INTERFACES):
        some = kept & (owners >= at) & (owners < at + _MAX_INTERFACES)
        if some.any():
            part = flows.take(some)
            used, which = np.unique(owners[some], return_inverse=True)
            part.values["exporter"] = which.astype(np.uint16)
            yield FlowBody(part, [_exporter(names[one], gathered.way) for one in used], name=f"{name}/{at}")


def _exporter(observer: object, way: str) -> str:
    if isinstance(observer, _Observer):
        told = "/".join(part[:100] for part in msgspec.structs.astuple(observer) if part is not None)
    else:
        told = str(observer)[:100]
    return interfaces.address(0, f"gcp:{way}:{told}" if way else f"gcp:{told}")


def _values(sieve: Sieve, starts: list[str], ends: list[str]) -> dict[str, Values]:
    end, ended = times.parse(ends)
    start, started = times.parse(starts)
    sieve.refuse("time", ~ended)
    source, destination = sieve.addresses("src_ip"), sieve.addresses("dest_ip")
    sieve.refuse("missing", (source.version == 0) | (destination.version == 0))
    sieve.refuse("address", source.version != destination.version)
    return {
        "received": end,  # the log's own clock: a later reading of the same log must say the same
        "end": end,
        "start": np.where(started, np.minimum(start, end), end),
        "src_high": source.high,
        "src_low": source.low,
        "dst_high": destination.high,
        "dst_low": destination.low,
        "ip_version": source.version,
        "src_port": sieve.number("src_port", 0, 0xFFFF).astype(np.uint16),
        "dst_port": sieve.number("dest_port", 0, 0xFFFF).astype(np.uint16),
        "protocol": sieve.number("protocol", 0, 0xFF, required=True).astype(np.uint8),
        "packets": sieve.number("packets_sent", 0, _COUNTED),
        "octets": sieve.number("bytes_sent", 0, _COUNTED),
        "format": np.full(sieve.table.rows, Format.GCP_VPC, np.uint8),
    }

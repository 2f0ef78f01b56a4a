"""Reads a history and a database, and says which promise was broken. It knows nothing of how the history came to be."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import orjson
from flowlens.services import merging
from flowlens.store.connection import Connection, tenant_transaction

from tests.faults.oracle import Totals, expected, generated

MOST_FILES, MOST_GROWTH = 64, 64 << 20
DRAINED_SECONDS = 3600.0  # of virtual time
Name = tuple[str, int, int]
EDGES = """SELECT host(c.address), host(s.address), d.port, d.flows, d.octets_sent, d.octets_received, d.packets_seen
              FROM dependencies d
              JOIN assets c ON c.asset_id = d.client_id
              JOIN assets s ON s.asset_id = d.server_id"""
_MINUTES = "SELECT sum(flows), sum(octets_sent), sum(octets_received), sum(packets_seen) FROM conversation_minutes"
SEEN = "SELECT source, epoch, lower(r), upper(r) FROM ledger, unnest(seen) AS r"
_LETTERS = "SELECT source, epoch, record, reason, encode(digest, 'hex') FROM dead_letters"


@dataclass(slots=True)
class History:
    """What happened, from the lines of its file."""

    seed: int = 0
    rows: int = 0
    durable: set[int] = field(default_factory=set)
    names: dict[Name, set[int]] = field(default_factory=lambda: defaultdict(set))
    planted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # digests by what they are
    vitals: list[tuple[int, int]] = field(default_factory=list)  # files and growth of a worker
    failed: Counter[str] = field(default_factory=Counter)  # invocations, by what the handler raised
    drained: float = -1.0
    backlog: int = -1

    @classmethod
    def read(cls, path: Path) -> History:
        history = cls()
        for line in path.read_bytes().splitlines():
            history._take(orjson.loads(line))
        return history

    def _take(self, event: dict[str, object]) -> None:
        match event:
            case {"event": "began", "seed": int(seed), "rows": int(rows)}:
                self.seed, self.rows = seed, rows
            case {"event": "durable", "number": int(number)}:
                self.durable.add(number)
            case {"event": "put", "name": [str(source), int(epoch), int(record)], "number": int(number)}:
                self.names[source, epoch, record].add(number)
            case {"event": "planted", "what": str(what), "digest": str(digest)}:
                self.planted[what].add(digest)
            case {"event": "vitals", "files": int(files), "growth": int(growth)}:
                self.vitals.append((files, growth))
            case {"event": "failed", "why": str(why), "count": int(count)}:
                self.failed[why] += count
            case {"event": "drained", "seconds": float(seconds), "backlog": int(backlog)}:
                self.drained, self.backlog = seconds, backlog


def check(history: History, conn: Connection, tenant: UUID) -> Counter[str]:
    """How often each promise was broken, by its number in the guide; empty when all were kept."""
    merging.merge_all(conn, tenant)
    with tenant_transaction(conn, tenant):
        ranges = conn.execute(SEEN).fetchall()
        letters = conn.execute(_LETTERS).fetchall()
        edges: Totals = {(c, s, port): tuple(sums) for c, s, port, *sums in conn.execute(EDGES)}
        minutes = conn.execute(_MINUTES).fetchone()
    seen = {(str(source), epoch, record) for source, epoch, low, high in ranges for record in range(low, high)}
    broken: Counter[str] = Counter()
    broken["I1 lost"] = len(history.durable - _numbers(history, seen))
    broken["I1 never sent"] = len(seen - history.names.keys())
    broken["I1 a name for two"] = sum(len(numbers) > 1 for numbers in history.names.values())
    broken["I1 unnamed"] = _unnamed(history, letters)
    counted = [
        generated(history.seed, n, rows=history.rows) for name in sorted(seen) for n in history.names.get(name, ())
    ]
    wanted = expected(counted)
    broken["I2 edges"] = sum(edges.get(key) != wanted.get(key) for key in edges.keys() | wanted.keys())
    broken["I2 minutes"] = int(minutes != tuple(sum(column) for column in zip(*wanted.values(), strict=True)))
    open_letters = {
        (str(source), epoch, record) for source, epoch, record, why, _ in letters if why != "record_conflict"
    }
    broken["I3 both"] = len(open_letters & seen)
    broken["I8 backlog"] = int(history.backlog != 0 or not 0 <= history.drained <= DRAINED_SECONDS)
    broken["I8 deadlocks"] = history.failed["DeadlockDetected"]
    broken["I9 files"] = sum(files > MOST_FILES for files, _ in history.vitals)
    broken["I9 memory"] = sum(growth > MOST_GROWTH for _, growth in history.vitals)
    return +broken


def _numbers(history: History, seen: set[Name]) -> set[int]:
    return {number for name in seen for number in history.names.get(name, ())}


def _unnamed(history: History, letters: list[tuple[object, ...]]) -> int:
    """Planted records that no dead letter names."""
    kept = {str(digest) for *_, digest in letters}
    return len((history.planted["poison"] | history.planted["conflict"]) - kept)

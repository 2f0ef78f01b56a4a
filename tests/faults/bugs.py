"""Bugs that the laboratory puts into its own processes, by name: each must be caught, or it proves nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from flowlens.flows import batch
from flowlens.model.errors import Malformed
from flowlens.services import flows, sources_ingest
from flowlens.store import deltas, ledger
from flowlens.store import flows as store

from collector_vm import recovery, spool
from collector_vm.segments import Frame, Origin
from collector_vm.spool import Spool

ACKNOWLEDGE_FIRST = "acknowledge before commit"  # the worker's own loop does it
_LEAK: list[bytes] = []


def _no_ledger() -> None:
    """Nothing knows any more what was counted."""
    ledger.unseen = lambda conn, tenant, names: set(names)  # noqa: ARG005 (the names are part of its type)
    ledger.enter = lambda *_: None


def _high_water_mark() -> None:
    """A record with a number below the highest one counted is taken for a repetition."""
    unseen = ledger.unseen

    def above(conn: Any, tenant: Any, names: Any) -> set[ledger.Name]:
        fresh = unseen(conn, tenant, names)
        rows = conn.execute("SELECT source, epoch, coalesce(upper(seen), 0) FROM ledger").fetchall()
        marks = {(source, epoch): mark for source, epoch, mark in rows}
        return {name for name in fresh if name[2] >= marks[name[0], name[1]]}

    ledger.unseen = above


def _merges_meet() -> None:
    """Several merge at once, each its own deltas, and lock rows in any order: they wait for one another for ever."""
    oldest = deltas.oldest

    def own(conn: Any, tenant: Any, most: int) -> dict[ledger.Name, bytes]:
        found = oldest(conn, tenant, most)
        return {name: body for name, body in found.items() if (name[2] + os.getpid()) % 2}

    deltas.oldest, deltas.turn = own, lambda *_: True
    deltas.end_turn = lambda *_: None  # it locks too, though last
    texts = store._SQL._texts
    texts["add_assets"] = texts["add_assets"].replace("ORDER BY n.space, n.address", "ORDER BY random()")
    wanted = "ORDER BY n.client_id, n.server_id, n.port, n.protocol"
    texts["add_dependencies"] = (
        texts["add_dependencies"]
        .replace(wanted, "ORDER BY random()")
        .replace(
            "RETURNING d.dependency_id", "RETURNING d.dependency_id + length(pg_sleep(0.0005)::text) AS dependency_id"
        )
    )


def _removed_before_merged() -> None:
    """Deltas are gone when they are read, and merged only a moment later."""
    oldest = deltas.oldest

    def taking(conn: Any, tenant: Any, most: int) -> dict[ledger.Name, bytes]:
        found = oldest(conn, tenant, most)
        conn.execute("DELETE FROM deltas WHERE tenant_id = %s", [tenant])
        return found

    def late(conn: Any, tenant: Any, names: Any) -> set[ledger.Name]:  # noqa: ARG001 (they are part of its type)
        time.sleep(0.05)
        return set(names)

    deltas.oldest, deltas.remove, deltas._RESTS = taking, late, 0


def _merged_twice() -> None:
    """Deltas stay after they were merged."""
    deltas.remove = lambda conn, tenant, names: set(names)  # noqa: ARG005 (the names are part of its type)


def _no_hash() -> None:
    """A body is believed whatever the header says of it."""
    batch.unpack = lambda data: batch.Record(_identity(data), data[5], data[batch.HEADER_SIZE :], data[56:72])


def _identity(data: bytes) -> batch.Identity:
    identity = batch.identity_of(data)
    if identity is None:
        raise Malformed("record_magic")
    return identity


def _last_wins() -> None:
    """Another content under a counted name is taken for a repetition."""
    for module in (flows, sources_ingest):
        module.refuse_conflicts = lambda *_: None  # type: ignore[attr-defined]


def _leak() -> None:
    """Every record stays in memory, many times."""
    unpack = batch.unpack

    def remembering(data: bytes) -> batch.Record:
        _LEAK.append(bytearray(4 << 20))  # type: ignore[arg-type]
        return unpack(data)

    batch.unpack = remembering


def _unlink_before_acknowledged() -> None:
    """A spool file goes when it was read, before the stream confirmed it."""
    read = Spool.read

    def reading(self: Spool, most: int, most_bytes: int) -> Iterator[tuple[Origin, Frame]]:
        yield from read(self, most, most_bytes)
        for segment in list(self._segments)[:-1]:
            segment.path.unlink(missing_ok=True)

    Spool.read = reading  # type: ignore[method-assign]


def _no_sync() -> None:
    """What was written is called durable."""

    def trusting(self: Spool) -> int:
        self._unsynced, self.durable = [], self.sequence
        return self.durable

    Spool.sync = trusting  # type: ignore[method-assign]


def _synced_again() -> None:
    """A sync that failed is tried again on the same file, which then succeeds, and lies."""

    def again(self: Spool, frames: list[Frame]) -> None:
        os.fdatasync(self._file)
        self.durable = frames[-1].sequence

    Spool._rewrite = again  # type: ignore[method-assign]


def _names_unsynced() -> None:
    """Files are synced, their directory never."""
    for module in (spool, recovery):
        module.sync_directory = lambda _: None  # type: ignore[attr-defined]


BUGS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "no ledger": _no_ledger,
    "high-water mark": _high_water_mark,
    ACKNOWLEDGE_FIRST: lambda: None,
    "merges meet": _merges_meet,
    "removed before merged": _removed_before_merged,
    "merged twice": _merged_twice,
    "no hash": _no_hash,
    "last wins": _last_wins,
    "leak": _leak,
    "unlink before acknowledged": _unlink_before_acknowledged,
    "no sync": _no_sync,
    "a failed sync is tried again": _synced_again,
    "names are not synced": _names_unsynced,
}

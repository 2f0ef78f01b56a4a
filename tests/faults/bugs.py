"""Bugs that the laboratory puts into its own processes, by name: each must be caught, or it proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flowlens.flows import batch
from flowlens.model.errors import Malformed
from flowlens.services import flows, sources_ingest
from flowlens.store import flows as store
from flowlens.store import ledger

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


def _unsorted_upsert() -> None:
    """Rows are locked in any order, so that workers wait for one another for ever; and slowly, so that they meet."""
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


BUGS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "no ledger": _no_ledger,
    "high-water mark": _high_water_mark,
    ACKNOWLEDGE_FIRST: lambda: None,
    "unsorted upsert": _unsorted_upsert,
    "no hash": _no_hash,
    "last wins": _last_wins,
    "leak": _leak,
    "unlink before acknowledged": _unlink_before_acknowledged,
}

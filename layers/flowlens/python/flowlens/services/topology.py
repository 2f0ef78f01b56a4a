"""The topology: who talks to whom, now, then or over a window; grouped and bounded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from flowlens.access.actor import Actor
from flowlens.flows import ports
from flowlens.model.errors import Invalid
from flowlens.services.steps import MINUTES_KEPT, ceil, floor
from flowlens.store import topology as store
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.topology.edges import EVIDENCE, SEVERAL, Assets, Edges, Ints
from flowlens.topology.grouping import Kind
from flowlens.topology.places import parse
from flowlens.topology.views import Shown, show

MAX_WINDOW = timedelta(days=31)
BY_MINUTES = timedelta(hours=2)  # longer windows are read from the hours
_MAX_MILLISECONDS = 20_000  # less than the gateway waits
_MAX_KNOWN = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What to show: at an instant, over a window, or what is valid now."""

    now: datetime
    at: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    grouped: bool = True
    expand: tuple[str, ...] = ()
    space: int | None = None
    limit: int = 500

    def span(self) -> store.Span:
        """Windows are rounded outwards to whole minutes, up to two hours and as long as minutes are kept, or hours.

        Hours that wait to be folded again are summed from their minutes, so that either way each flow counts once.
        """
        if self.at is not None:
            return store.Span(self.at, self.at)
        if self.start is None:
            return store.Span(self.now, None)
        end = self.end or self.now
        if not timedelta(0) < end - self.start <= MAX_WINDOW:
            raise Invalid(f"from must lie before to, by at most {MAX_WINDOW.days} days")
        minutes = end - self.start <= BY_MINUTES and self.start >= self.now - MINUTES_KEPT
        step = timedelta(minutes=1) if minutes else timedelta(hours=1)
        return store.Span(floor(self.start, step), ceil(end, step), "minutes" if minutes else "hours")


@dataclass(frozen=True, slots=True)
class Answer:
    """A view of the topology, and a string that is another one when the view is."""

    view: View
    span: store.Span
    shown: Shown
    change: str

    def document(self) -> dict[str, object]:
        """As columns, ready to be written as JSON."""
        window = self.span.volumes != "totals"
        left_out, totals = self.shown.left_out, self.shown.totals
        return {
            "as_of": self.view.at or self.view.now,
            "from": self.span.start if window else None,
            "to": self.span.end if window else None,
            "group": "network" if self.view.grouped else "none",
            "nodes": _nodes(self.shown),
            "edges": _edges(self.shown.edges),
            "left_out": {name: getattr(left_out, name) for name in left_out.__slots__ if name != "assets"},
            "totals": {name: getattr(totals, name) for name in totals.__slots__},
            "change": self.change,
        }


@dataclass(slots=True)
class _Memory:
    """What one tenant's views have in common until something is counted: the last one's only.

    Assets never change their address, so they are kept; those of new dependencies are added.
    """

    conn: Connection | None = None
    tenant: UUID | None = None
    assets: Assets | None = None
    change: str | None = None
    edges: store.Rows | None = None
    since: datetime | None = None


_MEMORY = _Memory()


def read(conn: Connection, actor: Actor, view: View) -> Answer:
    """Edges between the nodes of a view, with what was left out."""
    span = view.span()
    expanded = tuple(parse(place) for place in view.expand)
    with tenant_transaction(conn, actor.tenant) as conn:
        store.limit_time(conn, _MAX_MILLISECONDS)
        _remember(conn, actor)
        change = store.change(conn, actor.tenant)
        rows = _rows(conn, actor, span, change)
        assets = _assets(conn, actor, np.concatenate([rows["client"], rows["server"]]))
    edges = _of_space(assets, _as_edges(rows, assets), view.space)
    shown = show(assets, edges, grouped=view.grouped, expanded=expanded, limit=view.limit)
    return Answer(view, span, shown, _digest(change, span, view, len(rows)))


def _remember(conn: Connection, actor: Actor) -> None:
    """Forgets what is another tenant's, or came over another connection: perhaps of a database restored since."""
    if _MEMORY.conn is not conn or _MEMORY.tenant != actor.tenant:
        _MEMORY.conn, _MEMORY.tenant = conn, actor.tenant
        _MEMORY.assets, _MEMORY.edges, _MEMORY.change = None, None, None


def _rows(conn: Connection, actor: Actor, span: store.Span, change: str) -> store.Rows:
    """The edges of the span. Those valid now are remembered until something is counted: time alone only ends some."""
    if span.end is not None:
        return store.edges(conn, actor.tenant, span)
    if _MEMORY.change != change or _MEMORY.edges is None or _MEMORY.since is None or _MEMORY.since > span.start:
        _MEMORY.edges = store.edges(conn, actor.tenant, span)
        _MEMORY.change, _MEMORY.since = change, span.start
    valid = _MEMORY.edges["until"] > _microseconds(span.start)
    return store.Rows({name: values[valid] for name, values in _MEMORY.edges.columns.items()})


def _microseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _assets(conn: Connection, actor: Actor, ids: Ints) -> Assets:
    known = _MEMORY.assets
    missing = np.unique(ids if known is None else ids[~known.has(ids)])
    if known is not None and len(known) + len(missing) > _MAX_KNOWN:
        known, missing = None, np.unique(ids)
    if known is None or len(missing):
        found = Assets(*store.assets(conn, actor.tenant, missing))
        known = _MEMORY.assets = found.sorted() if known is None else known.joined(found).sorted()
    return known


def _as_edges(rows: store.Rows, assets: Assets) -> Edges:
    return Edges(
        rows["id"],
        np.searchsorted(assets.id, rows["client"]),
        np.searchsorted(assets.id, rows["server"]),
        np.ones(len(rows), np.int64),
        rows["protocol"],
        rows["port"],
        rows["evidence"],
        _both(rows["octets_sent"], rows["octets_received"]),
        _both(rows["packets_sent"], rows["packets_received"]),
        rows["flows"],
        rows["first_seen"].view("datetime64[us]"),
        rows["last_seen"].view("datetime64[us]"),
    )


def _both(sent: Ints, received: Ints) -> Ints:
    largest = np.iinfo(np.int64).max
    return np.minimum(sent.astype(np.uint64) + received.astype(np.uint64), largest).astype(np.int64)


def _of_space(assets: Assets, edges: Edges, space: int | None) -> Edges:
    return edges if space is None else edges.take(assets.space[edges.client] == space)


def _digest(change: str, span: store.Span, view: View, count: int) -> str:
    start = None if span.end is None else span.start
    parts = (change, start, span.end, span.volumes, view.grouped, view.expand, view.space, view.limit, count)
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


def _nodes(shown: Shown) -> dict[str, object]:
    nodes = shown.nodes
    hosts = (nodes.kind == Kind.HOST).tolist()
    return {
        "id": nodes.ids(),
        "label": nodes.labels(),
        "kind": [Kind(kind).name.lower() for kind in nodes.kind.tolist()],
        "address_space_id": nodes.space,
        "asset_id": [asset if host else None for asset, host in zip(nodes.asset_id.tolist(), hosts, strict=True)],
        "assets": nodes.assets,
        "internal": nodes.internal,
    }


def _edges(edges: Edges) -> dict[str, object]:
    services = zip(edges.port.tolist(), edges.protocol.tolist(), strict=True)
    return {
        "source": edges.client,
        "target": edges.server,
        "dependencies": edges.dependencies,
        "dependency_id": _nullable(edges.id),
        "protocol": _nullable(edges.protocol),
        "port": _nullable(edges.port),
        "service": [None if SEVERAL in pair else ports.name(*pair) for pair in services],
        "octets": edges.octets,
        "packets": edges.packets,
        "flows": edges.flows,
        "evidence": [EVIDENCE[rung] for rung in edges.evidence.tolist()],
        "first_seen": edges.first_seen,
        "last_seen": edges.last_seen,
    }


def _nullable(values: Ints) -> list[int | None]:
    return [None if value == SEVERAL else value for value in values.tolist()]

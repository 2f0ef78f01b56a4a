"""The topology: who talks to whom, now, then or over a window; grouped and bounded."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from flowlens.access.actor import Actor
from flowlens.flows import ports
from flowlens.services import seeing
from flowlens.services.seeing import Grouped, Hidden, Seen, View
from flowlens.store import classification
from flowlens.store import topology as store
from flowlens.store.connection import Connection, actor_transaction
from flowlens.topology.edges import EVIDENCE, SEVERAL, Edges, Ints
from flowlens.topology.nodes import Kind
from flowlens.topology.views import Shown, show

__all__ = ["Answer", "Prepared", "View", "prepare", "read"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A view of the topology, and a string that is another one when the view is."""

    view: View
    span: store.Span
    shown: Shown
    hidden: Hidden
    change: str

    def document(self) -> dict[str, object]:
        """As columns, ready to be written as JSON."""
        window = self.span.volumes != "totals"
        left_out, totals = self.shown.left_out, self.shown.totals
        return {
            "as_of": self.view.at or self.view.now,
            "from": self.span.start if window else None,
            "to": self.span.end if window else None,
            "group": self.view.group,
            "nodes": _nodes(self.shown),
            "edges": _edges(self.shown.edges),
            "left_out": {name: getattr(left_out, name) for name in left_out.__slots__ if name != "assets"},
            "totals": {name: getattr(totals, name) for name in totals.__slots__},
            "hidden": asdict(self.hidden),
            "change": self.change,
        }


@dataclass(frozen=True, slots=True)
class Prepared:
    """A view before it is drawn: whoever knows its `change` already has what would come of it."""

    view: View
    seen: Seen
    group: Grouped
    change: str

    def answer(self) -> Answer:
        shown = show(self.seen.assets, self.seen.edges, self.group, limit=self.view.limit)
        return Answer(self.view, self.view.span(), shown, self.seen.hidden, self.change)


def prepare(conn: Connection, actor: Actor, view: View) -> Prepared:
    """What a view is about. Drawing it costs more than this."""
    with actor_transaction(conn, actor) as conn:
        seen = seeing.seen(conn, actor, view)
        group, classified = seeing.grouped(conn, actor, view, seen.assets)
        if actor.limits:
            classified = actor.limits + str(classification.change(conn, actor.tenant))
    return Prepared(view, seen, group, _digest(seen, classified, view))


def read(conn: Connection, actor: Actor, view: View) -> Answer:
    """Edges between the nodes of a view, with what was left out."""
    return prepare(conn, actor, view).answer()


def _digest(seen: Seen, classified: str, view: View) -> str:
    """Another one when the answer is. Time alone ends dependencies, and moves others over the edge of an age."""
    span = view.span()
    start = None if span.end is None else span.start
    parts = (
        seen.change + classified,
        start,
        span.end,
        span.volumes,
        view.group,
        view.rules_then,
        view.expand,
        view.space,
        view.q,
        (view.focus, view.hops, view.way),
        view.limit,
        (seen.count, len(seen.edges), int(seen.edges.id.sum())),
    )
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
        "value": nodes.named(),
        "within": nodes.within(),
        "folded": nodes.more,
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

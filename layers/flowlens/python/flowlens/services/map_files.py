"""The whole map of a view as a file, in parts that follow one another: every link, then every node.

A part begins behind the last link or node of the part before, wherever that stands by now, so that what came in between
repeats nothing and leaves nothing out. Nodes come last: every end of a link that was written is among them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from flowlens.access.actor import Actor
from flowlens.assets import sheets
from flowlens.flows import ports
from flowlens.model.errors import Conflict, Invalid
from flowlens.services import seeing
from flowlens.services.pages import decode, encode
from flowlens.services.seeing import View
from flowlens.store import audit, sources
from flowlens.store.connection import Connection, actor_transaction
from flowlens.topology.edges import EVIDENCE, SEVERAL, Edges, merge
from flowlens.topology.files import CARRIED, ENDS, Row, Stretch, as_graphml, as_json
from flowlens.topology.nodes import Kind, Nodes
from flowlens.topology.views import in_use

CSV, JSON, GRAPHML = "csv", "json", "graphml"
PARTS: Mapping[str, int] = {CSV: 20_000, JSON: 10_000, GRAPHML: 6_000}  # rows: an answer of Lambda is at most 6 MB
_LINKS, _NODES = 0, 1
_ASKED = ("at", "start", "end", "group", "rules_then", "expand", "space", "q", "focus")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file, the cursor of the one that follows (None: none does), and how many rows are done, of all."""

    body: bytes
    next_cursor: str | None
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class _Place:
    """What the part before ended with: a link, by digests of the ids of its ends, or a node."""

    stage: int
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class _Whole:
    """All of a view. Links are in the order of their ends."""

    links: Edges
    nodes: Nodes

    def behind(self, place: _Place | None) -> int:
        """How many links, then nodes, were written."""
        if place is None:
            return 0
        known = {_digest(one): at for at, one in enumerate(self.nodes.ids())}
        if place.first not in known or place.second not in known:
            raise Conflict("what the part before ended with is gone from the map: begin the export again")
        first, second = known[place.first], known[place.second]
        if place.stage == _NODES:
            return len(self.links) + first + 1
        count = len(self.nodes)
        pairs = self.links.client * count + self.links.server
        return int(np.searchsorted(pairs, first * count + second, side="right"))

    def place(self, done: int) -> _Place:
        """Of the last of so many."""
        if done > len(self.links):
            last = _digest(self.nodes.take(np.array([done - len(self.links) - 1])).ids()[0])
            return _Place(_NODES, last, last)
        ends = np.array([self.links.client[done - 1], self.links.server[done - 1]])
        return _Place(_LINKS, *map(_digest, self.nodes.take(ends).ids()))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def part(conn: Connection, actor: Actor, view: View, *, form: str, cursor: str | None = None) -> Part:
    """The first, or the one that a cursor asks for: of the time at which the first was made, and of its rules."""
    began, stamp, place = _resumed(cursor)
    view = view if began is None else replace(view, now=began)
    with actor_transaction(conn, actor) as conn:
        seen = seeing.seen(conn, actor, view)
        group, rules = seeing.grouped(conn, actor, view, seen.assets)
        if stamp not in (None, _digest(rules)):
            raise Conflict("rules or descriptions changed while the map was exported: begin again")
        assets, edges = in_use(seen.assets, seen.edges)
        grouping = group(assets)
        whole = _Whole(merge(edges, grouping.node), grouping.nodes)
        spaces = {space.id: space.name for space in sources.spaces(conn, actor.tenant)}
        start, total = whole.behind(place), len(whole.links) + (0 if form == CSV else len(whole.nodes))
        stretch = Stretch(start, min(start + PARTS[form], total), len(whole.links), total)
        _note(conn, actor, view, form, stretch)
    left = stretch.end < total
    follows = encode((view.now.isoformat(), _digest(rules), *_key(whole.place(stretch.end)))) if left else None
    return Part(_written(whole, spaces, stretch, (form, _about(view))), follows, stretch.end, total)


def _key(place: _Place) -> tuple[int, str, str]:
    return place.stage, place.first, place.second


def _resumed(cursor: str | None) -> tuple[datetime | None, str | None, _Place | None]:
    key = decode(cursor, str, str, int, str, str)
    if key is None:
        return None, None, None
    began, stamp, stage, first, second = key
    try:
        at = datetime.fromisoformat(str(began))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid("cursor: it must be the x-next-cursor of the part before")
    return at, str(stamp), _Place(int(stage), str(first), str(second))


def _note(conn: Connection, actor: Actor, view: View, form: str, stretch: Stretch) -> None:
    detail = {"rows": stretch.end - stretch.start, "from": stretch.start, "form": form, **_about(view)}
    audit.record(conn, actor.tenant, actor=actor.name, action="map.export", target="map", detail=detail)


def _about(view: View) -> Row:
    """What was asked for."""
    asked = {name: getattr(view, name) for name in _ASKED if getattr(view, name) not in (None, "", (), False)}
    told = {name: one.isoformat() if isinstance(one, datetime) else one for name, one in asked.items()}
    return {"as_of": (view.at or view.now).isoformat(), **told}


def _written(whole: _Whole, spaces: Mapping[int, str], stretch: Stretch, how: tuple[str, Row]) -> bytes:
    form, about = how
    chosen = whole.links.take(np.arange(min(stretch.start, stretch.links), min(stretch.end, stretch.links)))
    links = _links(chosen, whole.nodes, spaces)
    if form == CSV:
        columns = (*ENDS, *CARRIED)
        cells = ([_cell(link[name]) for name in columns] for link in links)
        return sheets.write(columns, cells, header=stretch.start == 0).encode()
    rows = np.arange(max(stretch.start - stretch.links, 0), max(stretch.end - stretch.links, 0))
    write = as_json if form == JSON else as_graphml
    return write(about, links, _nodes(whole.nodes.take(rows), spaces), stretch)


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _nodes(nodes: Nodes, spaces: Mapping[int, str]) -> list[Row]:
    numbers = (column.tolist() for column in (nodes.kind, nodes.space, nodes.assets, nodes.internal))
    return [
        {
            "id": node,
            "label": label,
            "kind": Kind(kind).name.lower(),
            "address_space": spaces.get(space, str(space)),
            "assets": assets,
            "internal": internal,
        }
        for node, label, kind, space, assets, internal in zip(nodes.ids(), nodes.labels(), *numbers, strict=True)
    ]


def _links(links: Edges, nodes: Nodes, spaces: Mapping[int, str]) -> list[Row]:
    used = np.union1d(links.client, links.server)
    ends = _nodes(nodes.take(used), spaces)
    numbers = (links.dependencies, links.octets, links.packets, links.flows, links.evidence, links.protocol, links.port)
    times = (np.datetime_as_string(column, unit="ms").tolist() for column in (links.first_seen, links.last_seen))
    places = (np.searchsorted(used, column).tolist() for column in (links.client, links.server))
    rows = zip(*places, *times, *(column.tolist() for column in numbers), strict=True)
    return [
        {
            **_end("client", ends[client]),
            **_end("server", ends[server]),
            "source": ends[client]["id"],
            "target": ends[server]["id"],
            "service": None if SEVERAL in (port, protocol) else ports.name(port, protocol),
            "protocol": None if protocol == SEVERAL else protocol,
            "port": None if port == SEVERAL else port,
            "dependencies": dependencies,
            "octets": octets,
            "packets": packets,
            "flows": flows,
            "evidence": EVIDENCE[evidence],
            "first_seen": f"{first}Z",
            "last_seen": f"{last}Z",
        }
        for client, server, first, last, dependencies, octets, packets, flows, evidence, protocol, port in rows
    ]


def _end(end: str, node: Row) -> Row:
    return {
        end: node["label"],
        f"{end}_kind": node["kind"],
        f"{end}_address_space": node["address_space"],
        f"{end}_assets": node["assets"],
    }

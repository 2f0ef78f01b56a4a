"""What a view of the map is about: which assets and dependencies, at which time, grouped by what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from flowlens.access.actor import Actor
from flowlens.assets.attributes import check_name
from flowlens.model.errors import Invalid
from flowlens.services import classifying, filtering, remembered
from flowlens.services.filtering import Estate
from flowlens.services.steps import MINUTES_KEPT, ceil, floor
from flowlens.store import classification
from flowlens.store import topology as store
from flowlens.store.connection import Connection
from flowlens.topology import reach
from flowlens.topology.edges import Assets, Edges, Mask, total
from flowlens.topology.folding import folding
from flowlens.topology.grouping import Grouping, hosts, networks, values, within_place
from flowlens.topology.places import Place, parse

MAX_WINDOW = timedelta(days=31)
BY_MINUTES = timedelta(hours=2)  # longer windows are read from the hours
MAX_LEVELS = 5  # of groups in groups
NETWORK, NONE = "network", "none"
_MAX_MILLISECONDS = 20_000  # less than the gateway waits
Grouped = Callable[[Assets], Grouping]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What to show: at an instant, over a window, or what is valid now."""

    now: datetime
    at: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    group: str = NETWORK  # or NONE, or attributes, joined by commas
    rules_then: bool = False  # classify by the rules of the time that is shown
    expand: tuple[str, ...] = ()
    space: int | None = None
    q: str | None = None  # a query
    focus: str | None = None  # a place: only what lies within so many hops of it
    hops: int = 1
    way: str = reach.BOTH
    limit: int = 500

    def rules_at(self) -> datetime | None:
        """The time of the rules that classify; None is now."""
        span = self.span()
        return (span.end or span.start) if self.rules_then else None

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
class Hidden:
    """What the query and the focus left no trace of."""

    dependencies: int = 0
    octets: int = 0
    packets: int = 0
    flows: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a view is about, what its query and focus hid, and strings that differ when that does."""

    assets: Assets
    edges: Edges
    hidden: Hidden
    change: str
    count: int  # of the dependencies before anything was hidden: time alone makes it less


def seen(conn: Connection, actor: Actor, view: View) -> Seen:
    """Inside the caller's transaction."""
    span = view.span()
    query = filtering.read(view.q)
    store.limit_time(conn, _MAX_MILLISECONDS)
    found = remembered.of_span(conn, actor, span)
    assets, edges, change = found.assets, found.edges, found.change
    there = found.there & _of_space(assets, edges, view.space)
    count = int(np.count_nonzero(there))
    if query is None and view.focus is None:
        return Seen(assets, edges if count == len(edges) else edges.take(there), Hidden(), change, count)
    kept = there
    if query is not None:
        estate = Estate(assets, edges, classifying.load(conn, actor, at=view.rules_at()))
        kept = there & filtering.of_edges(conn, actor, query, estate)
        change += str(classification.change(conn, actor.tenant)) + estate.said.geography.stamp
    if view.focus is not None:
        start = of_place(conn, actor, assets, parse(view.focus))
        walk = reach.Walk(hops=view.hops, way=view.way, closed=assets.id < 0)
        kept = reach.around(edges, start, walk, among=kept)
        change += str(classification.change(conn, actor.tenant))
    return Seen(assets, edges.take(kept), _hidden(edges, there & ~kept), change, count)


def chosen(conn: Connection, actor: Actor, *, q: str | None, space: int | None) -> list[int]:
    """The ids of all dependencies there ever were that a query holds of; inside the caller's transaction."""
    assets, edges = whole(conn, actor)
    there = _of_space(assets, edges, space)
    query = filtering.read(q)
    if query is not None:
        estate = Estate(assets, edges, classifying.load(conn, actor))
        there = there & filtering.of_edges(conn, actor, query, estate)
    return list(edges.id[there].tolist())


def of_place(conn: Connection, actor: Actor, assets: Assets, place: Place) -> Mask:
    """Which assets lie in a place; inside the caller's transaction."""
    if place.attribute is not None:
        return np.isin(assets.id, classifying.members(conn, actor, place))
    return within_place(assets, place)


def grouped(conn: Connection, actor: Actor, view: View, every: Assets) -> tuple[Grouped, str]:
    """How assets become nodes, and what differs when that does; inside the caller's transaction.

    Every asset there is says which groups are folded; those that are grouped must be among them.
    """
    expanded = tuple(parse(place) for place in view.expand)
    if view.group == NONE:
        return hosts, ""
    if view.group == NETWORK:
        return _networks(conn, actor, view, expanded)
    names = [check_name(name) for name in view.group.split(",")]
    if len(names) > MAX_LEVELS or len(set(names)) < len(names):
        raise Invalid(f"group: at most {MAX_LEVELS} attributes, each of them once")
    known = classifying.load(conn, actor, at=view.rules_at())
    change = str(classification.change(conn, actor.tenant)) + known.geography.stamp

    def group(assets: Assets) -> Grouping:
        at = np.searchsorted(every.id, assets.id)
        by = [known.attribute(name, every) for name in names]
        by = [one.take(at) for one in folding(every, by, expanded)]
        return values(assets, by, expanded, known.outside(assets, names) if _is_open(expanded) else ())

    return group, change


def _networks(conn: Connection, actor: Actor, view: View, expanded: tuple[Place, ...]) -> tuple[Grouped, str]:
    """Rules matter only where the Internet is opened, and folded by what they and databases say of it."""
    if not _is_open(expanded):
        return lambda assets: networks(assets, expanded), ""
    known = classifying.load(conn, actor, at=view.rules_at())
    change = str(classification.change(conn, actor.tenant)) + known.geography.stamp
    return lambda assets: networks(assets, expanded, known.outside(assets)), change


def _is_open(expanded: tuple[Place, ...]) -> bool:
    return any(place.network is None and place.attribute is None for place in expanded)


def whole(conn: Connection, actor: Actor) -> tuple[Assets, Edges]:
    """All assets that are an end of dependencies, and all dependencies there ever were; inside a transaction."""
    known, _ = remembered.everything(conn, actor)
    return known.assets, known.edges


def _hidden(edges: Edges, rows: Mask) -> Hidden:
    at = np.flatnonzero(rows)
    return Hidden(len(at), *(total(column.take(at)) for column in (edges.octets, edges.packets, edges.flows)))


def _of_space(assets: Assets, edges: Edges, space: int | None) -> Mask:
    if space is None:
        return np.ones(len(edges), np.bool_)
    here: Mask = assets.space[edges.client] == space
    return here

"""What a view of the map names that is no longer there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowlens.access.actor import Actor
from flowlens.services import classifying, filtering
from flowlens.services.classifying import Classification
from flowlens.store import sources
from flowlens.store.connection import Connection
from flowlens.topology.addresses import within
from flowlens.topology.edges import Assets
from flowlens.topology.places import FOLD, Place, is_fold, parse
from flowlens.topology.query.faults import Misread
from flowlens.topology.query.terms import Sort, terms

_MOST = 100  # named; nobody reads more
_ALWAYS = ("network", "none")


@dataclass(frozen=True, slots=True)
class Gone:
    """What is gone: an `attribute`, an address `space`, a `node`, a `value` of a query, or the `query` itself."""

    what: str
    name: str
    said: str


def of(conn: Connection, actor: Actor, state: Mapping[str, object]) -> list[Gone]:
    """Inside the caller's transaction."""
    said = classifying.load(conn, actor)
    spaces = {space.id for space in sources.spaces(conn, actor.tenant)}
    assets = classifying.every_asset(conn, actor)
    found = [*_groups(state, said), *_spaces(state, spaces), *_nodes(state, assets, said), *_query(state, assets, said)]
    return list(dict.fromkeys(found))[:_MOST]


def _groups(state: Mapping[str, object], said: Classification) -> Iterator[Gone]:
    known = (*_ALWAYS, *said.names())
    for name in str(state.get("g") or _ALWAYS[0]).split(","):
        if name not in known:
            yield Gone("attribute", name, f"no rule and nobody says the {name} of anything")


def _spaces(state: Mapping[str, object], spaces: set[int]) -> Iterator[Gone]:
    space = state.get("space")
    if space and space not in spaces:  # 0 is all of them
        yield Gone("space", str(space), "there is no such address space")


def _nodes(state: Mapping[str, object], assets: Assets, said: Classification) -> Iterator[Gone]:
    for name in _named(state):
        for end in name.split(">"):
            try:
                place = parse(end)
            except ValueError:
                yield Gone("node", end, "this is no place")
                continue
            if not _is_there(place, assets, said):
                yield Gone("node", end, "no asset is in it any more")


def _named(state: Mapping[str, object]) -> Iterator[str]:
    """Places: opened ones, the selection, the focus, pinned nodes."""
    for key in ("sel", "focus"):
        if isinstance(state.get(key), str):
            yield str(state[key])
    opened, pins = state.get("open"), state.get("pins")
    yield from (str(one) for one in opened) if isinstance(opened, list) else ()
    yield from (str(one) for one in pins) if isinstance(pins, dict) else ()


def _is_there(place: Place, assets: Assets, said: Classification) -> bool:
    rows = assets if place.space is None else assets.take(assets.space == place.space)
    if place.attribute is not None and is_fold(place.attribute):
        return place.attribute.removesuffix(FOLD) in said.names()
    if place.attribute is not None:
        return not place.value or place.value in said.values(place.attribute, assets)
    if place.network is None:
        return len(rows) > 0
    return bool(within(rows.high, rows.low, place.network).any())


def _query(state: Mapping[str, object], assets: Assets, said: Classification) -> Iterator[Gone]:
    text = str(state.get("q") or "")
    try:
        query = filtering.read(text)
    except Misread as fault:
        yield Gone("query", text, str(fault))
        return
    for term in terms(query) if query else ():
        if term.sort is not Sort.TEXT or term.op != "=" or term.field == "name":
            continue
        known = {value.casefold() for value in said.values(term.field, assets)}
        for value in map(str, term.values):
            if value and not set("*?") & set(value) and value.casefold() not in known:
                yield Gone("value", f"{term.field}={value}", f"nothing has this {term.field}")

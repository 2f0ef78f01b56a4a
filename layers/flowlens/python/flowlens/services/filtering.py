"""The filter language over what the database holds: dependencies and assets that a query holds of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flowlens.access.actor import Actor
from flowlens.assets.attributes import KNOWN
from flowlens.flows import ports
from flowlens.services import classifying
from flowlens.services.classifying import Classification
from flowlens.store import sources
from flowlens.store.connection import Connection, actor_transaction
from flowlens.topology.edges import Assets, Edges, Mask
from flowlens.topology.nodes import Attribute
from flowlens.topology.query import matching
from flowlens.topology.query.completing import Known, Suggestion, complete, fixed_values
from flowlens.topology.query.faults import Misread
from flowlens.topology.query.matching import Matter
from flowlens.topology.query.parsing import parse
from flowlens.topology.query.terms import Part, Sort, Term

_COMMON_SERVICES = ("https", "http", "domain", "ssh", "ldap", "ms-wbt-server", "postgresql", "mysql", "ntp", "smtp")


def read(text: str | None) -> Part | None:
    """The query; None for none. Misread says what is wrong and where."""
    return parse(text, KNOWN) if text else None


def word(query: Part | None) -> str | None:
    """The word to look for, where the query is nothing else: the database has its own ways to find it."""
    return str(query.values[0]) if isinstance(query, Term) and query.sort is Sort.ANYTHING else None


@dataclass(frozen=True, slots=True)
class Estate:
    """What queries are held against: assets, dependencies between them, and what is said of them."""

    assets: Assets
    edges: Edges
    said: Classification


def of_edges(conn: Connection, actor: Actor, query: Part, estate: Estate) -> Mask:
    """Which dependencies; inside the caller's transaction."""
    return matching.of_edges(query, _matter(conn, actor, estate))


def of_assets(conn: Connection, actor: Actor, query: Part, estate: Estate) -> Mask:
    """Which assets; inside the caller's transaction."""
    return matching.of_assets(query, _matter(conn, actor, estate))


def _matter(conn: Connection, actor: Actor, estate: Estate) -> Matter:
    def attribute(name: str) -> Attribute:
        return estate.said.called(estate.assets) if name == "name" else estate.said.attribute(name, estate.assets)

    spaces = {space.name.lower(): space.id for space in sources.spaces(conn, actor.tenant)}
    return Matter(estate.assets, estate.edges, attribute, spaces, ports.name, _now())


def _now() -> float:
    """Microseconds since 1970."""
    return datetime.now(UTC).timestamp() * 1e6


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a query, between two positions."""

    said: str
    at: int
    end: int


@dataclass(frozen=True, slots=True)
class Completed:
    """What could come next, and what is wrong with what there is."""

    suggestions: list[Suggestion]
    fault: Fault | None


def completed(conn: Connection, actor: Actor, text: str, cursor: int) -> Completed:
    """Suggestions for the word that the cursor stands behind."""
    with actor_transaction(conn, actor) as conn:
        said = classifying.load(conn, actor)
        spaces = [space.name for space in sources.spaces(conn, actor.tenant)]
        assets = classifying.every_asset(conn, actor) if said.geography.attributes else None

    def values(name: str, sort: Sort) -> Sequence[str]:
        if sort is Sort.SPACE:
            return spaces
        if sort is Sort.SERVICE:
            return _COMMON_SERVICES
        if sort is Sort.TEXT:
            return sorted({one.name for one in said.said if one.name}) if name == "name" else said.values(name, assets)
        return fixed_values(sort)

    used = said.names()
    ordered = [name for name in KNOWN if name in used] + [name for name in used if name not in KNOWN]
    ordered += [name for name in KNOWN if name not in used]
    return Completed(complete(text, cursor, Known(ordered, values)), _fault(text))


def _fault(text: str) -> Fault | None:
    try:
        read(text)
    except Misread as wrong:
        return Fault(str(wrong), wrong.at, wrong.end)
    return None

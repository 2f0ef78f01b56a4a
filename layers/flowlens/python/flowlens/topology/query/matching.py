"""A query against whole columns: which dependencies it holds of, or which assets.

What is said of assets holds of a dependency when it holds of either end, but `internal`: of both. What is said of
dependencies holds of an asset when it holds of one that the asset is an end of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import translate

import numpy as np

from flowlens.topology.addresses import is_internal, text, within
from flowlens.topology.edges import EVIDENCE, Assets, Edges, Ints, Mask
from flowlens.topology.nodes import NOTHING, Attribute
from flowlens.topology.places import network
from flowlens.topology.query.terms import OF_ASSETS, All, Any, Not, Part, Sort, Term, terms

ServiceName = Callable[[int, int], str | None]  # of a port and a protocol


@dataclass(frozen=True, slots=True)
class Matter:
    """What a query is held against. `attribute` also answers for `name`, what people call assets."""

    assets: Assets
    edges: Edges
    attribute: Callable[[str], Attribute]
    spaces: Mapping[str, int]  # ids by name
    service: ServiceName
    now: float  # microseconds since 1970


def of_edges(query: Part, matter: Matter) -> Mask:
    """Which dependencies."""
    return _fold(query, len(matter.edges), lambda term: _on_edges(term, matter))


def of_assets(query: Part, matter: Matter) -> Mask:
    """Which assets."""
    return _fold(query, len(matter.assets), lambda term: _on_assets(term, matter))


def needs_edges(query: Part) -> bool:
    """Does it ask about dependencies, or about assets alone?"""
    return any(term.end or term.sort not in OF_ASSETS | {Sort.ANYTHING} for term in terms(query))


def _fold(part: Part, size: int, on: Callable[[Term], Mask]) -> Mask:
    if isinstance(part, Term):
        return on(part)
    if isinstance(part, Not):
        return ~_fold(part.part, size, on)
    masks = [_fold(one, size, on) for one in part.parts]
    join = np.logical_and if isinstance(part, All) else np.logical_or
    joined: Mask = join.reduce(masks) if masks else np.full(size, isinstance(part, All) and not isinstance(part, Any))
    return joined


def _on_edges(term: Term, matter: Matter) -> Mask:
    edges = matter.edges
    if term.sort is Sort.ANYTHING:
        here = _words_of_assets(term, matter)
        found: Mask = here[edges.client] | here[edges.server] | _words_of_services(term, matter)
        return found
    if term.sort not in OF_ASSETS:
        return _of_dependencies(term, matter)
    here = _of_assets(term, matter)
    if term.end:
        return here[edges.client if term.end == "client" else edges.server]
    if term.field == "internal":
        return here[edges.client] & here[edges.server]
    return here[edges.client] | here[edges.server]


def _on_assets(term: Term, matter: Matter) -> Mask:
    if term.sort is Sort.ANYTHING:
        return _words_of_assets(term, matter)
    if term.sort in OF_ASSETS and not term.end:
        return _of_assets(term, matter)
    edges, found = matter.edges, np.zeros(len(matter.assets), np.bool_)
    rows = _on_edges(term, matter)
    found[edges.client[rows]] = True
    found[edges.server[rows]] = True
    return found


def _of_assets(term: Term, matter: Matter) -> Mask:
    assets = matter.assets
    if term.sort is Sort.FLAG:
        internal = is_internal(assets.high, assets.low)
        return internal if term.field == "internal" else ~internal
    if term.sort is Sort.NETWORK:
        return _union([within(assets.high, assets.low, network(str(value))) for value in term.values])
    if term.sort is Sort.SPACE:
        return np.isin(assets.space, [_space(str(value), matter.spaces) for value in term.values])
    return _coded(matter.attribute(term.field), _tests(term))


def _space(value: str, spaces: Mapping[str, int]) -> int:
    """An id that nothing has where there is no such space."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else spaces.get(value.lower(), 0)


def _coded(attribute: Attribute, holds: Callable[[str], bool]) -> Mask:
    """Each value is looked at once, then all assets take theirs. Those without one have the empty value."""
    answers = np.array([*(holds(value) for value in attribute.values), holds("")], np.bool_)  # NOTHING is the last
    found: Mask = answers[np.where(attribute.value == NOTHING, len(attribute.values), attribute.value)]
    return found


def _tests(term: Term) -> Callable[[str], bool]:
    tests = [_test(term.op, str(value)) for value in term.values]
    return lambda text: any(test(text) for test in tests)


def _test(op: str, value: str) -> Callable[[str], bool]:
    wanted = value.casefold()
    if op == "~":
        return lambda text: wanted in text.casefold()
    if "*" in wanted or "?" in wanted:
        pattern = re.compile(translate(wanted.replace("[", "[[]")))  # * and ? only
        return lambda text: pattern.match(text.casefold()) is not None
    return lambda text: text.casefold() == wanted


def _of_dependencies(term: Term, matter: Matter) -> Mask:
    edges = matter.edges
    if term.sort is Sort.PORT:
        return _union([_between(edges.port, term.op, *_pair(value)) for value in term.values])
    if term.sort is Sort.SERVICE:
        return _services(matter, _tests(term))
    if term.sort is Sort.PROTOCOL:
        return np.isin(edges.protocol, np.array(term.values, np.float64))
    if term.sort is Sort.EVIDENCE:
        return np.isin(edges.evidence, [EVIDENCE.index(str(value).lower()) for value in term.values])
    column = _column(term, matter)
    return _union([_compared(column, term.op, _pair(value)[0]) for value in term.values])


def _column(term: Term, matter: Matter) -> Ints:
    edges = matter.edges
    first, last = edges.first_seen.astype(np.int64), edges.last_seen.astype(np.int64)
    if term.sort is Sort.TIME:
        return first if term.field == "first_seen" else last
    if term.sort is Sort.AGE:  # in seconds
        return (int(matter.now) - (first if term.field == "age" else last)) // 1_000_000
    return edges.octets if term.field == "bytes" else edges.packets if term.field == "packets" else edges.flows


def _pair(value: object) -> tuple[float, float]:
    if isinstance(value, tuple):
        return value
    number = float(str(value))
    return number, number


def _between(column: Ints, op: str, low: float, high: float) -> Mask:
    if op == "=":
        inside: Mask = (column >= low) & (column <= high)
        return inside
    return _compared(column, op, high if op in (">", "<=") else low)


def _compared(column: Ints, op: str, value: float) -> Mask:
    compare = {"=": np.equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[op]
    found: Mask = compare(column, value)
    return found


def _services(matter: Matter, holds: Callable[[str], bool]) -> Mask:
    """Each pair of protocol and port is looked at once."""
    key = matter.edges.protocol * 65536 + matter.edges.port
    pairs, at = np.unique(key, return_inverse=True)
    names = [matter.service(int(pair) % 65536, int(pair) // 65536) or "" for pair in pairs.tolist()]
    found: Mask = np.array([name != "" and holds(name) for name in names], np.bool_)[at]
    return found


def _words_of_assets(term: Term, matter: Matter) -> Mask:
    """Assets whose address lies in it or holds it, or whose name does."""
    assets, (value,) = matter.assets, term.values
    said = str(value)
    try:
        return within(assets.high, assets.low, network(said))
    except ValueError:
        named = _coded(matter.attribute("name"), _test("*" if "*" in said else "~", said))
    if not re.fullmatch(r"[0-9a-fA-F.:]+", said):
        return named
    part = said.lower()
    spelled = [part in text(high, low) for high, low in zip(assets.high.tolist(), assets.low.tolist(), strict=True)]
    return named | np.array(spelled, np.bool_)


def _words_of_services(term: Term, matter: Matter) -> Mask:
    said = str(term.values[0]).casefold()
    found = _services(matter, lambda name: name.casefold().startswith(said))
    if said.isascii() and said.isdigit() and len(said) <= 5:
        found = found | (matter.edges.port == int(said))
    return found


def _union(masks: list[Mask]) -> Mask:
    found: Mask = np.logical_or.reduce(masks)
    return found

"""What rules and people say of assets, put together: evaluated when asked, remembered until one of them changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from ipaddress import ip_network
from typing import TypeVar
from uuid import UUID

import numpy as np

from flowlens.access.actor import Actor
from flowlens.assets.attributes import check_name
from flowlens.assets.classification import NONE, Classifier, Ints, Rule
from flowlens.services import geography, remembered
from flowlens.store import classification as store
from flowlens.store import topology
from flowlens.store.connection import Connection
from flowlens.topology.addresses import is_internal
from flowlens.topology.edges import Assets
from flowlens.topology.folding import folding
from flowlens.topology.geography import Geography
from flowlens.topology.grouping import of_group
from flowlens.topology.nodes import Attribute
from flowlens.topology.places import FOLD, Place, is_fold

Made = TypeVar("Made")


@dataclass(frozen=True)
class Sayings:
    """What people said of assets at a moment, by attribute."""

    every: Sequence[store.Description]
    _found: dict[str, tuple[Ints, Ints, list[str]]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[Ints, Ints, list[str]]:
        """(assets, what is said of each as a position in the values, the values in order) of an attribute."""
        if name not in self._found:
            said = {one.asset: one.attributes[name] for one in self.every if name in one.attributes}
            values = sorted(set(said.values()))
            place = {value: position for position, value in enumerate(values)}
            codes = np.fromiter((place[value] for value in said.values()), np.int64, len(said))
            self._found[name] = np.fromiter(said, np.int64, len(said)), codes, values
        return self._found[name]

    @cached_property
    def attributes(self) -> frozenset[str]:
        return frozenset(name for one in self.every for name in one.attributes)

    @cached_property
    def names(self) -> Mapping[int, str]:
        """What people call each asset."""
        return {one.asset: one.name for one in self.every if one.name}


@dataclass(frozen=True, slots=True)
class Classification:
    """The rules of a moment, and what people said of assets then: that goes before any rule.

    Where neither says the country or the organisation of an external address, databases may.
    """

    classifier: Classifier
    sayings: Sayings
    geography: Geography = field(default_factory=Geography)

    @property
    def said(self) -> Sequence[store.Description]:
        return self.sayings.every

    def attribute(self, name: str, assets: Assets) -> Attribute:
        """What each asset has of an attribute."""
        codes, values = self.classifier.values(name, self.innermost(assets))
        if name in self.geography.attributes:
            codes, values = _over(Attribute(name, codes, list(values)), self.geography.attribute(name, assets))
        ids, said, others = self.sayings.of(name)
        if not len(ids):
            return Attribute(name, codes, values)
        everything = sorted({*values, *others})
        place = {value: position for position, value in enumerate(everything)}
        moved = np.array([*(place[value] for value in values), NONE], np.int64)[codes]  # NONE is the last
        known = np.flatnonzero(assets.has(ids))
        moved[np.searchsorted(assets.id, ids[known])] = np.array([place[value] for value in others])[said[known]]
        return Attribute(name, moved, everything)

    def names(self) -> list[str]:
        """Every attribute that a rule or a person sets, or a database tells of."""
        return sorted({*self.classifier.attributes(), *self.sayings.attributes, *self.geography.attributes})

    def called(self, assets: Assets) -> Attribute:
        """What people call each asset, as an attribute."""
        names = self.sayings.names
        values = sorted(set(names.values()))
        place = {value: position for position, value in enumerate(values)}
        codes, ids = np.full(len(assets), NONE, np.int64), np.fromiter(names, np.int64, len(names))
        known = assets.has(ids)
        called = np.fromiter((place[name] for name in names.values()), np.int64, len(names))
        codes[np.searchsorted(assets.id, ids[known])] = called[known]
        return Attribute("name", codes, values)

    def outside(self, assets: Assets, grouped: Sequence[str] = ()) -> list[Attribute]:
        """What the opened Internet is folded by, unless it is what everything is grouped by."""
        return [self.attribute(name, assets) for name in self.geography.attributes if name not in grouped]

    def values(self, name: str, assets: Assets | None = None) -> list[str]:
        """Every value of an attribute that a rule or a person sets; with assets also what databases tell of these."""
        if assets is not None and name in self.geography.attributes:
            return self.attribute(name, assets).values
        ruled = {rule.attributes[name] for rule in self.classifier.rules if name in rule.attributes}
        return sorted(ruled | {one.attributes[name] for one in self.said if name in one.attributes})

    def innermost(self, assets: Assets) -> Ints:
        return self.classifier.innermost(assets.space, assets.high, assets.low)


_Key = tuple[
    int, UUID, str, datetime | None, int
]  # a connection, whose rows within what limits, when, and after how many changes
_MOMENTS = 2  # now, and the last one of the past


@dataclass(frozen=True)
class _Memory:
    """The last ones that were asked for: rules and descriptions each for themselves, since either changes alone."""

    classifiers: OrderedDict[_Key, Classifier] = field(default_factory=OrderedDict)
    sayings: OrderedDict[_Key, Sayings] = field(default_factory=OrderedDict)


_MEMORY = _Memory()


def load(conn: Connection, actor: Actor, *, at: datetime | None = None) -> Classification:
    """As it is, or as it was at an instant; inside the caller's transaction."""
    change = store.change(conn, actor.tenant)
    of = (id(conn), actor.tenant, actor.limits, at)

    def classifier() -> Classifier:
        return Classifier([rule_of(row) for row in store.rules(conn, actor.tenant, at=at)])

    def sayings() -> Sayings:
        return Sayings(store.descriptions(conn, actor.tenant, at=at))

    return Classification(
        _kept(_MEMORY.classifiers, (*of, change.rules), classifier),
        _kept(_MEMORY.sayings, (*of, change.said), sayings),
        geography.current(),
    )


def _over(first: Attribute, second: Attribute) -> tuple[Ints, list[str]]:
    """The first's values, and the second's where that has none."""
    values = sorted({*first.values, *second.values})
    place = {value: position for position, value in enumerate(values)}
    mine, theirs = (np.array([*(place[one] for one in by.values), NONE], np.int64)[by.value] for by in (first, second))
    return np.where(mine == NONE, theirs, mine), values


def _kept(memory: OrderedDict[_Key, Made], key: _Key, make: Callable[[], Made]) -> Made:
    made = memory.pop(key, None) or make()
    memory[key] = made
    while len(memory) > _MOMENTS:
        memory.popitem(last=False)
    return made


def named_like(conn: Connection, actor: Actor, part: str) -> list[int]:
    """The ids of assets whose name has this part, in small letters."""
    return [asset for asset, name in load(conn, actor).sayings.names.items() if part in name.lower()]


def rule_of(row: store.Rule) -> Rule:
    return Rule(row.id, row.space, ip_network(row.network), row.attributes)


def every_asset(conn: Connection, actor: Actor) -> Assets:
    return Assets(*topology.assets(conn, actor.tenant)).sorted()


def members(conn: Connection, actor: Actor, place: Place) -> list[int]:
    """The ids of the assets in a group, which may lie in groups."""
    if place.attribute is not None and is_fold(place.attribute):
        return _folded(conn, actor, place)
    assets = every_asset(conn, actor)
    if place.space is not None:
        assets = assets.take(assets.space == place.space)
    known = load(conn, actor)
    for level, (attribute, value) in enumerate(place.path):
        by = known.attribute(check_name(attribute), assets)
        if value not in ("", *by.values):
            return []
        here = by.value == (by.values.index(value) if value else NONE)
        if not value and level == 0:  # external assets without it are the Internet
            here &= is_internal(assets.high, assets.low)
        assets = assets.take(here)
    return list(assets.id.tolist())


def _folded(conn: Connection, actor: Actor, place: Place) -> list[int]:
    """Of a group that others are folded into, as the map shows it."""
    known, (every, _) = load(conn, actor), remembered.everything(conn, actor)
    names = [check_name(attribute.removesuffix(FOLD)) for attribute, _ in place.path]
    by = folding(every.assets, [known.attribute(name, every.assets) for name in names], [place])
    there = any(one.name == place.attribute for one in by)
    return list(every.assets.id[of_group(every.assets, place, by)].tolist()) if there else []

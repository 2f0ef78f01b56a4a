"""CIDR rules, as people write them: one transaction and one audit line per change, and what a change would move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network

import numpy as np

from flowlens.access.actor import Actor
from flowlens.assets.attributes import check
from flowlens.assets.classification import NONE, Classifier, Finding, Ints, Rule, findings
from flowlens.assets.importing import network
from flowlens.model.errors import Conflict, Invalid, NotFound, Stale
from flowlens.services import classifying
from flowlens.store import audit, sources
from flowlens.store import classification as store
from flowlens.store.classification import RuleText
from flowlens.store.connection import Connection, actor_transaction
from flowlens.topology.addresses import text
from flowlens.topology.edges import Assets

MAX_RULES = 10_000
_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person wants a rule to say."""

    space: int | None  # None: the default one
    network: str
    attributes: Mapping[str, str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule, how many assets lie in its network, how many it decides something of, and what is odd about it."""

    rule: store.Rule
    assets: int = 0
    decides: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Move:
    """Assets whose value of an attribute a change would change; None is no value."""

    attribute: str
    before: str | None
    after: str | None
    assets: int
    examples: list[str]


def every(conn: Connection, actor: Actor, *, at: datetime | None = None) -> list[Listed]:
    """All rules that hold, or held at an instant, by address space and network."""
    with actor_transaction(conn, actor) as conn:
        rows = {row.id: row for row in store.rules(conn, actor.tenant, at=at)}
        assets = classifying.every_asset(conn, actor)
    classifier = Classifier([classifying.rule_of(row) for row in rows.values()])
    odd: dict[int, list[Finding]] = {}
    for finding in findings(classifier):
        odd.setdefault(finding.rule, []).append(finding)
    inside, decides = _counts(classifier, assets)
    return [
        Listed(rows[rule.id], inside[position], decides[position], odd.get(rule.id, []))
        for position, rule in enumerate(classifier.rules)
    ]


def _counts(classifier: Classifier, assets: Assets) -> tuple[list[int], list[int]]:
    """For each rule: the assets in its network, and those of which it decides at least one attribute."""
    innermost = classifier.innermost(assets.space, assets.high, assets.low)
    direct = np.bincount(innermost[innermost != NONE], minlength=len(classifier.rules)).tolist()
    inside = list(direct)
    decided_by = [classifier.deciding(name).tolist() for name in classifier.attributes()]
    decides = [0] * len(classifier.rules)
    for position in range(len(classifier.rules) - 1, -1, -1):  # what lies within comes after
        parent = classifier.parents[position]
        if parent != NONE:
            inside[parent] += inside[position]
        for rule in {of[position] for of in decided_by} - {NONE}:
            decides[rule] += direct[position]
    return inside, decides


def read(conn: Connection, actor: Actor, rule: int) -> store.Rule:
    with actor_transaction(conn, actor) as conn:
        return _one(conn, actor, rule)


def history(conn: Connection, actor: Actor, rule: int) -> list[store.Rule]:
    """Every version of a rule, also of one that was deleted; the newest first."""
    with actor_transaction(conn, actor) as conn:
        found = store.history(conn, actor.tenant, rule)
    if not found:
        raise NotFound(f"classification rule {rule}")
    return found


def create(conn: Connection, actor: Actor, wanted: Wanted) -> store.Rule:
    """Conflict when the network has a rule already."""
    with actor_transaction(conn, actor) as conn:
        if store.count(conn, actor.tenant) >= MAX_RULES:
            raise Conflict(f"there are {MAX_RULES:,} rules, and there can be no more")
        written = _written(conn, actor, wanted)
        made = store.create(conn, actor.tenant, written)
        if made is None:
            raise Conflict(f"{written.network} has a rule already: change that one")
        _note(conn, actor, "classification_rule.create", made, _said(written))
        return _one(conn, actor, made)


def update(conn: Connection, actor: Actor, rule: int, version: int | None, wanted: Wanted) -> store.Rule:
    """The version before stays in the history, with the time it held."""
    with actor_transaction(conn, actor) as conn:
        before, written = _hold(conn, actor, rule, version), _written(conn, actor, wanted)
        store.end(conn, actor.tenant, rule)
        if not store.replace(conn, actor.tenant, rule, before.version + 1, written):
            raise Conflict(f"{written.network} has a rule already: change that one")
        _note(conn, actor, "classification_rule.update", rule, {"before": _said(before), "after": _said(written)})
        return _one(conn, actor, rule)


def delete(conn: Connection, actor: Actor, rule: int, version: int | None) -> None:
    """Its history stays."""
    with actor_transaction(conn, actor) as conn:
        before = _hold(conn, actor, rule, version)
        store.end(conn, actor.tenant, rule)
        _note(conn, actor, "classification_rule.delete", rule, _said(before))


def preview(conn: Connection, actor: Actor, rule: int | None, wanted: Wanted | None) -> list[Move]:
    """What would move if the rule (None: a new one) said this, or were gone (`wanted` None); the most assets first."""
    with actor_transaction(conn, actor) as conn:
        known = classifying.load(conn, actor)
        assets = classifying.every_asset(conn, actor)
        after = [one for one in known.classifier.rules if one.id != rule]
        if rule is not None and len(after) == len(known.classifier.rules):
            raise NotFound(f"classification rule {rule}")
        if wanted is not None:
            made = _written(conn, actor, wanted)
            if any((one.space, str(one.network)) == (made.space, made.network) for one in after):
                raise Conflict(f"{made.network} has a rule already: change that one")
            after.append(Rule(rule or 0, made.space, ip_network(made.network), made.attributes))
    changed = classifying.Classification(Classifier(after), known.sayings, known.geography)
    names = sorted({*known.classifier.attributes(), *changed.classifier.attributes()})
    moves = [move for name in names for move in _moves(name, known, changed, assets)]
    return sorted(moves, key=lambda move: (-move.assets, move.attribute, move.before or "", move.after or ""))


def _moves(
    name: str, known: classifying.Classification, changed: classifying.Classification, assets: Assets
) -> list[Move]:
    was, will = known.attribute(name, assets), changed.attribute(name, assets)
    before, after = _named(was.value, was.values), _named(will.value, will.values)
    pairs: Counter[tuple[str | None, str | None]] = Counter()
    examples: dict[tuple[str | None, str | None], list[str]] = {}
    for at in np.flatnonzero(before != after).tolist():
        pair = before[at], after[at]
        pairs[pair] += 1
        if pairs[pair] <= _EXAMPLES:
            examples.setdefault(pair, []).append(text(int(assets.high[at]), int(assets.low[at])))
    return [Move(name, *pair, count, examples[pair]) for pair, count in pairs.items()]


def _named(codes: Ints, values: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.array([*values, None], np.object_)[codes]  # NONE is the last


def _one(conn: Connection, actor: Actor, rule: int) -> store.Rule:
    found = store.rules(conn, actor.tenant, id=rule)
    if not found:
        raise NotFound(f"classification rule {rule}")
    return found[0]


def _hold(conn: Connection, actor: Actor, rule: int, version: int | None) -> store.Rule:
    """The rule, which no one else changes meanwhile; Stale unless it is the one that the change is based on."""
    held = store.hold_version(conn, actor.tenant, rule)
    if held is None:
        raise NotFound(f"classification rule {rule}")
    if version not in (None, held):
        raise Stale(held)
    return _one(conn, actor, rule)


def _written(conn: Connection, actor: Actor, wanted: Wanted) -> RuleText:
    at = network(wanted.network)
    attributes = check(wanted.attributes)
    if not attributes:
        raise Invalid("attributes: a rule says something of at least one attribute")
    spaces = sources.spaces(conn, actor.tenant, id=wanted.space)
    found = next((space.id for space in spaces if wanted.space is not None or space.is_default), None)
    if found is None:
        raise Invalid(f"address_space_id: there is no address space {wanted.space}")
    return RuleText(space=found, network=at, attributes=attributes, note=wanted.note, actor=actor.name)


def _said(rule: store.Rule | RuleText) -> dict[str, object]:
    return {"address_space": rule.space, "network": rule.network, "attributes": dict(rule.attributes)}


def _note(conn: Connection, actor: Actor, action: str, rule: int, detail: dict[str, object]) -> None:
    audit.record(
        conn, actor.tenant, actor=actor.name, action=action, target=f"classification rule {rule}", detail=detail
    )

"""What people say of an asset, and why it is what it is: its own description first, then the rules around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network

import numpy as np

from flowlens.access.actor import Actor
from flowlens.assets.attributes import KNOWN, check
from flowlens.assets.classification import NONE
from flowlens.model.errors import Forbidden, NotFound, Stale
from flowlens.services import classifying
from flowlens.store import audit
from flowlens.store import classification as store
from flowlens.store.assets import Asset
from flowlens.store.classification import Description, DescriptionText
from flowlens.store.connection import Connection, actor_transaction
from flowlens.topology.addresses import columns
from flowlens.topology.edges import Assets


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What changes; None leaves it as it is, and an attribute of None is taken away."""

    name: str | None = None
    note: str | None = None
    attributes: Mapping[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A value of an attribute and who says so: a rule, a database, or people of the asset itself (neither)."""

    value: str
    rule_id: int | None
    network: str | None
    database: bool = False  # neither a rule nor people: a database of addresses


@dataclass(frozen=True, slots=True)
class Why:
    """An attribute's value, and what would hold if whoever says so did not, the next one first."""

    attribute: str
    said: Said
    overruled: list[Said]


def of_asset(conn: Connection, actor: Actor, asset: Asset) -> tuple[Description | None, list[Why]]:
    """What was said of an asset, and each of its attributes with the reason; inside the caller's transaction."""
    found = store.descriptions(conn, actor.tenant, asset=asset.id)
    description = found[0] if found else None
    known = classifying.load(conn, actor)
    classifier = known.classifier
    space = np.array([asset.address_space_id], np.int64)
    position = int(classifier.innermost(space, *columns([ip_network(asset.address)]))[0])
    chain: dict[str, list[Said]] = {}
    for name, value in (description.attributes if description else {}).items():
        chain[name] = [Said(value, None, None)]
    for rule in classifier.around(position) if position != NONE else ():
        for name, value in rule.attributes.items():
            chain.setdefault(name, []).append(Said(value, rule.id, str(rule.network)))
    row = Assets(np.array([asset.id], np.int64), space, *columns([ip_network(asset.address)]))
    for name in known.geography.attributes:
        for value in known.geography.attribute(name, row).values:
            chain.setdefault(name, []).append(Said(value, None, None, database=True))
    return description, [Why(name, chain[name][0], chain[name][1:]) for name in sorted(chain, key=_order)]


def _order(name: str) -> tuple[int, str]:
    return (KNOWN.index(name) if name in KNOWN else len(KNOWN), name)


def describe(conn: Connection, actor: Actor, asset: int, version: int | None, patch: Patch) -> None:
    """Stale unless `version` is what the description is at (0: nothing was ever said; None: whichever it is)."""
    with actor_transaction(conn, actor) as conn:
        if not store.hold_asset(conn, actor.tenant, asset):
            raise NotFound(f"asset {asset}")
        found = store.descriptions(conn, actor.tenant, asset=asset)
        before = found[0] if found else None
        at = before.version if before else 0
        if version not in (None, at):
            raise Stale(at)
        after = _patched(actor, before, patch)
        store.describe(conn, actor.tenant, asset, after)
        if not store.hold_asset(conn, actor.tenant, asset):
            raise Forbidden("said so, the asset would leave what you may change")
        detail = {"name": after.name, "note": after.note, "attributes": dict(after.attributes)}
        audit.record(
            conn, actor.tenant, actor=actor.name, action="asset.describe", target=f"asset {asset}", detail=detail
        )


def _patched(actor: Actor, before: Description | None, patch: Patch) -> DescriptionText:
    attributes: dict[str, str | None] = {**(before.attributes if before else {}), **(patch.attributes or {})}
    name, note = (before.name, before.note) if before else ("", "")
    return DescriptionText(
        version=(before.version if before else 0) + 1,
        attributes=check({key: value for key, value in attributes.items() if value is not None}),
        name=patch.name if patch.name is not None else name,
        note=patch.note if patch.note is not None else note,
        actor=actor.name,
    )


def history(conn: Connection, actor: Actor, asset: int) -> list[Description]:
    """Everything that was ever said, the newest first."""
    with actor_transaction(conn, actor) as conn:
        found = store.description_history(conn, actor.tenant, asset)
        if not store.hold_asset(conn, actor.tenant, asset):
            raise NotFound(f"asset {asset}")
    return found

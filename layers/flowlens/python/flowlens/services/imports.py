"""Imports of assets and CIDR rules: previewed by row, applied whole in one transaction, undone as one.

A preview writes nothing. What it found has a digest, and only what was previewed is applied: where the estate changed
meanwhile, the digest does too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flowlens.access.actor import Actor
from flowlens.assets import importing, sheets
from flowlens.assets.attributes import MAX_ATTRIBUTES
from flowlens.assets.importing import ASSETS, Meaning, Said, Settings
from flowlens.assets.sheets import Fault
from flowlens.model.errors import Conflict, Invalid, NotFound
from flowlens.services.classification import MAX_RULES
from flowlens.store import audit, classification, sources
from flowlens.store import imports as store
from flowlens.store.connection import Connection, actor_transaction
from flowlens.store.imports import Import, NewDescription, NewRule

MAX_OCTETS = 64 << 20
MAX_PARTS = 100
MAX_SELECTED = 10_000
_SHOWN = 200  # changes and faults that a preview lists; it counts all


@dataclass(frozen=True, slots=True)
class Change:
    """What a row would change: by field, what is said and what would be ("" is nothing)."""

    row: int
    subject: str
    new: bool
    fields: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Preview:
    """What applying a file would do, and everything that is wrong with it."""

    columns: list[Meaning]
    rows: int
    new: int
    changed: int
    unchanged: int
    unseen: int  # rows of addresses that no flow has shown, which are left out
    wrong: int  # faults
    changes: list[Change]
    faults: list[Fault]
    digest: str


@dataclass(slots=True)
class _Plan:
    """What a file comes to."""

    columns: list[Meaning]
    rows: int
    faults: list[Fault]
    changes: list[Change] = field(default_factory=list)
    descriptions: list[NewDescription] = field(default_factory=list)
    rules: list[NewRule] = field(default_factory=list)
    unseen: list[Said] = field(default_factory=list)

    def digest(self) -> str:
        written = [(c.row, c.subject, sorted(c.fields.items())) for c in self.changes]
        versions = [one.version for one in self.descriptions] + [one.version for one in self.rules]
        return hashlib.blake2b(repr((written, versions)).encode(), digest_size=16).hexdigest()


def every(conn: Connection, actor: Actor) -> list[Import]:
    """The last ones, the newest first."""
    with actor_transaction(conn, actor) as conn:
        return store.every(conn, actor.tenant)


def begin(conn: Connection, actor: Actor, *, kind: str, name: str) -> Import:
    with actor_transaction(conn, actor) as conn:
        made = store.create(conn, actor.tenant, kind=kind, name=name, actor=actor.name)
        return store.every(conn, actor.tenant, id=made)[0]


def put(conn: Connection, actor: Actor, id: int, part: int, content: bytes) -> None:
    """Parts of a file, from 1; the same one again replaces it."""
    if not content:
        raise Invalid("the part is empty")
    with actor_transaction(conn, actor) as conn:
        _hold(conn, actor, id, "uploading")
        if store.put_part(conn, actor.tenant, id, part, content) > MAX_OCTETS:
            raise Invalid(f"the file is larger than {MAX_OCTETS >> 20} MB: send it in pieces")


def preview(conn: Connection, actor: Actor, id: int, settings: Mapping[str, str | None], *, clear: bool) -> Preview:
    """Nothing is written."""
    with actor_transaction(conn, actor) as conn:
        held = _hold(conn, actor, id, "uploading")
        plan = _plan(conn, actor, held, Settings(held.kind, settings, clear))
    new = sum(change.new for change in plan.changes)
    unchanged = plan.rows - len(plan.changes) - len(plan.unseen) - len({fault.row for fault in plan.faults})
    return Preview(
        plan.columns,
        plan.rows,
        new,
        len(plan.changes) - new,
        max(unchanged, 0),
        len(plan.unseen),
        len(plan.faults),
        plan.changes[:_SHOWN],
        sorted(plan.faults, key=lambda fault: fault.row)[:_SHOWN],
        plan.digest(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What of a previewed file to apply: `digest` is the preview's; `skip_wrong` leaves wrong rows out."""

    digest: str
    columns: Mapping[str, str | None]
    clear: bool = False
    skip_wrong: bool = False


def apply(conn: Connection, actor: Actor, id: int, wish: Wish) -> Import:
    """All or nothing; Conflict when something changed since the preview."""
    with actor_transaction(conn, actor) as conn:
        held = _hold(conn, actor, id, "uploading")
        plan = _plan(conn, actor, held, Settings(held.kind, wish.columns, wish.clear), hold=True)
        if plan.digest() != wish.digest:
            raise Conflict("something changed since the preview: look at it again")
        if plan.faults and not wish.skip_wrong:
            fault = min(plan.faults, key=lambda one: one.row)
            raise Invalid(
                f"row {fault.row}: {fault.detail}; nothing was written, for {len(plan.faults):,} rows are wrong"
            )
        return _write(conn, actor, held, plan)


def change_selected(conn: Connection, actor: Actor, assets: Sequence[int], said: Mapping[str, str | None]) -> Import:
    """Says the same of several assets at once, as an import that can be undone; an attribute of None is taken away."""
    wanted = sorted(set(assets))
    with actor_transaction(conn, actor) as conn:
        if store.hold_assets(conn, actor.tenant, wanted) < len(wanted):
            raise NotFound("one of the assets")
        made = store.create(conn, actor.tenant, kind=ASSETS, name=f"{len(wanted):,} selected assets", actor=actor.name)
        plan = _Plan([], len(wanted), [])
        before = {one.asset: one for one in classification.descriptions(conn, actor.tenant)}
        for asset in wanted:
            _describe(plan, Said(0, 0, str(asset), attributes=said), asset, before.get(asset))
        return _write(conn, actor, store.every(conn, actor.tenant, id=made)[0], plan)


def undo(conn: Connection, actor: Actor, id: int, *, keep_changed: bool) -> Import:
    """What it changed is said again as before; Conflict where others changed it since, unless that is to be kept."""
    with actor_transaction(conn, actor) as conn:
        held = _hold(conn, actor, id, "applied")
        since = store.changed_since(conn, actor.tenant, id, held.kind)
        if since.count and not keep_changed:
            raise Conflict(f"{since.count:,} of them changed since: {', '.join(since.examples)}")
        store.undo(conn, actor.tenant, id, held.kind, actor.name)
        store.undone(conn, actor.tenant, id, since.count)
        _note(conn, actor, "import.undo", held, {"kept": since.count})
        return store.every(conn, actor.tenant, id=id)[0]


def _hold(conn: Connection, actor: Actor, id: int, state: str) -> Import:
    found = store.hold(conn, actor.tenant, id)
    if found is None:
        raise NotFound(f"import {id}")
    if found != state:
        raise Conflict(f"the import is {found}, and must be {state}")
    return store.every(conn, actor.tenant, id=id)[0]


def _write(conn: Connection, actor: Actor, held: Import, plan: _Plan) -> Import:
    if plan.descriptions:
        store.describe(conn, actor.tenant, held.id, actor.name, plan.descriptions)
    if plan.rules:
        store.write_rules(conn, actor.tenant, held.id, actor.name, plan.rules)
    store.applied(conn, actor.tenant, held.id, len(plan.changes))
    detail = {"kind": held.kind, "name": held.name, "changed": len(plan.changes), "left_out": len(plan.faults)}
    _note(conn, actor, "import.apply", held, detail)
    return store.every(conn, actor.tenant, id=held.id)[0]


def _note(conn: Connection, actor: Actor, action: str, held: Import, detail: Mapping[str, object]) -> None:
    audit.record(conn, actor.tenant, actor=actor.name, action=action, target=f"import {held.id}", detail=detail)


def _plan(conn: Connection, actor: Actor, held: Import, settings: Settings, *, hold: bool = False) -> _Plan:
    parts = store.parts(conn, actor.tenant, held.id)
    if list(parts) != list(range(1, len(parts) + 1)):
        raise Invalid("a part of the file is missing")
    try:
        sheet = sheets.read(b"".join(parts.values()))
    except sheets.Unreadable as wrong:
        return _Plan([], 0, [wrong.fault])
    found = importing.meanings(sheet, settings)
    said, faults = importing.rows(sheet, settings, found, _spaces(conn, actor))
    plan = _Plan(found, len(sheet.rows) + len(sheet.faults), faults)
    if settings.kind == ASSETS:
        _plan_assets(conn, actor, plan, said, hold=hold)
    else:
        _plan_rules(conn, actor, plan, said)
    return plan


def _spaces(conn: Connection, actor: Actor) -> Callable[[str], int]:
    spaces = sources.spaces(conn, actor.tenant)
    by_name = {name: space.id for space in spaces for name in (space.name.lower(), str(space.id))}
    default = next(space.id for space in spaces if space.is_default)

    def space_of(name: str) -> int:
        if name and name.lower() not in by_name:
            raise Invalid(f"there is no address space {name[:60]!r}")
        return by_name[name.lower()] if name else default

    return space_of


def _plan_assets(conn: Connection, actor: Actor, plan: _Plan, said: Sequence[Said], *, hold: bool) -> None:
    assets = store.assets_at(conn, actor.tenant, [(one.space, one.subject) for one in said])
    if hold:
        store.hold_assets(conn, actor.tenant, list(assets.values()))
    before = {one.asset: one for one in classification.descriptions(conn, actor.tenant)}
    for one in said:
        asset = assets.get((one.space, one.subject))
        if asset is None:
            plan.unseen.append(one)
        else:
            _describe(plan, one, asset, before.get(asset))


def _describe(plan: _Plan, said: Said, asset: int, before: classification.Description | None) -> None:
    was = {"name": before.name, "note": before.note, **before.attributes} if before else {"name": "", "note": ""}
    will = _after(plan, said, was)
    if will is None or will == was:
        return
    name, note = will.pop("name"), will.pop("note")
    version = (before.version if before else 0) + 1
    plan.descriptions.append(NewDescription(asset=asset, version=version, attributes=will, name=name, note=note))
    _change(plan, said, was, {**will, "name": name, "note": note}, new=before is None)


def _plan_rules(conn: Connection, actor: Actor, plan: _Plan, said: Sequence[Said]) -> None:
    rules = {(one.space, one.network): one for one in classification.rules(conn, actor.tenant)}
    for one in said:
        before = rules.get((one.space, one.subject))
        was = {"name": "", "note": before.note, **before.attributes} if before else {"name": "", "note": ""}
        will = _after(plan, one, was)
        if will is None or (before and will == was):
            continue
        note = will.pop("note")
        will.pop("name")
        if not will:
            plan.faults.append(Fault(one.row, "", "a rule says something of at least one attribute"))
            continue
        plan.rules.append(
            NewRule(
                rule=before.id if before else None,
                version=before.version + 1 if before else 1,
                space=one.space,
                network=one.subject,
                attributes=will,
                note=note,
            )
        )
        _change(plan, one, was, {**will, "name": "", "note": note}, new=before is None)
    if len(rules) + sum(one.rule is None for one in plan.rules) > MAX_RULES:
        raise Invalid(f"there can be {MAX_RULES:,} rules in all")


def _after(plan: _Plan, said: Said, was: Mapping[str, str]) -> dict[str, str] | None:
    told = {"name": said.name, "note": said.note}
    after = {**was, **{what: text for what, text in told.items() if text is not None}, **said.attributes}
    kept = {what: value for what, value in after.items() if value is not None}
    if len(kept) - len(told) > MAX_ATTRIBUTES:
        plan.faults.append(Fault(said.row, "", f"at most {MAX_ATTRIBUTES} attributes can be set"))
        return None
    return kept


def _change(plan: _Plan, said: Said, was: Mapping[str, str], will: Mapping[str, str], *, new: bool) -> None:
    pairs = {name: (was.get(name, ""), will.get(name, "")) for name in sorted({*was, *will})}
    differ = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    plan.changes.append(Change(said.row, said.subject, new, differ))

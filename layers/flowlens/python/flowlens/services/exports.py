"""Assets, CIDR rules and dependencies as files, in parts of bounded size that follow one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from flowlens.access.actor import Actor
from flowlens.assets import sheets
from flowlens.services import assets, classifying, dependencies
from flowlens.services import classification as rules
from flowlens.store import audit, sources
from flowlens.store.connection import Connection, actor_transaction

PART = 20_000  # rows
CSV, LINES = "csv", "jsonl"
_VOLUMES = ("flows", "octets_sent", "octets_received", "packets_sent", "packets_received")
_DEPENDENCY = ("client", "server", "protocol", "port", "service", "evidence", "first_seen", "last_seen", *_VOLUMES)
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file, and the cursor of the one that follows it (None: none does)."""

    body: bytes
    next_cursor: str | None


def assets_file(
    conn: Connection, actor: Actor, *, form: str, cursor: str | None = None, effective: bool = False
) -> Part:
    """What people said of each asset, which imports again unchanged; `effective`: and what holds, which does not."""
    page = assets.page(conn, actor, limit=PART, cursor=cursor)
    with actor_transaction(conn, actor) as conn:
        said = {one.asset: one for one in classifying.load(conn, actor).said}
        names = sorted({name for one in said.values() for name in one.attributes})
        spaces = _spaces(conn, actor)
        holding = classifying.load(conn, actor).names() if effective else []
        _note(conn, actor, "assets", len(page.items), cursor)
    columns = ["address", "address_space", "name", "note", *names, *(f"effective {name}" for name in holding)]

    def rows() -> Iterator[Row]:
        for asset in page.items:
            one = said.get(asset.id)
            own: Row = {"name": one.name, "note": one.note, **one.attributes} if one else {}
            held = {f"effective {name}": asset.attributes.get(name, "") for name in holding}
            yield {"address": asset.address, "address_space": spaces[asset.address_space_id], **own, **held}

    return Part(_written(form, columns, rows(), header=cursor is None), page.next_cursor)


def rules_file(conn: Connection, actor: Actor, *, form: str) -> Part:
    """All CIDR rules, which import again unchanged."""
    listed = rules.every(conn, actor)
    with actor_transaction(conn, actor) as conn:
        spaces = _spaces(conn, actor)
        _note(conn, actor, "classification_rules", len(listed), None)
    names = sorted({name for one in listed for name in one.rule.attributes})
    rows: Iterator[Row] = (
        {
            "network": one.rule.network,
            "address_space": spaces[one.rule.space],
            "note": one.rule.note,
            **one.rule.attributes,
        }
        for one in listed
    )
    return Part(_written(form, ["network", "address_space", "note", *names], rows, header=True), None)


def dependencies_file(
    conn: Connection, actor: Actor, *, form: str, cursor: str | None = None, q: str | None = None
) -> Part:
    """Dependencies with what they carried in all, the newest first."""
    page = dependencies.page(conn, actor, limit=PART, cursor=cursor, q=q)
    with actor_transaction(conn, actor) as conn:
        spaces = _spaces(conn, actor)
        _note(conn, actor, "dependencies", len(page.items), cursor)
    rows: Iterator[Row] = (
        {
            "address_space": spaces[one.address_space_id],
            **{name: getattr(one, name) for name in _DEPENDENCY},
            "client": one.client.address,
            "server": one.server.address,
        }
        for one in page.items
    )
    return Part(_written(form, ["address_space", *_DEPENDENCY], rows, header=cursor is None), page.next_cursor)


def _spaces(conn: Connection, actor: Actor) -> dict[int, str]:
    return {space.id: space.name for space in sources.spaces(conn, actor.tenant)}


def _note(conn: Connection, actor: Actor, what: str, rows: int, cursor: str | None) -> None:
    detail = {"rows": rows, "from": cursor or ""}
    audit.record(conn, actor.tenant, actor=actor.name, action=f"{what}.export", target=what, detail=detail)


def _written(form: str, columns: Sequence[str], rows: Iterator[Row], *, header: bool) -> bytes:
    if form == LINES:
        return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    cells = ([_cell(row.get(name)) for name in columns] for row in rows)
    return sheets.write(columns, cells, header=header).encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if isoformat else str(value)

"""Dead letters: what could not be counted or read, for a person to try again or to ignore."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowlens.access.actor import Actor
from flowlens.model.errors import Conflict, NotFound, Stale
from flowlens.services.pages import Page, cut, decode
from flowlens.store import audit, dead_letters
from flowlens.store.connection import Connection, actor_transaction
from flowlens.store.dead_letters import Group, Listed

Tell = Callable[[str], None]  # puts a message where the reader of logs finds it


@dataclass(frozen=True, slots=True)
class Based:
    """A dead letter, and the version that a decision on it is based on (None: whichever it is)."""

    letter: int
    version: int | None


def page(conn: Connection, actor: Actor, state: str | None, *, limit: int, cursor: str | None = None) -> Page[Listed]:
    """The newest first."""
    key = decode(cursor, int)
    with actor_transaction(conn, actor) as conn:
        before = int(key[0]) if key else None
        found = dead_letters.page(conn, actor.tenant, limit=limit + 1, state=state, before=before)
    return cut(found, limit, lambda one: (one.id,))


def ignore(conn: Connection, actor: Actor, based: Based) -> Listed:
    """It stays on the list as ignored, until it is forgotten with age."""
    with actor_transaction(conn, actor) as conn:
        _hold(conn, actor, based)
        return _decide(conn, actor, based.letter, "ignored", "dead_letter.ignore")


def retry(conn: Connection, actor: Actor, tell: Tell, based: Based) -> Listed:
    """Has it tried again: what works then leaves the list, what does not is open again.

    A log is told of again; a record waits for the operations workflow (services/recovery.py). The message goes out
    before the commit: should that fail, the log is read once more, which adds nothing.
    """
    with actor_transaction(conn, actor) as conn:
        kind, message = _hold(conn, actor, based)
        if kind == "logs":
            raise Conflict("log events cannot be tried again: nobody kept them")
        changed = _decide(conn, actor, based.letter, "retrying", "dead_letter.retry")
        if kind == "object":
            tell(message)
    return changed


def groups(conn: Connection, actor: Actor) -> list[Group]:
    """How many there are of each kind, reason and state."""
    with actor_transaction(conn, actor) as conn:
        return dead_letters.groups(conn, actor.tenant)


def ignore_all(conn: Connection, actor: Actor, kind: str, reason: str | None) -> int:
    return _decide_all(conn, actor, kind, reason, "ignored")


def retry_all(conn: Connection, actor: Actor, kind: str, reason: str | None) -> int:
    """Records only: each log needs a message of its own, and its id."""
    if kind != "record":
        raise Conflict("only records of the stream are tried again all at once")
    return _decide_all(conn, actor, kind, reason, "retrying")


def _decide_all(conn: Connection, actor: Actor, kind: str, reason: str | None, state: str) -> int:
    with actor_transaction(conn, actor) as conn:
        changed = dead_letters.decide_all(conn, actor.tenant, kind, reason, state)
        if changed:
            detail: dict[str, object] = {"kind": kind, "reason": reason, "letters": changed}
            action = "dead_letter.ignore" if state == "ignored" else "dead_letter.retry"
            audit.record(conn, actor.tenant, actor=actor.name, action=action, target="dead letters", detail=detail)
    return changed


def _hold(conn: Connection, actor: Actor, based: Based) -> tuple[str, str]:
    found = dead_letters.held(conn, actor.tenant, based.letter)
    if found is None:
        raise NotFound(f"dead letter {based.letter}")
    version, kind, message = found
    if based.version not in (None, version):
        raise Stale(version)
    return kind, message


def _decide(conn: Connection, actor: Actor, letter: int, state: str, action: str) -> Listed:
    dead_letters.decide(conn, actor.tenant, letter, state)
    found = dead_letters.one(conn, actor.tenant, letter)
    if found is None:
        raise NotFound(f"dead letter {letter}")
    detail: dict[str, object] = {"name": found.name, "reason": found.reason}
    audit.record(conn, actor.tenant, actor=actor.name, action=action, target=f"dead letter {letter}", detail=detail)
    return found

"""The geography of this process: made of the databases where they are, looked for again every minute."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flowlens.aws import geography as files
from flowlens.model.errors import Invalid
from flowlens.topology.geography import LOOKED_UP, Geography, Lookup

_SECONDS = 60.0  # between two looks


@dataclass(frozen=True, slots=True)
class State:
    """A database, or the reason why it is none that is used."""

    name: str
    type: str
    tells: tuple[str, ...]
    built_at: datetime | None
    problem: str | None = None


@dataclass(slots=True)
class _Shelf:
    url: str = ""  # empty: there are no databases
    looked: float = float("-inf")  # on the monotonic clock
    looked_at: datetime | None = None
    listing: dict[str, tuple[str, int]] = field(default_factory=dict)
    geography: Geography = field(default_factory=Geography)
    states: list[State] = field(default_factory=list)
    problem: str | None = None
    opened: list[files.Database] = field(default_factory=list)


_SHELF = _Shelf()


def use(url: str) -> None:
    """Where databases are from now on; empty for nowhere."""
    global _SHELF
    _SHELF = _Shelf(url=url)


def current() -> Geography:
    """What is known now. A database that came, went or changed is noticed within a minute."""
    shelf = _SHELF
    if shelf.url and time.monotonic() - shelf.looked >= _SECONDS:
        shelf.looked, shelf.looked_at = time.monotonic(), datetime.now(UTC)
        _look(shelf)
    return shelf.geography


def states() -> tuple[list[State], str | None]:
    """Each database, and why they could not be looked for, if so."""
    current()
    return _SHELF.states, _SHELF.problem


def _look(shelf: _Shelf) -> None:
    """While nobody answers, what was known stays."""
    try:
        listing = files.listed(shelf.url)
    except Invalid as away:
        shelf.problem = str(away)
        return
    shelf.problem = None
    if listing == shelf.listing:
        return
    for database in shelf.opened:
        database.close()
    shelf.listing, shelf.opened, shelf.states = listing, [], []
    for name, (_, size) in listing.items():
        try:
            database = files.Database(shelf.url, name, size)
        except Invalid as wrong:
            shelf.states.append(State(name, "", (), None, str(wrong)))
            continue
        shelf.opened.append(database)
        shelf.states.append(State(name, database.type, database.tells, database.built_at))
    stamp = hashlib.blake2b(repr(sorted(listing.items())).encode(), digest_size=8).hexdigest() if shelf.opened else ""
    shelf.geography = Geography(_lookups(shelf.opened), stamp)


def _lookups(databases: Sequence[files.Database]) -> dict[str, Lookup]:
    """For each attribute the databases that tell of it, the first by name first."""
    found: dict[str, Lookup] = {}
    for attribute in LOOKED_UP:
        asked = [getattr(one, attribute) for one in databases if attribute in one.tells]
        if asked:
            found[attribute] = _first(asked)
    return found


def _first(asked: Sequence[Callable[[str], str | None]]) -> Lookup:
    return lambda address: next((said for one in asked if (said := one(address))), None)

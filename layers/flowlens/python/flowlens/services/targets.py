"""What the targets of events are called: now, while they are there, and then, where the event itself says so."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from flowlens.store import audit
from flowlens.store.audit import Event
from flowlens.store.connection import Connection

_PEOPLE_AND_PROVIDERS = ("user", "provider", "tenant")
_NUMBERED = (
    "token", "role", "source", "asset", "classification rule", "feed", "view", "upload", "import", "address space",
)  # fmt: skip
_TARGET = re.compile(rf"({'|'.join(_PEOPLE_AND_PROVIDERS)})[ :]([0-9a-f-]{{36}})|({'|'.join(_NUMBERED)}) (\d{{1,18}})")
# What of an event's own words was the name, by the kind of target.
_SAID = {"user": ("email",), "classification rule": ("network",), "source": ("name", "exporter")}


def now(conn: Connection, tenant: UUID, events: Iterable[Event]) -> Mapping[str, str]:
    """By target, of those that are still there: one question for all of them. Inside a transaction of the reader."""
    parted = {event.target: found for event in events if (found := _parted(event.target))}
    wanted: dict[str, set[str]] = defaultdict(set)
    for kind, id in parted.values():
        wanted[kind].add(id)
    called = audit.called(conn, tenant, {kind: sorted(ids) for kind, ids in wanted.items()}) if wanted else []
    names = {(kind, id): name for kind, id, name in called if name}
    return {target: names[what] for target, what in parted.items() if what in names}


def then(event: Event) -> str | None:
    """As the event tells it: what it was made as, or what it was when it went."""
    parted = _parted(event.target)
    if parted is None:
        return None
    said = (event.detail.get(key) for key in _SAID.get(parted[0], ("name",)))
    return next((one for one in said if isinstance(one, str) and one), None)


def _parted(target: str) -> tuple[str, str] | None:
    """The kind and the id as the database writes it."""
    match = _TARGET.fullmatch(target)
    if match is None:
        return None
    kind, id, numbered, number = match.groups()
    try:
        return (kind, str(UUID(id))) if kind else (numbered, str(int(number)))
    except ValueError:
        return None

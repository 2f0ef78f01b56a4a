"""Places where flow logs of others lie: what is in one, what one of its objects says. A file is a kind of feed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, cast
from uuid import UUID

from flowlens.kit.family import Family
from flowlens.model.errors import Unopened
from flowlens.outbound.client import Answer, Question

STORES = Family("flowlens.outbound.stores")
Ask = Callable[[Question], Answer]
_LONGEST_WAIT = 3600  # seconds that a place may send us away for
_DATED = re.compile(r"\d{4}/\d{2}/\d{2}/")
_LATE = timedelta(days=1)  # by which a name may be older than what was written under it


@dataclass(frozen=True, slots=True)
class Found:
    """An object as a place lists it. `edition` changes with its content; one that grows keeps what it said before."""

    name: str
    size: int
    edition: str
    modified: datetime
    grows: bool = False


class Changed(Exception):
    """The object is another one than was listed: the next look will see it."""


class Gone(Exception):
    """The object was removed since it was listed."""


@dataclass(frozen=True, slots=True)
class Broken(Exception):
    """An object that cannot be fetched, whatever else can: a person decides."""

    reason: str
    detail: str


class Throttled(Unopened):
    """The place asks us to come less often: not before so many seconds have gone by."""

    def __init__(self, detail: str, seconds: int = 0) -> None:
        super().__init__("quota", detail)
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a place is opened with."""

    ask: Ask
    secret: str  # as a person entered it; empty where the kind has none
    now: datetime
    feed: str  # by which others know whom we come for
    external_id: UUID  # ours, of this feed: nobody chose it
    page: int = 0  # objects of a list that are asked for at once; 0: as many as the place gives


class Store(Protocol):
    """A place. Its verbs raise Unopened by name, and what `Ask` raises."""

    def listed(self, since: datetime) -> Iterator[Found]:
        """All objects, in pages asked for as needed; what surely was not changed since then may be left out."""

    def piece(self, found: Found, start: int, stop: int) -> bytes:
        """Those octets of the object. Raises Changed, Gone and Broken."""


def place(kind: str, said: Any, opening: Opening) -> Store:
    """`said` is the form of a feed of this kind."""
    return cast(Store, STORES.load(kind).place(said, opening))


def leap(prefix: str, first: str, since: datetime) -> str:
    """The name to go on from when all below the prefix are named by day; empty when `first` of them is not, or later.

    Clouds name their logs year/month/day: a list of years need not be read for what came today.
    """
    rest = first.removeprefix(prefix)
    day = f"{since - _LATE:%Y/%m/%d}"
    return prefix + day if first.startswith(prefix) and _DATED.match(rest) and rest < day else ""


def throttled(answer: Answer, now: datetime, whose: str) -> Throttled:
    """With what its Retry-After says: seconds, or a date (RFC 9110, 10.2.3)."""
    said = answer.headers.get("retry-after", "").strip()
    return Throttled(f"{whose} asks us to come less often: it is tried again", min(_wait(said, now), _LONGEST_WAIT))


def _wait(said: str, now: datetime) -> int:
    if said.isascii() and said.isdecimal():
        return int(said[:9])
    try:
        return max(0, int((parsedate_to_datetime(said) - now).total_seconds()))
    except (ValueError, TypeError):
        return 0

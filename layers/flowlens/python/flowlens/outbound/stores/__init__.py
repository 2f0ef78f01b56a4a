"""Places outside AWS where flow logs lie: what is in one, and what one of its objects says, asked through `client`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flowlens.outbound.client import Answer, Question

Ask = Callable[[Question], Answer]


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


class Store(Protocol):
    """A place. Its verbs raise Unopened by name, and what `Ask` raises."""

    def listed(self) -> Iterator[Found]:
        """All objects, in pages that are asked for as they are needed."""

    def piece(self, found: Found, start: int, stop: int) -> bytes:
        """Those octets of the object. Raises Changed and Gone."""

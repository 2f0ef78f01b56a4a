"""Looks at one log of a place outside: taken by the function that visits, on behalf of those that have no way there."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flowlens.aws import functions
from flowlens.model.errors import Refused, Unopened, Unreachable
from flowlens.outbound.stores import Broken, Changed, Found, Gone
from flowlens.services import errands, visits
from flowlens.services.errands import Errand
from flowlens.services.visits import Desk

_MOST_LISTED = 1000
_PIECE, _HEAD = 1 << 20, 4 << 20  # octets: all of it is one answer of a function, which has 6 MB in base64
_BACK = timedelta(days=2)
_PARQUET = b"PAR1"


@dataclass(frozen=True, slots=True)
class Looked:
    """The beginning of a log."""

    name: str
    head: bytes
    whole: bool
    grows: bool


def take(event: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """What `send` asked for: the log, or by name why there is none."""
    errand, key = errands.read(str(event["look"])), event.get("key")
    try:
        found = look(errand, desk, str(key) if key else None)
    except (Unopened, Refused, Unreachable) as problem:
        name, detail = visits.named(problem)
        return {"problem": name, "detail": detail}
    head = base64.b64encode(found.head).decode()
    return {"name": found.name, "head": head, "whole": found.whole, "grows": found.grows}


def send(function: str, errand: str, key: str | None) -> Looked:
    """Through the function that visits. Unopened by the name that it gives, or by `place_unreachable`."""
    told = functions.call(function, {"look": errand, "key": key})
    if "problem" in told:
        raise Unopened(str(told["problem"]), str(told["detail"]))
    if "head" not in told:
        raise Unopened("place_unreachable", "the function that visits failed")
    return Looked(told["name"], base64.b64decode(told["head"]), bool(told["whole"]), bool(told["grows"]))


def look(errand: Errand, desk: Desk, key: str | None) -> Looked:
    """At the beginning of the youngest of the first objects that are listed, or of the one with that name."""
    prefix = str(errand.settings.get("prefix", ""))
    if key is not None and not key.startswith(prefix):
        raise Unopened("object_none", f"its name does not begin with {prefix}")
    place = visits.place(errand, desk, page=_MOST_LISTED // 2, within=key or "")
    listed = itertools.islice(place.listed(desk.now() - _BACK), _MOST_LISTED)
    wanted = [one for one in listed if one.size and key in (None, one.name)]
    if not wanted:
        raise Unopened("object_none", f"there is no such object among the first {_MOST_LISTED:,}")
    one: Found = max(wanted, key=lambda found: found.modified)
    stop = min(one.size, _HEAD)
    try:
        spans = ((begin, min(begin + _PIECE, stop)) for begin in range(0, stop, _PIECE))
        head = b"".join(place.piece(one, *span) for span in spans)
    except (Changed, Gone) as moved:
        raise Unopened("object_changed", "it changed while it was looked at: try again") from moved
    except Broken as broken:
        raise Unopened(broken.reason, broken.detail) from broken
    if stop < one.size and head.startswith(_PARQUET):
        raise Unopened("object_size", f"{one.size:,} octets of Parquet, of which the beginning says nothing")
    return Looked(one.name, head, stop == one.size, one.grows)

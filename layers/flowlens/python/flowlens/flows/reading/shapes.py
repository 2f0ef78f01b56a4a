"""What is wanted of parsed JSON: a member that is missing or of another type is counted, not trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowlens.flows.reading.tally import Tally

_LONGEST = 500


def members(parent: object, name: str, tally: Tally) -> Iterator[dict[str, Any]]:
    """The objects of a list in an object; anything else is tallied as `shape`."""
    found = parent.get(name) if isinstance(parent, dict) else None
    if not isinstance(found, list):
        tally.fail("shape", 1, [f"no list {name!r}"])
        return
    for one in found:
        if isinstance(one, dict):
            yield one
        else:
            tally.fail("shape", 1, [f"{name!r} holds {str(one)[:100]}"])


def word(parent: dict[str, Any], name: str) -> str:
    """A text, cut where it is absurd; empty for anything else."""
    found = parent.get(name)
    return found[:_LONGEST] if isinstance(found, str) else ""

"""Cursor pages: the key of the last item, opaque to callers and checked when it comes back."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from flowlens.model.errors import Invalid

Item = TypeVar("Item")
Key = tuple[int | str, ...]
_MAX_INT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items, and where the next ones begin (None: nowhere)."""

    items: Sequence[Item]
    next_cursor: str | None


def cut(rows: Sequence[Item], limit: int, key: Callable[[Item], Key]) -> Page[Item]:
    """A page of `limit` out of rows that were asked for with one more."""
    items = rows[:limit]
    return Page(items, encode(key(items[-1])) if len(rows) > limit else None)


def encode(key: Key) -> str:
    """The cursor that `decode` reads."""
    return urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode(cursor: str | None, *types: type) -> Key | None:
    """The key that a cursor of ours holds; Invalid for anything else."""
    if cursor is None:
        return None
    try:
        key = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, list) or [type(part) for part in key] != list(types) or not all(map(_in_range, key)):
        raise Invalid("cursor: it must be the next_cursor of the page before")
    return tuple(key)


def _in_range(part: int | str) -> bool:
    return len(part) <= 100 if isinstance(part, str) else 0 <= part <= _MAX_INT

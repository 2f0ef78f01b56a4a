"""A mapping that knows what should leave first: what was never used, then what was used longest ago."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Shelf(Generic[K, V]):
    """Things by key. A flood of new keys pushes out other new keys, not those that are in use."""

    __slots__ = ("_fresh", "_used")

    def __init__(self) -> None:
        self._fresh: OrderedDict[K, V] = OrderedDict()
        self._used: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._fresh) + len(self._used)

    def __iter__(self) -> Iterator[K]:
        yield from self._fresh
        yield from self._used

    def get(self, key: K) -> V | None:
        """The thing, without counting as a use."""
        found = self._used.get(key)
        return found if found is not None else self._fresh.get(key)

    def use(self, key: K) -> V | None:
        """The thing, which becomes the most recently used."""
        if key in self._used:
            self._used.move_to_end(key)
            return self._used[key]
        found = self._fresh.pop(key, None)
        if found is not None:
            self._used[key] = found
        return found

    def put(self, key: K, value: V) -> None:
        """Adds the thing as never used, or replaces it in its place."""
        if key in self._used:
            self._used[key] = value
        else:
            self._fresh[key] = value

    def pop(self, key: K) -> V | None:
        found = self._used.pop(key, None)
        return found if found is not None else self._fresh.pop(key, None)

    def first_to_leave(self) -> K:
        """The key that should go when there is no room."""
        return next(iter(self))

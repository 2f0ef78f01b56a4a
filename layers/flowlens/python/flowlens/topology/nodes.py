"""The nodes of a map as columns, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from flowlens.topology.addresses import text
from flowlens.topology.edges import Halves, Ints, Mask
from flowlens.topology.places import INTERNET, group, is_fold, name

NOTHING = -1
UNUSED = -2  # of a level that a node is not as deep as
_Row = tuple[int, list[int], int, int, int, int]


class Kind(IntEnum):
    """What a node is."""

    HOST = 0
    NETWORK = 1
    INTERNET = 2
    GROUP = 3
    RESTRICTED = 4  # whatever of an address space is beyond the limits of who asks


@dataclass(frozen=True, slots=True)
class Attribute:
    """What each asset has of an attribute: a position in `values`, or NOTHING."""

    name: str
    value: Ints
    values: list[str]

    def take(self, rows: Ints) -> Attribute:
        return Attribute(self.name, self.value[rows], self.values)


@dataclass(frozen=True, slots=True)
class Nodes:
    """One entry per node: its first address and prefix length, how many assets are inside, and one of them.

    `value` is a position in the values of what was grouped by. Where groups lie in groups, `path` has the values of
    those around a node by level, UNUSED beyond the last one, and `by` the attributes.
    """

    kind: Ints
    space: Ints
    high: Halves
    low: Halves
    prefix: Ints
    assets: Ints
    asset_id: Ints
    internal: Mask
    more: Ints  # how many groups are folded into it
    path: Ints
    by: tuple[Attribute, ...] = ()
    folded: int = 0  # so many attributes at the end are those that the opened Internet is folded by

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, rows: Ints) -> Nodes:
        return replace(
            self, **{name: getattr(self, name)[rows] for name in self.__slots__ if name not in ("by", "folded")}
        )

    def labels(self) -> list[str]:
        """What a person reads: an address, a network, a value, Internet."""
        return [self._label(row) for row in self._rows()]

    def ids(self) -> list[str]:
        """Stable whatever else is shown, and understood wherever a place is asked for."""
        return [name(self._where(row), space) for row, space in zip(self._rows(), self.space.tolist(), strict=True)]

    def named(self) -> list[str | None]:
        """The innermost value of what was grouped by: of a group, or of a host that was in one."""
        paths = (self._pairs(path) for path in self.path.tolist())
        return [(path[-1][1] or None) if path and not is_fold(path[-1][0]) else None for path in paths]

    def within(self) -> list[list[str]]:
        """The ids of the opened groups that each node lies in, the outermost first."""
        inner = (self.kind == Kind.GROUP).tolist()
        found = []
        own = len(self.by) - self.folded
        for path, is_group, space in zip(self.path.tolist(), inner, self.space.tolist(), strict=True):
            pairs = self._pairs(path)
            outer = [name(INTERNET, space)] if any(at != UNUSED for at in path[own:]) else []
            depth = len(pairs) - is_group
            found.append(outer + [name(group(_spelled(pairs[: level + 1])), space) for level in range(depth)])
        return found

    def _pairs(self, path: list[int]) -> list[tuple[str, str]]:
        levels = zip(self.by, path, strict=True)
        return [(by.name, by.values[at] if at != NOTHING else "") for by, at in levels if at != UNUSED]

    def _rows(self) -> Iterator[_Row]:
        columns = (self.kind, self.path, self.more, self.high, self.low, self.prefix)
        return zip(*(column.tolist() for column in columns), strict=True)

    def _label(self, row: _Row) -> str:
        kind, path, more, *address = row
        if kind == Kind.GROUP:
            attribute, value = self._pairs(path)[-1]
            if is_fold(attribute):
                return f"{more:,} more"
            return value or f"no {attribute.replace('_', ' ')}"
        if kind == Kind.RESTRICTED:
            return "Restricted"
        return "Internet" if kind == Kind.INTERNET else text(*address)

    def _where(self, row: _Row) -> str:
        kind, path, _, *address = row
        if kind == Kind.GROUP:
            return group(_spelled(self._pairs(path)))
        if kind == Kind.RESTRICTED:
            return "restricted"
        return INTERNET if kind == Kind.INTERNET else text(*address)


def _spelled(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """A group has one name whether or not it is folded: what it was folded into is not in it."""
    return [pair for pair in pairs[:-1] if not is_fold(pair[0])] + list(pairs[-1:])

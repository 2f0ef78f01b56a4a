"""Where the Internet's addresses are: their countries and organisations, out of databases that operators give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flowlens.topology.addresses import is_internal, text
from flowlens.topology.edges import Assets, Ints
from flowlens.topology.nodes import NOTHING, Attribute

COUNTRY, ORGANISATION = "country", "organisation"
LOOKED_UP: tuple[str, ...] = (COUNTRY, ORGANISATION)  # in the order in which the Internet is folded
UNKNOWN = "unknown"  # of an address that no database knows
_MOST = 1_000_000  # addresses remembered; more, and all are looked up again
Keys = NDArray[np.bytes_]
Lookup = Callable[[str], str | None]


@dataclass(slots=True)
class _Known:
    """Addresses that were looked up, in order, and what was found of each as a position in the values."""

    keys: Keys = field(default_factory=lambda: np.zeros(0, "S16"))
    codes: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    places: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Geography:
    """By attribute, what an address has of it. `stamp` is another one when a database is."""

    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    stamp: str = ""
    _known: dict[str, _Known] = field(default_factory=dict)

    @property
    def attributes(self) -> tuple[str, ...]:
        """Those that a database tells of."""
        return tuple(name for name in LOOKED_UP if name in self.lookups)

    def attribute(self, name: str, assets: Assets) -> Attribute:
        """Of external addresses; each address is looked up once. UNKNOWN where the database does not say."""
        codes = np.full(len(assets), NOTHING, np.int64)
        if name not in self.lookups:
            return Attribute(name, codes, [])
        outside = np.flatnonzero(~is_internal(assets.high, assets.low) & (assets.id >= 0))
        found, places = self._found(name, assets.take(outside))
        used, codes[outside] = np.unique(found, return_inverse=True)
        names = list(places)
        values = [names[one] for one in used.tolist()]
        order = sorted(range(len(values)), key=values.__getitem__)
        moved = np.empty(len(values) + 1, np.int64)
        moved[order], moved[-1] = np.arange(len(values)), NOTHING  # NOTHING is the last
        return Attribute(name, moved[codes], [values[one] for one in order])

    def _found(self, name: str, assets: Assets) -> tuple[Ints, dict[str, int]]:
        known = self._known.setdefault(name, _Known())
        keys = np.stack([assets.high, assets.low], axis=1).astype(">u8").reshape(-1).view("S16")
        fresh = np.unique(keys[~_among(keys, known.keys)])
        if len(known.keys) + len(fresh) > _MOST:
            known, fresh = _Known(), np.unique(keys)
            self._known[name] = known
        if len(fresh):
            lookup = self.lookups[name]
            said = (lookup(_address(key)) or UNKNOWN for key in fresh.tolist())
            codes = [known.places.setdefault(value, len(known.places)) for value in said]
            joined = np.concatenate([known.keys, fresh])
            order = np.argsort(joined)
            known.keys = joined[order]
            known.codes = np.concatenate([known.codes, np.array(codes, np.int64)])[order]
        return known.codes[np.searchsorted(known.keys, keys)], known.places


def _among(keys: Keys, known: Keys) -> NDArray[np.bool_]:
    if not len(known):
        return np.zeros(len(keys), np.bool_)
    there: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
    return there


def _address(key: bytes) -> str:
    """NumPy leaves out the zeros at the end."""
    octets = key.ljust(16, b"\0")
    return text(int.from_bytes(octets[:8], "big"), int.from_bytes(octets[8:], "big"))

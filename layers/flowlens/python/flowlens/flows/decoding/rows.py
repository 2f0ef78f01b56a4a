"""The rows being written: whole columns made once, filled in slices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import BY_NAME, Columns, Values

MAPPED = 0xFFFF_0000_0000  # the low half of ::ffff:0:0, which IPv4 addresses are put behind
NOT_ICMP = 0xFFFF


def among(*protocols: int) -> NDArray[np.bool_]:
    """A table of IP protocols: whether each is one of these."""
    table = np.zeros(256, np.bool_)
    table[list(protocols)] = True
    return table


IS_ICMP = among(1, 58)
SWAPPED = (
    *((f"src_{end}", f"dst_{end}") for end in ("high", "low", "port", "as", "mask", "mac")),
    *((f"{kind}_src_{half}", f"{kind}_dst_{half}") for kind in ("nat", "outer") for half in ("high", "low")),
    ("nat_src_port", "nat_dst_port"),
    ("input_if", "output_if"),
    ("ingress_vrf", "egress_vrf"),
)
ONE_WAY = ("next_hop", "icmp", "post_vlan", "mpls_label", "forwarding")  # what belongs to one direction only


@dataclass(slots=True)
class Rows:
    """`count` rows in the making. A column that nobody writes is left out: it is all default."""

    count: int
    values: dict[str, Values] = field(default_factory=dict)
    _addresses: dict[str, tuple[Values, int]] = field(default_factory=dict)
    _blank: set[str] = field(default_factory=set)  # columns made for the kernel, which found nothing to write to them

    def __getitem__(self, name: str) -> Values:
        """The column, to be written to."""
        self._blank.discard(name)
        found = self.values.get(name)
        if found is None:
            column = BY_NAME[name]
            if column.default:
                found = np.full(self.count, column.default, column.dtype)
            else:
                found = np.zeros(self.count, column.dtype)
            self.values[name] = found
        return found

    def expect(self, names: Iterable[str]) -> None:
        """Columns of which every row is about to be written: they need not be cleared first."""
        for name in names:
            if name not in self.values:
                self.values[name] = np.empty(self.count, BY_NAME[name].dtype)

    def address(self, name: str) -> int:
        """Where the column's values begin, for the kernel."""
        column = self[name]
        known = self._addresses.get(name)
        if known is None or known[0] is not column:
            known = self._addresses[name] = column, column.__array_interface__["data"][0]
        return known[1]

    def expect_blank(self, names: Iterable[str]) -> list[str]:
        """Says which of these columns nobody has written to, as far as is known."""
        return [name for name in names if name not in self.values or name in self._blank]

    def leave_blank(self, names: Iterable[str]) -> None:
        """Nobody wrote to these columns: they are left out unless somebody will."""
        self._blank.update(names)

    def put(self, name: str, at: slice, values: Values) -> None:
        """Writes a column's values; what the column cannot hold becomes its greatest value."""
        column = self[name]
        if values.dtype.itemsize > column.dtype.itemsize:
            values = np.minimum(values, np.iinfo(column.dtype).max)
        column[at] = values

    def put_ipv4(self, end: str, at: slice, values: Values) -> None:
        low = self[f"{end}_low"][at]
        low[:] = values
        low |= np.uint64(MAPPED)

    def put_ipv4_at(self, end: str, which: NDArray[np.intp], values: Values) -> None:
        self[f"{end}_low"][which] = values | np.uint64(MAPPED)

    def put_ipv6(self, end: str, at: slice, halves: tuple[Values, Values]) -> None:
        self[f"{end}_high"][at], self[f"{end}_low"][at] = halves

    def lay(self, which: NDArray[np.intp], others: Rows) -> None:
        """Takes these rows from others that were written apart."""
        for name, values in others.columns().values.items():
            self[name][which] = values

    def settle_icmp(self, at: slice, said: Values | None) -> None:
        """Gives ICMP rows their type and code, as said or from the destination port, and takes their ports."""
        protocol = self["protocol"][at]
        icmp = IS_ICMP[protocol]
        if not icmp.any():
            return
        src_port, dst_port = self["src_port"][at], self["dst_port"][at]
        if said is None:
            said = np.where(src_port == 0, dst_port, NOT_ICMP)
        self["icmp"][at][icmp] = said[icmp]
        src_port[icmp] = 0
        dst_port[icmp] = 0

    def columns(self) -> Columns:
        return Columns(self.count, {name: values for name, values in self.values.items() if name not in self._blank})


def turned(columns: Columns) -> Columns:
    """The same rows seen from the other end, without what belongs to one direction only."""
    values = {name: column for name, column in columns.values.items() if not name.startswith(ONE_WAY)}
    for one, other in SWAPPED:
        there, here = columns.values.get(one), columns.values.get(other)
        for name, column in ((one, here), (other, there)):
            values.pop(name, None)
            if column is not None:
                values[name] = column
    return Columns(columns.rows, values)

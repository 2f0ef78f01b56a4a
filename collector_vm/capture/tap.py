"""One captured interface: an exporter of its own, whose packets become flows, and whose losses are counted by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from socket import gethostname

import numpy as np
from flowlens.flows import sightings
from flowlens.flows.columns import Columns, Format, Values
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.reading import interfaces, packets
from flowlens.flows.reading.packets import Packets
from flowlens.flows.sightings import Seen
from numpy.typing import NDArray

from collector_vm.capture.ring import Block, Ring

_MACHINE_ID = Path("/etc/machine-id")
_YEARS = (946_684_800_000, 4_102_444_800_000)  # ms: 2000 to 2100
_UDP = 17


def machine() -> str:
    """What stays the same on this machine; never shown, as the exporter's address is a digest of it."""
    try:
        return _MACHINE_ID.read_text().strip() or gethostname()
    except OSError:
        return gethostname()


@dataclass(slots=True)
class Tap:
    """What is known of one interface, whether it is open or not. Its exporter is the same whenever it opens."""

    interface: str
    name: str  # of the machine, as `machine` says it
    ports: Sequence[int]  # on which this collector itself is told of flows
    state: DecoderState
    ring: Ring | None = None
    place: int = -1
    trouble: str = ""
    address: str = field(init=False)
    source: bytes = field(init=False)
    _told: tuple[int, int] = (0, 0)  # packets that the kernel saw and dropped, as far as they are in the counters

    def __post_init__(self) -> None:
        self.address = interfaces.address(0, f"interface:{self.name}:{self.interface}")
        self.source = ip_address(self.address).packed

    def took(self, ring: Ring, place: int) -> None:
        """It is open, as this exporter."""
        self.ring, self.place, self.trouble, self._told = ring, place, "", (0, 0)
        self.state.tally.saw(np.array([place], np.uint16), Format.CAPTURE)
        self.state.book.put(place, "interfaces", ring.number, self.interface.encode())
        self.state.book.put(place, "hosts", 0, gethostname().encode())

    def look(self) -> None:
        if self.ring is not None:
            self.ring.look()
            told, self._told = self._told, (self.ring.seen, self.ring.dropped)
            for name, before, now in zip(("capture_packets", "capture_dropped"), told, self._told, strict=True):
                self._count(name, now - before)

    def close(self) -> None:
        if self.ring is not None:
            self.look()
            self.ring.close()
            self.ring = None

    def flows(self, ring: Ring, block: Block, seen: Seen) -> Columns:
        """The flows of a block, and the names that it says. Nothing else of its octets is kept."""
        found = _packets(block, ring.link)
        rows = packets.rows_of(found)
        _tag(rows["vlan"], rows["customer_vlan"], block.tags)
        inward, outward = rows["input_if"], rows["output_if"]
        inward[:], outward[:] = np.where(block.outgoing, (0,), ring.number), np.where(block.outgoing, ring.number, 0)
        columns = rows.columns()
        carried = self._carried(columns, block, found.times)
        sightings.add(seen, packets.named(found, columns, carried, self.address), sightings.MOST)
        if not carried.any():
            return Columns(0)
        flows = packets.flows(columns.take(carried), found.times[carried], found.lengths[carried], Format.CAPTURE)
        flows.values["exporter"] = np.full(flows.rows, self.place, np.uint16)
        return flows

    def _carried(self, columns: Columns, block: Block, times: Values) -> NDArray[np.bool_]:
        """Whose packets become flows. This collector's own datagrams tell of flows: they are not told of as flows."""
        wrong = (times < _YEARS[0]) | (times >= _YEARS[1])
        is_ip = columns["ip_version"] > 0
        own = (columns["protocol"] == _UDP) & (columns["tunnel"] == 0) & block.to_us
        own &= np.isin(columns["dst_port"], self.ports)
        for name, which in (("not_ip", ~is_ip), ("time", is_ip & wrong), ("own", is_ip & ~wrong & own)):
            self._count(f"capture_{name}", int(np.count_nonzero(which)))
        carried: NDArray[np.bool_] = is_ip & ~wrong & ~own
        return carried

    def _count(self, name: str, number: int) -> None:
        if number:
            self.state.tally.add(self.place, name, number)


def _packets(block: Block, link: int) -> Packets:
    heads, at = block.heads, block.at
    stop = at + heads["kept"]
    return Packets(
        block.octets,
        at,
        np.minimum(stop, at + packets.HEADERS),
        block.times,
        heads["length"].astype(np.uint64) + np.where(block.tags >= 0, 4, 0).astype(np.uint64),  # as on the wire
        np.full(len(at), link, np.int64),
        lambda row: bytes(block.octets[at[row] : stop[row]]),
    )


def _tag(outer: NDArray[np.generic], inner: NDArray[np.generic], tags: NDArray[np.int64]) -> None:
    """The kernel takes the outer tag out of the packet: one that is still in it is the inner one."""
    tagged = tags >= 0
    inner[tagged] = outer[tagged]
    outer[tagged] = tags[tagged]

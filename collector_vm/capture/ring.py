"""Packets of one interface in memory that the kernel shares with us (packet(7), TPACKET_V3), and what it dropped."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from collector_vm.capture.program import BARE, ETHERNET, NOTHING, attach, program

BLOCK = 1 << 20
RETIRE_MS = 100  # after which a block that is not full is ours all the same
_SOL_PACKET = 263
_ADD_MEMBERSHIP, _RX_RING, _STATISTICS, _VERSION, _IGNORE_OUTGOING = 1, 5, 6, 10, 23
_TPACKET_V3, _PROMISCUOUS = 2, 1
_HARDWARE_ADDRESS = 0x8927  # SIOCGIFHWADDR
_ETH_P_ALL = 0x0003
_FRAME = 1 << 11  # for the kernel's arithmetic: a packet takes as much room as it needs
_HEAD = np.dtype(
    {
        "names": ["second", "nanosecond", "kept", "length", "status", "at", "tag", "kind"],
        "formats": ["u4", "u4", "u4", "u4", "u4", "u2", "u4", "u1"],
        "offsets": [4, 8, 12, 16, 20, 24, 32, 58],
        "itemsize": 68,
    }
)
_TAGGED = 1 << 4
_OUTGOING, _TO_US = 4, 0
# https://elixir.bootlin.com/linux/latest/source/include/uapi/linux/if_arp.h: what interfaces' packets begin with.
_LINKS = {
    1: (1, ETHERNET),
    772: (1, ETHERNET),
    65_534: (101, BARE),
    519: (101, BARE),
    768: (101, BARE),
    769: (101, BARE),
}
_LOOPBACK = 772

Octets = NDArray[np.uint8]


class Uncapturable(Exception):
    """This interface cannot be captured now; the message says why."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some packets, valid until the next block is asked for: `octets[at[i]:at[i] + heads["kept"][i]]` is one."""

    octets: Octets
    at: NDArray[np.int64]
    heads: NDArray[np.void]

    @property
    def times(self) -> NDArray[np.int64]:
        found: NDArray[np.int64] = self.heads["second"].astype(np.int64) * 1000
        found += self.heads["nanosecond"] // 1_000_000
        return found

    @property
    def tags(self) -> NDArray[np.int64]:
        """The VLAN tag that the kernel took out of each packet, -1 where there was none."""
        tagged = (self.heads["status"] & _TAGGED) > 0
        return np.where(tagged, self.heads["tag"].astype(np.int64) & 0xFFF, -1)

    @property
    def outgoing(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.heads["kind"] == _OUTGOING
        return found

    @property
    def to_us(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.heads["kind"] == _TO_US
        return found


class Ring:
    """One interface. It sees nothing before it is made and nothing after it is closed."""

    def __init__(self, interface: str, *, octets: int, names: bool, promiscuous: bool) -> None:
        self.interface = interface
        link, self.link, before = _link_of(interface)
        try:
            self.number = socket.if_nametoindex(interface)
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # 0: no packet yet
        except PermissionError as error:
            raise Uncapturable("it takes the right CAP_NET_RAW") from error
        except OSError as error:
            raise Uncapturable(error.strerror or str(error)) from error
        try:
            self._open(program(before, names=names), octets, loopback=link == _LOOPBACK, all_=promiscuous)
        except OSError as error:
            self.socket.close()
            raise Uncapturable(error.strerror or str(error)) from error
        self._next = 0
        self._fence = threading.Lock()
        self.seen = self.dropped = 0  # by the kernel's own count

    def _open(self, steps: bytes, octets: int, *, loopback: bool, all_: bool) -> None:
        blocks = max(octets // BLOCK, 2)
        attach(self.socket, steps)
        self.socket.setsockopt(_SOL_PACKET, _VERSION, _TPACKET_V3)
        if loopback:  # where each packet would come twice: as it is sent, and as it is received
            self.socket.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
        frames = BLOCK // _FRAME * blocks
        request = struct.pack("@7I", BLOCK, blocks, _FRAME, frames, RETIRE_MS, 0, 0)
        self.socket.setsockopt(_SOL_PACKET, _RX_RING, request)
        self._memory = mmap.mmap(self.socket.fileno(), blocks * BLOCK)
        self._blocks = np.frombuffer(self._memory, np.uint8).reshape(blocks, BLOCK)
        if all_:
            wanted = struct.pack("@iHH8s", self.number, _PROMISCUOUS, 0, b"")
            self.socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, wanted)
        self.socket.bind((self.interface, _ETH_P_ALL))

    @property
    def octets(self) -> int:
        return self._blocks.nbytes

    @property
    def gone(self) -> bool:
        """Whether the interface is not there any more, or is another of the same name."""
        with contextlib.suppress(OSError):
            return socket.if_nametoindex(self.interface) != self.number
        return True

    def blocks(self, most: int) -> Iterator[Block]:
        """Those that are full or due, at most so many; each is the kernel's again when the next one is asked for."""
        for _ in range(most):
            block = self._blocks[self._next]
            status = block[8:12].view(np.uint32)
            if not status[0] & 1:
                return
            with self._fence:  # nothing of the block is read before its status was
                found = _read(block)
            yield found
            with self._fence:  # ... nor after it is the kernel's again
                status[0] = 0
            self._next = (self._next + 1) % len(self._blocks)

    def calm(self) -> None:
        """Takes what the socket complains of: the interface went down, and may come up again."""
        self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def look(self) -> None:
        """Takes the kernel's counts, which begin anew with each look."""
        seen, dropped, _ = struct.unpack("@3I", self.socket.getsockopt(_SOL_PACKET, _STATISTICS, 12))
        self.seen += seen
        self.dropped += dropped

    def end(self) -> None:
        """No packet comes any more; what came is there within RETIRE_MS."""
        attach(self.socket, NOTHING)

    def close(self) -> None:
        del self._blocks
        with contextlib.suppress(BufferError):  # somebody still looks at a packet: it goes with that
            self._memory.close()
        self.socket.close()

    def __enter__(self) -> Ring:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def _link_of(interface: str) -> tuple[int, int, int]:
    """Its kind as the kernel numbers it, as captures do, and the octets before its packets' IP header."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            answer = fcntl.ioctl(asked, _HARDWARE_ADDRESS, struct.pack("16s16x8x", interface.encode()))
        except OSError as error:
            raise Uncapturable(error.strerror or str(error)) from error
    (kind,) = struct.unpack_from("@16xH", answer)
    if kind not in _LINKS:
        raise Uncapturable(f"FlowLens does not read links of the kind {kind}")
    return kind, *_LINKS[kind]


def _read(block: Octets) -> Block:
    """The packets of a block: each says how far it is to the next."""
    count, first, used = (int(block[at : at + 4].view(np.uint32)[0]) for at in (12, 16, 20))
    starts = chained(block[: used & ~7], first, count)
    heads = block[starts[:, None] + np.arange(_HEAD.itemsize)].view(_HEAD)[:, 0]
    return Block(block, starts + heads["at"], heads)


def chained(octets: Octets, first: int, count: int) -> NDArray[np.int64]:
    """Where `count` packets begin, each of which says in its first word how many octets the next one is away.

    Every eighth octet could be a beginning. From where one leaps to, two, four, eight leaps are known by looking
    twice, so that all packets take as many steps as their number has bits.
    """
    steps = octets.view(np.uint32)[::2] >> 3
    end = len(steps)
    leap = np.minimum(np.arange(end) + steps, end - 1)
    found = np.full(min(count, 1), first >> 3, np.int64)
    while len(found) < count:
        found = np.concatenate([found, leap[found[: count - len(found)]]])
        leap = leap[leap]
    return found * 8

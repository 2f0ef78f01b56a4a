"""The packets of a capture that follow one another without anything between, gathered in one go."""

from __future__ import annotations

import ctypes

import numpy as np

_COLUMNS = ("at", "stop", "times", "lengths", "links", "begin", "kept")


class _Capture(ctypes.Structure):
    _fields_ = (
        ("octets", ctypes.c_void_p),
        ("length", ctypes.c_int64),
        ("swapped", ctypes.c_int64),
        ("longest", ctypes.c_int64),
        ("largest", ctypes.c_int64),
    )


class Interface(ctypes.Structure):
    """Of a pcapng: with a `scale` of 0 its packets are left to others; `offset` is below 2^62 and above -2^62."""

    _fields_ = (("link", ctypes.c_int64), ("scale", ctypes.c_int64), ("offset", ctypes.c_int64))


class _Packets(ctypes.Structure):
    _fields_ = (
        ("heads", ctypes.c_void_p),
        ("space", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in (*_COLUMNS, "telling")),
        ("room", ctypes.c_int64),
        ("headers", ctypes.c_int64),
        ("greeting", ctypes.c_int64),
        ("count", ctypes.c_int64),
        ("filled", ctypes.c_int64),
    )


class Gathered:
    """Packets, at most `room`, of which the first `headers` octets lie in `heads`, from `at` to `stop`.

    `begin` and `kept` say where each lay among the octets that were read last, `telling` whether a name may be in it:
    what talks like DNS by its port, or like TLS among its first `greeting` octets.
    """

    def __init__(self, room: int, headers: int, greeting: int) -> None:
        self.heads = np.empty(room * headers, np.uint8)
        self.at, self.stop, self.times, self.lengths, self.links, self.begin, self.kept = np.empty((7, room), np.int64)
        self.telling = np.empty(room, np.uint8)
        columns = [getattr(self, name).ctypes.data for name in (*_COLUMNS, "telling")]
        self._told = _Packets(self.heads.ctypes.data, len(self.heads), *columns, room, headers, greeting, 0, 0)

    @property
    def count(self) -> int:
        return int(self._told.count)

    @property
    def filled(self) -> int:
        """How many octets of `heads` are used."""
        return int(self._told.filled)

    @property
    def full(self) -> bool:
        return self.count == len(self.at)

    def put(self, head: bytes, time: int, length: int, link: int) -> None:
        """One more packet, of which this is at most `headers` octets; there is room."""
        at, stop, row = self.filled, self.filled + len(head), self.count
        self.heads[at:stop] = np.frombuffer(head, np.uint8)
        self.at[row], self.stop[row], self.times[row], self.lengths[row], self.links[row] = at, stop, time, length, link
        self.begin[row] = self.kept[row] = self.telling[row] = 0
        self._told.count, self._told.filled = row + 1, stop

    def pcap(self, library: ctypes.CDLL, capture: Capture, unit: int, link: int) -> int:
        """Reads packets; where the first begins that is not whole, is too long or has no room."""
        told = capture.told
        return int(library.fl_pcap(ctypes.byref(told), unit, link, ctypes.byref(self._told)))

    def pcapng(
        self, library: ctypes.CDLL, capture: Capture, interfaces: tuple[ctypes.Array[Interface], int], last: int
    ) -> tuple[int, int]:
        """Reads enhanced packet blocks; where the first other one begins, and when the last packet was, in ns."""
        time = ctypes.c_int64(last)
        asked = (ctypes.byref(capture.told), interfaces[0], interfaces[1], ctypes.byref(time))
        return int(library.fl_pcapng(*asked, ctypes.byref(self._told))), time.value


class Capture:
    """Octets of a capture from one on; they live as long as this."""

    def __init__(self, data: bytes, begin: int, order: str, most: tuple[int, int]) -> None:
        self._octets = np.frombuffer(data, np.uint8)
        swapped = order == ">"  # the kernel's machines put the low octet first
        self.told = _Capture(self._octets.ctypes.data + begin, len(data) - begin, swapped, *most)

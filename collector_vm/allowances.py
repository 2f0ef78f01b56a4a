"""Packets that EC2 dropped or held back before any kernel saw them, as the ENA driver counts them."""

from __future__ import annotations

import array
import fcntl
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

# Beyond the instance's bandwidth, packets a second, and tracked connections: each loses datagrams on their way.
NAMES = ("bw_in_allowance_exceeded", "pps_allowance_exceeded", "conntrack_allowance_exceeded")
_SIOCETHTOOL = 0x8946
_GET_STRINGS, _GET_STATISTICS, _GET_SIZES = 0x1B, 0x1D, 0x37
_STATISTICS = 1  # the set of strings that names the statistics
_NAME_OCTETS = 32
_MOST = 4_096  # statistics of a driver

Control = Callable[[str, bytearray], None]  # an ethtool command of an interface, answered in place


def _control(interface: str, command: bytearray) -> None:
    buffer = array.array("B", command)
    request = struct.pack("16sP16x", interface.encode(), buffer.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket.fileno(), _SIOCETHTOOL, request)
    command[:] = buffer.tobytes()


def statistics(interface: str, control: Control = _control) -> dict[str, int]:
    """What the interface's driver counts, by its own names; OSError when it counts nothing or there is no such one."""
    sizes = bytearray(struct.pack("=IIQI", _GET_SIZES, 0, 1 << _STATISTICS, 0))
    control(interface, sizes)
    _, _, mask, count = struct.unpack("=IIQI", sizes)
    if not mask or not 0 < count <= _MOST:
        return {}
    strings = bytearray(struct.pack("=III", _GET_STRINGS, _STATISTICS, count)) + bytearray(count * _NAME_OCTETS)
    control(interface, strings)
    values = bytearray(struct.pack("=II", _GET_STATISTICS, count)) + bytearray(count * 8)
    control(interface, values)
    names = [strings[at : at + _NAME_OCTETS].split(b"\0")[0] for at in range(12, len(strings), _NAME_OCTETS)]
    numbers = struct.unpack(f"={count}Q", values[8:])
    return {name.decode("ascii", "replace"): number for name, number in zip(names, numbers, strict=True)}


class Allowances:
    """How far the counters of all interfaces rose since this began; 0 where the driver is another."""

    def __init__(self, control: Control = _control) -> None:
        self._control = control
        self._last = self._read()
        self.exceeded = dict.fromkeys(NAMES, 0)

    @property
    def present(self) -> bool:
        """Whether there is a driver that counts them."""
        return bool(self._last)

    def look(self) -> None:
        now = self._read()
        for (interface, name), count in now.items():
            rise = count - self._last.get((interface, name), 0)
            self.exceeded[name] += max(rise, 0)  # a driver that was loaded anew begins at 0
        self._last.update(now)

    def _read(self) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for _, interface in socket.if_nameindex():
            with suppress(OSError):
                counted = statistics(interface, self._control)
                found |= {(interface, name): counted[name] for name in NAMES if name in counted}
        return found

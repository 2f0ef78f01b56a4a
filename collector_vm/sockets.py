"""UDP sockets with the largest buffers they may have, and what the kernel dropped before we could look."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

SO_RCVBUFFORCE = 33
SO_RXQ_OVFL = 40
SO_MEMINFO = 55
_ABSENT = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}  # this machine has no IPv6
_TABLES = (Path("/proc/net/udp"), Path("/proc/net/udp6"))


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound socket, with the bytes of buffer that the kernel granted."""

    socket: socket.socket
    port: int
    inode: int
    granted: int

    def queued(self) -> int:
        """Bytes of buffer that datagrams occupy which we have not fetched."""
        return int.from_bytes(self.socket.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 4), sys.byteorder)


def listen(addresses: Sequence[IPv4Address | IPv6Address], ports: Sequence[int], buffer: int) -> list[Listener]:
    """A socket per address and port; every process binds the same and the kernel spreads exporters over them.

    IPv6 sockets take IPv6 only, so an exporter has one address whichever way it comes. A machine without IPv6 listens
    on IPv4; anything else that cannot be bound is an error.
    """
    listeners = []
    for port in ports:
        for address in addresses:
            try:
                listeners.append(_bind(address, port, buffer))
            except OSError as error:
                if address.version == 4 or error.errno not in _ABSENT:
                    raise
    return listeners


def _bind(address: IPv4Address | IPv6Address, port: int, buffer: int) -> Listener:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
        granted = _enlarge(bound, buffer)
        bound.bind((str(address), port))
        bound.settimeout(0)
    except OSError:
        bound.close()
        raise
    return Listener(bound, port, Path(f"/proc/self/fd/{bound.fileno()}").stat().st_ino, granted)


def _enlarge(bound: socket.socket, buffer: int) -> int:
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    with contextlib.suppress(PermissionError):  # beyond net.core.rmem_max only when privileged
        bound.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, buffer)
    return bound.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2  # the kernel doubles it for its own needs


class KernelDrops:
    """Datagrams that the kernel dropped for want of buffer, also by /proc/net/udp: it knows those after the last read.

    A message's SO_RXQ_OVFL tells only of drops before that message. The larger of the two counts; both wrap at 2^32.
    """

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._last = {listener.inode: 0 for listener in listeners}
        self.total = 0

    def told(self, listener: Listener, drops: int) -> None:
        """What a message said."""
        behind = (drops - self._last[listener.inode]) & 0xFFFF_FFFF
        if behind < 1 << 31:  # else the table had been ahead of the message
            self.total += behind
            self._last[listener.inode] = drops

    def look(self, listeners: Sequence[Listener]) -> None:
        """Reads the tables: once a second, at idle and at the end."""
        by_inode = {listener.inode: listener for listener in listeners}
        for table in _TABLES:
            with contextlib.suppress(FileNotFoundError):
                for line in table.read_text().splitlines()[1:]:
                    fields = line.split()
                    if (listener := by_inode.get(int(fields[9]))) is not None:
                        self.told(listener, int(fields[-1]))

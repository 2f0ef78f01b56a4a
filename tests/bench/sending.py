"""Many datagrams a system call: a loop of `send` in Python would be slower than what is measured."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable

from tests.bench.laps import Laps

_MOST = 64  # datagrams of a call
_sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg


class Sender:
    """Sends laps to a port of loopback; every lap lies in the same memory, which is made known to the kernel once."""

    def __init__(self, laps: Laps, port: int) -> None:
        self._laps, self._at, self.port = laps, 0, port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._buffers = laps.lap()
        count = len(self._buffers)
        self._vectors = (ctypes.c_size_t * (2 * count))()
        self._messages = (ctypes.c_uint64 * (8 * count))()  # struct mmsghdr has 64 octets
        for at, buffer in enumerate(self._buffers):
            self._vectors[2 * at] = ctypes.addressof((ctypes.c_char * len(buffer)).from_buffer(buffer))
            self._vectors[2 * at + 1] = len(buffer)
            self._messages[8 * at + 2] = ctypes.addressof(self._vectors) + 16 * at
            self._messages[8 * at + 3] = 1

    def close(self) -> None:
        self._socket.close()

    def some(self, most: int) -> int:
        """The next datagrams, at most so many and as one call takes; says how many."""
        count = len(self._buffers)
        if self._at == count:
            self._laps.lap()
            self._at = 0
        first = ctypes.byref(self._messages, 64 * self._at)
        sent = int(_sendmmsg(self._socket.fileno(), first, min(_MOST, most, count - self._at), 0))
        if sent < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        self._at += sent
        return sent

    def send(self, count: int, wait: Callable[[], None]) -> None:
        """So many, and before each few of them `wait` may see whether the receiver keeps up."""
        while count > 0:
            wait()
            count -= self.some(count)

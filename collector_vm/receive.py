"""Many datagrams per system call, straight into the slots that the decoders read."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector_vm.sockets import KernelDrops, Listener

SLOTS = 2048
WIDTH = 9216  # the largest jumbo frame; what is longer is truncated and counted
# Of these, side by side: an Ethernet frame. No power of two, or all headers would want the same few lines of the cache.
_NEAR = 2112
_SLICES = 16
_CHARGED = 2_304  # what the kernel's queue counts for a datagram of an Ethernet frame
_NAME = 28  # sockaddr_in6
_CONTROL = 32  # one cmsghdr with a u32 is 24
_MSG_TRUNC, _MSG_DONTWAIT = 0x20, 0x40
# struct mmsghdr of 64-bit Linux
_MESSAGE = np.dtype(
    {
        "names": ["name", "namelen", "iov", "iovlen", "control", "controllen", "flags", "len"],
        "formats": ["u8", "u4", "u8", "u8", "u8", "u8", "u4", "u4"],
        "offsets": [0, 8, 16, 24, 32, 40, 48, 56],
        "itemsize": 64,
    }
)
_recvmmsg = ctypes.CDLL(None, use_errno=True).recvmmsg
_recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)


@dataclass(slots=True)
class Received:
    """What came in one go, in order. `sources` are 4 or 16 bytes each; slots are valid until the next call."""

    slots: NDArray[np.uint8]
    lengths: NDArray[np.int32]
    truncated: NDArray[np.bool_]
    received: NDArray[np.int64]
    sources: list[bytes]


class Receiver:
    """The receiving end of some listeners. One matrix of slots is used over and over."""

    def __init__(self, listeners: Sequence[Listener], *, linger: float, slots: int = SLOTS, width: int = WIDTH) -> None:
        self._listeners = {listener.socket.fileno(): listener for listener in listeners}
        self._linger = linger
        self._enough = [(one, min(slots * _CHARGED, one.granted // 4)) for one in listeners]
        self.drops = KernelDrops(listeners)
        self._poll, self._rest = select.poll(), select.poll()
        for descriptor in self._listeners:
            self._poll.register(descriptor, select.POLLIN)
        self.slots = np.zeros((slots, min(width, _NEAR)), np.uint8)
        self._beyond = _untouched(slots, max(width - _NEAR, 0))  # what the rare longer datagrams have more
        self._names = np.zeros((slots, _NAME), np.uint8)
        self._control = np.zeros((slots, _CONTROL), np.uint8)
        self._iov = np.zeros((slots, 2, 2), np.uint64)
        self._messages = np.zeros(slots, _MESSAGE)
        self._received = np.zeros(slots, np.int64)
        self._point()
        self._full = False
        self._turn = 0

    def _point(self) -> None:
        """The kernel writes where these addresses say; the arrays live as long as we do."""
        rows = np.arange(len(self.slots), dtype=np.uint64)
        for array, name in ((self._names, "name"), (self._control, "control"), (self._iov, "iov")):
            self._messages[name] = np.uint64(array.ctypes.data) + rows * np.uint64(array.strides[0])
        for part, array in enumerate((self.slots, self._beyond)):
            self._iov[:, part, 0] = np.uint64(array.ctypes.data) + rows * np.uint64(array.strides[0])
            self._iov[:, part, 1] = array.shape[1]
        self._messages["iovlen"] = 2

    @property
    def nbytes(self) -> int:
        return self.slots.nbytes + self._names.nbytes + self._control.nbytes + self._messages.nbytes

    def receive(self, timeout: float) -> Received | None:
        """Waits at most `timeout` seconds for the first datagram, then lingers so that more can come.

        After a full matrix it does not linger: there is more to fetch already.
        """
        ready = self._poll.poll(max(timeout, 0) * 1000)
        if not ready:
            return None
        if not self._full and self._linger:
            self._let_gather()
            ready = self._poll.poll(0)
        self._turn += 1
        turn = self._turn % len(ready)  # whoever floods one socket must not keep the others waiting
        count, sources = 0, list[bytes]()
        for descriptor, _ in (*ready[turn:], *ready[:turn]):
            if count == len(self.slots):
                break
            fresh = self._fetch(self._listeners[descriptor], count)
            if fresh:
                sources += self._sources(slice(count, count + fresh))
                count += fresh
        self._full = count == len(self.slots)
        if not count:
            return None
        used = self._messages[:count]
        lengths = used["len"].astype(np.int32)
        return Received(
            self._whole(count, int(lengths.max())),
            lengths,
            (used["flags"] & _MSG_TRUNC) != 0,
            self._received[:count],
            sources,
        )

    def _whole(self, count: int, longest: int) -> NDArray[np.uint8]:
        """The slots; a copy where a datagram goes beyond them."""
        near = self.slots.shape[1]
        if longest <= near:
            return self.slots[:count]
        return np.concatenate([self.slots[:count], self._beyond[:count, : longest - near]], axis=1)

    def _let_gather(self) -> None:
        """Decoding costs little more for many datagrams than for few, so we wait while the kernel's queues are short.

        In slices, and only up to a part of the buffer: a burst must not overflow it meanwhile.
        """
        for _ in range(_SLICES):
            with contextlib.suppress(OSError):  # a rest that is refused is none: it must never end a worker
                self._rest.poll(self._linger * 1000)  # no descriptor, so nothing but time wakes it
            if any(listener.queued() >= enough for listener, enough in self._enough):
                return

    def _fetch(self, listener: Listener, at: int) -> int:
        messages = self._messages[at:]
        messages["namelen"], messages["controllen"] = _NAME, _CONTROL
        count = _recvmmsg(listener.socket.fileno(), messages.ctypes.data, len(messages), _MSG_DONTWAIT, None)
        if count < 0:
            code = ctypes.get_errno()
            if code in (errno.EAGAIN, errno.EINTR):
                return 0
            raise OSError(code, os.strerror(code))
        self._received[at : at + count] = time.time_ns() // 1_000_000
        if count and messages["controllen"][count - 1]:
            self.drops.told(listener, int(self._control[at + count - 1, 16:20].view(np.uint32)[0]))
        return int(count)

    def _sources(self, rows: slice) -> list[bytes]:
        names = self._names[rows]
        if int(names[0, :2].view(np.uint16)[0]) == 2:  # AF_INET
            return _keys(names[:, 4:8])
        keys = _keys(names[:, 8:24])
        mapped = bytes(10) + b"\xff\xff"
        return [key[12:] if key.startswith(mapped) else key for key in keys]


def _untouched(rows: int, width: int) -> NDArray[np.uint8]:
    """Memory that there is only once somebody writes to it."""
    if not width:
        return np.zeros((rows, 0), np.uint8)
    return np.frombuffer(mmap.mmap(-1, rows * width), np.uint8).reshape(rows, width)


def _keys(addresses: NDArray[np.uint8]) -> list[bytes]:
    if (addresses == addresses[0]).all():
        return [addresses[0].tobytes()] * len(addresses)
    whole = np.ascontiguousarray(addresses).view(f"V{addresses.shape[1]}")[:, 0]
    found: list[bytes] = whole.tolist()
    return found

"""A network of our own for a test: this thread in one namespace, a peer in another, a cable between them."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

_NEW_NETWORK = 0x4000_0000
_ADDRESSES = (("198.51.100.1/24", "2001:db8:77::1/64"), ("198.51.100.2/24", "2001:db8:77::2/64"))
US, THEM = ("198.51.100.1", "2001:db8:77::1"), ("198.51.100.2", "2001:db8:77::2")
_LIBRARY = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Cable:
    """Our end and the peer's, and a process whose namespace is the peer's."""

    ours: str
    theirs: str
    peer: int

    def there(self, *command: str) -> list[str]:
        """A command as it is run at the peer's."""
        return ["nsenter", "-t", str(self.peer), "-n", *command]

    def python(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        command = self.there(sys.executable, "-c", program, *arguments)
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ip(*words: str, at: int | None = None) -> None:
    before = ["nsenter", "-t", str(at), "-n"] if at else []
    subprocess.run([*before, "ip", *words], check=True, capture_output=True)


def join_up(peer: int) -> None:
    """Lays the cable; it is gone when one of its ends is."""
    ip("link", "add", "ours", "type", "veth", "peer", "name", "theirs", "netns", str(peer))
    for name, addresses, at in (("ours", _ADDRESSES[0], None), ("theirs", _ADDRESSES[1], peer)):
        ip("addr", "add", addresses[0], "dev", name, at=at)
        ip("addr", "add", addresses[1], "dev", name, "nodad", at=at)
        ip("link", "set", name, "up", at=at)


@contextmanager
def cable() -> Iterator[Cable]:
    """Threads and processes that are started meanwhile live in our end; skips where we may not make namespaces."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    if _LIBRARY.unshare(_NEW_NETWORK):
        os.close(before)
        pytest.skip("making network namespaces takes the right CAP_SYS_ADMIN")
    held = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo made; exec sleep 600"], stdout=subprocess.PIPE)
    try:
        assert held.stdout is not None
        assert held.stdout.readline() == b"made\n"
        for at in (None, held.pid):
            ip("link", "set", "lo", "up", at=at)
        join_up(held.pid)
        yield Cable("ours", "theirs", held.pid)
    finally:
        _LIBRARY.setns(before, _NEW_NETWORK)
        os.close(before)
        held.kill()
        held.wait()
        assert held.stdout is not None
        held.stdout.close()

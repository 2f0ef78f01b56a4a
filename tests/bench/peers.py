"""The collectors that others made, where they are installed: nfdump's and pmacct's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import loopback, processes

BUFFER = 4 << 20
_PATH = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"


@dataclass(frozen=True, slots=True)
class Running:
    """A collector that listens. `count` stops it, and says how many flows it kept; None where nobody can say."""

    pid: int
    port: int
    quiet: float  # seconds without CPU time after which it has done all it will do
    count: Callable[[], int | None]


@dataclass(frozen=True, slots=True)
class Peer:
    """`share` of the load is enough for the slow ones."""

    name: str
    program: str
    protocols: tuple[str, ...]
    share: float = 1.0

    @property
    def installed(self) -> bool:
        return shutil.which(self.program, path=_PATH) is not None


PEERS = (
    Peer("nfcapd", "nfcapd", ("v5", "v9", "ipfix")),
    Peer("nfcapd_lz4", "nfcapd", ("v5", "v9", "ipfix")),
    Peer("sfcapd", "sfcapd", ("sflow",)),
    Peer("nfacctd", "nfacctd", ("v5", "v9", "ipfix"), share=0.2),
    Peer("sfacctd", "sfacctd", ("sflow",), share=0.2),
)


@contextmanager
def running(peer: Peer) -> Iterator[Running]:
    """Starts a peer the way its users do, with the same receive buffer as ours; its files are on tmpfs."""
    port = loopback.free_port()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        command, started = _STARTS[peer.program](Path(folder), port, peer.name.endswith("lz4"))
        program = shutil.which(command[0], path=_PATH) or command[0]
        with subprocess.Popen(
            [program, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
        ) as process:
            try:
                loopback.listening(port)

                def count() -> int | None:
                    processes.stop(process)
                    return started.count()

                yield Running(process.pid, port, started.quiet, count)
            finally:
                processes.stop(process)


@dataclass(frozen=True, slots=True)
class _Started:
    quiet: float
    count: Callable[[], int | None]


Start = tuple[list[str], _Started]


def _nfdump(program: str) -> Callable[[Path, int, bool], Start]:
    def start(folder: Path, port: int, lz4: bool) -> Start:
        flows = folder / "flows"
        flows.mkdir()
        command = [program, "-b", "127.0.0.1", "-p", str(port), "-w", str(flows), "-t", "3600", "-B", str(BUFFER)]
        return command + ["-y"] * lz4, _Started(0.5, lambda: _kept(flows))

    return start


def _kept(flows: Path) -> int:
    """What nfdump finds in the files that the capture daemon left."""
    total = 0
    for file in flows.glob("nfcapd.*"):
        told = subprocess.run(["nfdump", "-r", file, "-I"], capture_output=True, text=True, check=True).stdout
        total += sum(int(found) for found in re.findall(r"^Flows: (\d+)", told, re.MULTILINE))
    return total


def _pmacct(program: str) -> Callable[[Path, int, bool], Start]:
    def start(folder: Path, port: int, _: bool) -> Start:
        """Its print plugin to nowhere: the fastest way it has to make all its records into something."""
        (folder / "conf").write_text(
            f"daemonize: false\n{program}_ip: 127.0.0.1\n"
            f"{program}_port: {port}\n{program}_pipe_size: {BUFFER}\n"
            "plugins: print[p]\nplugin_pipe_size: 268435456\nplugin_buffer_size: 1048576\n"
            "aggregate[p]: src_host,dst_host,src_port,dst_port,proto\nprint_output[p]: csv\n"
            "print_output_file[p]: /dev/null\nprint_refresh_time[p]: 5\n"
        )
        return [program, "-f", str(folder / "conf")], _Started(5.5, lambda: None)

    return start


_STARTS: dict[str, Callable[[Path, int, bool], Start]] = {
    "nfcapd": _nfdump("nfcapd"),
    "sfcapd": _nfdump("sfcapd"),
    "nfacctd": _pmacct("nfacctd"),
    "sfacctd": _pmacct("sfacctd"),
}

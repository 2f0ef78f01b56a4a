"""Debian's exporters as programs: each watches a capture of traffic and sends what it saw to a collector."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PATH = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
_KEYS = "src_host,dst_host,src_port,dst_port,proto,tos,tcpflags,in_iface,out_iface"


@dataclass(frozen=True, slots=True)
class Exporter:
    """`run` sends what is in the capture to 127.0.0.1:port and returns when all is sent."""

    name: str
    program: str
    to: str  # which of the stack's ports
    source: str  # the address that it sends from
    run: Callable[[Path, int], None]


def softflowd(version: int) -> Callable[[Path, int], None]:
    def run(capture: Path, port: int) -> None:
        folder = capture.parent
        command = [_found("softflowd"), "-r", str(capture), "-n", f"127.0.0.1:{port}", "-v", str(version)]
        command += ["-d", "-p", str(folder / "softflowd.pid"), "-c", "none", "-m", "100000"]
        subprocess.run(command, check=True, timeout=60, capture_output=True, cwd=folder)

    return run


def pmacctd(plugin: str, *lines: str) -> Callable[[Path, int], None]:
    """pmacctd goes on when its capture ends; told to stop, it sends what it still holds."""

    def run(capture: Path, port: int) -> None:
        folder = capture.parent
        config = folder / "pmacctd.conf"
        options = ["daemonize: false", f"pcap_savefile: {capture}", "pcap_savefile_wait: 0", f"plugins: {plugin}[a]"]
        config.write_text("\n".join([*options, *(line.format(port=port) for line in lines)]) + "\n")
        with subprocess.Popen(
            [_found("pmacctd"), "-f", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            start_new_session=True,
        ) as process:
            time.sleep(4)  # it says nowhere that it has read everything; this is a hundred times what it needs
            process.send_signal(signal.SIGINT)
            process.wait(60)

    return run


def _nfprobe(version: int, source: str) -> Callable[[Path, int], None]:
    return pmacctd(
        "nfprobe",
        "nfprobe_receiver[a]: 127.0.0.1:{port}",
        f"nfprobe_version[a]: {version}",
        f"nfprobe_source_ip[a]: {source}",
        f"aggregate[a]: {_KEYS}",
    )


def _found(program: str) -> str:
    where = shutil.which(program, path=_PATH)
    if where is None:
        raise FileNotFoundError(f"{program} is not installed: run tests/debian-packages")
    return where


EXPORTERS = (
    Exporter("softflowd, NetFlow v5", "softflowd", "netflow", "127.0.0.1", softflowd(5)),
    Exporter("softflowd, NetFlow v9", "softflowd", "netflow", "127.0.0.1", softflowd(9)),
    Exporter("softflowd, IPFIX", "softflowd", "ipfix", "127.0.0.1", softflowd(10)),
    Exporter("pmacctd, NetFlow v9", "pmacctd", "netflow", "127.0.30.1", _nfprobe(9, "127.0.30.1")),
    Exporter("pmacctd, IPFIX", "pmacctd", "ipfix", "127.0.30.2", _nfprobe(10, "127.0.30.2")),
    Exporter(
        "pmacctd, sFlow",
        "pmacctd",
        "sflow",
        "127.0.30.3",
        pmacctd(
            "sfprobe",
            "sfprobe_receiver[a]: 127.0.0.1:{port}",
            "sfprobe_agentip[a]: 127.0.30.3",
            "sfprobe_source_ip[a]: 127.0.30.3",
            "sampling_rate: 1",
        ),
    ),
)

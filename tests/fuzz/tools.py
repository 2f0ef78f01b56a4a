"""What tshark and nfdump say of the flows in some datagrams, and what FlowLens says, in the same words."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from xml.etree import ElementTree  # what our own tshark wrote

from flowlens.flows.columns import Columns
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode

from tests.bench import loopback
from tests.fuzz.capture import capture
from tests.fuzz.valid import Flow

_ENVIRONMENT = os.environ | {"TZ": "UTC"}


def flowlens(payloads: list[bytes]) -> list[Flow]:
    """By the decoders, in one batch."""
    return list(_rows(decode(Datagrams.of(payloads, received=1_760_000_000_000), DecoderState())))


def _rows(flows: Columns) -> Iterator[Flow]:
    names = ("src_port", "dst_port", "protocol", "tcp_flags", "octets", "packets", "start", "end", "icmp")
    columns = [flows[name].tolist() for name in names]
    ends = [
        [_address(*both) for both in zip(flows[f"{end}_high"].tolist(), flows[f"{end}_low"].tolist(), strict=True)]
        for end in ("src", "dst")
    ]
    for src, dst, *numbers in zip(*ends, *columns, strict=True):
        one = Flow._make((src, dst, *numbers))
        yield one._replace(icmp=0) if one.icmp == 0xFFFF else one


def _address(high: int, low: int) -> str:
    whole = IPv6Address(high << 64 | low)
    return str(whole.ipv4_mapped or whole)


# --- tshark


def tshark(payloads: list[bytes], folder: Path, *, sflow: bool = False) -> list[Flow]:
    """By Wireshark's dissector. It says how long a flow took: `start` is 0, `end` its duration."""
    port = 6343 if sflow else 9996
    path = folder / "capture.pcap"
    path.write_bytes(capture(payloads, port))
    kind = "sflow" if sflow else "cflow"
    command = ["tshark", "-n", "-r", str(path), "-d", f"udp.port=={port},{kind}", "-T", "pdml"]
    told = subprocess.run(command, check=True, capture_output=True, env=_ENVIRONMENT).stdout
    root = ElementTree.fromstring(told)  # noqa: S314
    if sflow:
        return [one for sample in _shown(root, "Flow sample") if (one := _sampled(sample)) is not None]
    return [one for kind in ("Flow ", "pdu ") for element in _shown(root, kind) for one in _dissected(element)]


def _shown(root: ElementTree.Element, begin: str) -> Iterator[ElementTree.Element]:
    return (one for one in root.iter("field") if one.get("name") == "" and (one.get("show") or "").startswith(begin))


def _dissected(element: ElementTree.Element) -> list[Flow]:
    there: dict[str, str] = {}
    back: dict[str, str] = {}
    for field in element.iter("field"):
        side = back if "Reverse" in (field.get("showname") or "") else there
        side.setdefault(field.get("name") or "", field.get("value") or field.get("show") or "")
    delta = next((f.get("show") or "0" for f in element.iter("field") if f.get("name") == "cflow.timedelta"), "0")
    ends = [_hex_address(there, f"cflow.{end}addr") for end in ("src", "dst")]
    if not any(ends):
        return []
    ports = [_number(there, f"cflow.{end}port") for end in ("src", "dst")]
    protocol, took = _number(there, "cflow.protocol"), round(float(delta) * 1000)
    first = Flow(ends[0], ends[1], ports[0], ports[1], protocol, *_counts(there), 0, took)
    if not back:
        return [first]
    return [first, Flow(ends[1], ends[0], ports[1], ports[0], protocol, *_counts(back), 0, took)]


def _counts(found: dict[str, str]) -> tuple[int, int, int]:
    return _number(found, "cflow.tcpflags"), _number(found, "cflow.octets"), _number(found, "cflow.packets")


def _number(found: dict[str, str], name: str) -> int:
    return int(found.get(name) or "0", 16)


def _hex_address(found: dict[str, str], name: str) -> str:
    value = found.get(name) or found.get(f"{name}v6") or ""
    return str(ip_address(bytes.fromhex(value))) if value else ""


def _sampled(sample: ElementTree.Element) -> Flow | None:
    """The outermost packet of a sample."""
    said: dict[str, str] = {}
    for field in sample.iter("field"):
        said.setdefault(field.get("name") or "", field.get("show") or "")
    if "sflow_245.header.frame_length" not in said:
        return None
    ends = [next((said[n] for n in (f"ip.{end}", f"ipv6.{end}") if n in said), "") for end in ("src", "dst")]
    ports = [
        int(next((said[n] for n in (f"tcp.{end}port", f"udp.{end}port") if n in said), "0")) for end in ("src", "dst")
    ]
    protocol = int(said.get("ip.proto") or said.get("ipv6.nxt") or "0")
    flags = int(said.get("tcp.flags") or "0", 16)
    icmp = [said.get(f"icmp.{part}") or said.get(f"icmpv6.{part}") or "0" for part in ("type", "code")]
    octets = int(said["sflow_245.header.frame_length"])
    return Flow(
        ends[0], ends[1], ports[0], ports[1], protocol, flags, octets, 1, 0, 0, int(icmp[0]) << 8 | int(icmp[1])
    )


# --- nfdump


def nfdump(payloads: Iterable[bytes], folder: Path, *, sflow: bool = False) -> list[Flow]:
    """By nfcapd or sfcapd on loopback, read back with nfdump. A biflow is one record of both directions there."""
    port = loopback.free_port()
    kept = folder / "flows"
    kept.mkdir()
    program = "sfcapd" if sflow else "nfcapd"
    command = [program, "-b", "127.0.0.1", "-p", str(port), "-w", str(kept), "-t", "3600", "-B", str(4 << 20)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        try:
            loopback.listening(port)
            _send(payloads, port)
        finally:
            daemon.terminate()
            daemon.wait(30)
    found: list[Flow] = []
    for file in sorted(kept.glob("nfcapd.*")):
        told = subprocess.run(
            ["nfdump", "-r", str(file), "-o", "json"], check=True, capture_output=True, text=True, env=_ENVIRONMENT
        ).stdout
        found += [one for record in json.loads(told or "[]") for one in _recorded(record)]
    return found


def _send(payloads: Iterable[bytes], port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", port))
        for payload in payloads:
            out.send(payload)
            while loopback.queue(port).waiting > 1 << 16:
                time.sleep(0.001)
    while loopback.queue(port).waiting:
        time.sleep(0.005)
    time.sleep(0.2)


def _recorded(record: dict[str, str | int]) -> list[Flow]:
    def number(name: str) -> int:
        return int(record.get(name, 0))

    if record.get("type") != "FLOW":
        return []
    src, dst = (str(record.get(f"{end}4_addr") or record.get(f"{end}6_addr") or "") for end in ("src", "dst"))
    start, end = (_millis(str(record[name])) for name in ("first", "last"))
    flags = sum(1 << 7 - at for at, letter in enumerate(str(record.get("tcp_flags", ""))) if letter != ".")
    ports, icmp = (number("src_port"), number("dst_port")), number("icmp_type") << 8 | number("icmp_code")
    counts = (number("in_bytes"), number("in_packets"))
    there = Flow(src, dst, ports[0], ports[1], number("proto"), flags, counts[0], counts[1], start, end, icmp)
    if "out_bytes" not in record:
        return [there]
    back = there._replace(src=dst, dst=src, src_port=ports[1], dst_port=ports[0])
    return [there, back._replace(octets=number("out_bytes"), packets=number("out_packets"))]


def _millis(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)

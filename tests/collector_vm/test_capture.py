"""What a collector sees of an interface: to the octet what tshark sees, of headers only, and nothing unless told."""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from flowlens.flows import batch, body, report, sightings
from flowlens.flows.columns import Columns, Format, join
from flowlens.flows.losses import lost_flows
from flowlens.flows.reading import interfaces

from collector_vm.capture.tap import machine
from tests.collector_vm.kinesis import Sink
from tests.collector_vm.running import Running, collector, eventually, health
from tests.collector_vm.test_collector import exporters, taken
from tests.namespaces import THEM, US, Cable, cable, ip, join_up

CANARY = b"canary-of-somebodys-letter"
EXPORTER = interfaces.address(0, f"interface:{machine()}:ours")
Ends = tuple[int, str, int, str, int]  # protocol, source, its port, destination, its port
Sums = dict[Ends, tuple[int, int]]  # packets and octets of each direction
ECHO = """
import socket, sys, threading
def tcp(door):
    while True:
        came, _ = door.accept()
        with came:
            while got := came.recv(65536):
                came.sendall(got[: len(got) // 2 + 1])
def udp(door):
    while True:
        got, sender = door.recvfrom(65536)
        door.sendto(got * 2, sender)
for where in sys.argv[1:]:
    for serve, kind in ((tcp, socket.SOCK_STREAM), (udp, socket.SOCK_DGRAM)):
        door = socket.socket(socket.AF_INET6 if ":" in where else socket.AF_INET, kind)
        door.bind((where, 7000))
        if serve is tcp:
            door.listen()
        threading.Thread(target=serve, args=(door,), daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""


@dataclass(slots=True)
class Watched:
    cable: Cable
    sink: Sink
    running: Running
    spool: Path

    def flows(self) -> Columns:
        return captured(self.sink)


def captured(sink: Sink) -> Columns:
    found = [body.decode(one.body) for one in taken(sink) if one.kind == batch.FLOWS]
    return join([one.columns for one in found if one.exporters == [EXPORTER]])


@contextmanager
def watched(tmp_path: Path, *, capture: str = "ours", **settings: str | int | float) -> Iterator[Watched]:
    """A collector on our end of the cable, its stream on the same end's loopback."""
    sink, spool = Sink(), tmp_path / "spool"
    given = {"capture": capture, "capture_seconds": 0.5, "report_seconds": 1, "sources_seconds": 0.2, **settings}
    with cable() as made, sink.serving() as endpoint, collector(endpoint, spool, **given) as running:
        assert eventually(lambda: health(running)["capturing"] == 1 or settings.get("unknown_exporters") == "hold")
        yield Watched(made, sink, running, spool)


@contextmanager
def echoing(made: Cable) -> Iterator[None]:
    """The peer answers at port 7000, of both versions of IP, over TCP and UDP."""
    with made.python(ECHO, *THEM) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


def speak(size: int, where: str) -> None:
    """A conversation over TCP and one over UDP, with the canary in each packet of them."""
    family = socket.AF_INET6 if ":" in where else socket.AF_INET
    letter = (CANARY * (size // len(CANARY) + 1))[: max(size, len(CANARY))]
    with socket.socket(family) as wire:
        wire.connect((where, 7000))
        wire.sendall(letter)
        wire.shutdown(socket.SHUT_WR)
        while wire.recv(65536):
            pass
    with socket.socket(family, socket.SOCK_DGRAM) as wire:
        for _ in range(3):
            wire.sendto(letter[:700], (where, 7000))
            wire.recv(65536)


@contextmanager
def tcpdump(interface: str, into: Path) -> Iterator[None]:
    """It watches the same interface, whole packets."""
    command = ["tcpdump", "-i", interface, "-s", "0", "-U", "-w", str(into), "-Z", "root"]
    with subprocess.Popen([*command, "tcp or udp"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("listening on" in line for line in process.stderr)
        yield
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.sendto(b"the last packet", (THEM[0], 7001))
        assert eventually(lambda: b"the last packet" in into.read_bytes())
        process.terminate()


def tshark(file: Path, *options: str) -> list[str]:
    run = subprocess.run(["tshark", "-r", str(file), *options], capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def by_tshark(file: Path) -> Sums:
    """Each packet's own line: `-z conv` rounds octets to kB, and is asked for frames apart."""
    ends = ("ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "ip.proto", "ipv6.nxt")
    ports = ("tcp.srcport", "udp.srcport", "tcp.dstport", "udp.dstport", "frame.len")
    packets, octets = Counter[Ends](), Counter[Ends]()
    for line in tshark(file, "-T", "fields", *(word for name in (*ends, *ports) for word in ("-e", name))):
        said = line.split("\t")
        source, destination, protocol, port, at = (said[i] or said[i + 1] for i in (0, 2, 4, 6, 8))
        key = (int(protocol), source, int(port), destination, int(at))
        packets[key] += 1
        octets[key] += int(said[10])
    return {key: (packets[key], octets[key]) for key in packets}


def by_flowlens(flows: Columns) -> Sums:
    packets, octets = Counter[Ends](), Counter[Ends]()
    for row in range(flows.rows):
        ends = []
        for end in ("src", "dst"):
            address = IPv6Address(int(flows[f"{end}_high"][row]) << 64 | int(flows[f"{end}_low"][row]))
            ends += [str(address.ipv4_mapped or address), int(flows[f"{end}_port"][row])]
        key = (int(flows["protocol"][row]), *ends)
        packets[key] += int(flows["packets"][row])  # type: ignore[index]
        octets[key] += int(flows["octets"][row])  # type: ignore[index]
    return {key: (packets[key], octets[key]) for key in packets if key[0] in (6, 17)}


def conversations(sums: Sums, protocol: int) -> list[int]:
    """Frames of each conversation, both ways."""
    found = Counter[frozenset[tuple[str, int]]]()
    for (number, source, port, destination, at), (packets, _) in sums.items():
        if number == protocol:
            found[frozenset({(source, port), (destination, at)})] += packets
    return sorted(found.values())


def test_conversations_agree_with_tshark_to_the_octet(tmp_path: Path) -> None:
    with watched(tmp_path) as here, echoing(here.cable):
        with tcpdump("ours", tmp_path / "seen.pcap"):
            for size in (1, 900, 20_000, 300_000):
                for where in THEM:
                    speak(size, where)
        theirs = by_tshark(tmp_path / "seen.pcap")
        assert here.running.stop() == 0
        flows = here.flows()
        mine = by_flowlens(flows)
    assert {key[:2] for key in theirs} == {(protocol, end) for protocol in (6, 17) for end in (*US, *THEM)}
    assert mine == theirs
    for protocol, name in ((6, "tcp"), (17, "udp")):
        listed = tshark(tmp_path / "seen.pcap", "-q", "-z", f"conv,{name}")
        frames = [int(line.split("<->")[1].split()[-5]) for line in listed if "<->" in line]
        assert sorted(frames) == conversations(mine, protocol)
    assert set(flows["format"].tolist()) == {int(Format.CAPTURE)}
    out = flows.take(flows["output_if"] > 0)
    assert {key[1] for key in by_flowlens(out)} == set(US)
    assert {key[1] for key in by_flowlens(flows.take(flows["input_if"] > 0))} == set(THEM)
    source = exporters(here.sink)[EXPORTER]
    assert source.formats == (int(Format.CAPTURE),)
    assert source.counters["capture_packets"] == int(flows["packets"].sum()) + source.counters["capture_not_ip"]
    assert source.counters["flows"] == source.counters["flows_acknowledged"] == flows.rows
    assert ("interfaces", "ours") in {(one.kind, one.name) for one in names(here.sink)}


def names(sink: Sink) -> list[report.Name]:
    return [name for one in taken(sink) if one.kind == batch.REPORT for name in report.decode(one.body).names]


def dns(name: str, address: str) -> bytes:
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split(".")) + b"\0"
    head = struct.pack(">HHHHHH", 1, 0x8180, 1, 1, 0, 0)
    answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(address)
    return head + labels + struct.pack(">HH", 1, 1) + answer


def hello(name: str) -> bytes:
    sni = struct.pack(">HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name.encode()
    greeting = b"\x03\x03" + bytes(32) + b"\0" + b"\x00\x02\x13\x01" + b"\x01\0" + struct.pack(">H", len(sni)) + sni
    handshake = b"\x01" + len(greeting).to_bytes(3, "big") + greeting
    return b"\x16\x03\x01" + struct.pack(">H", len(handshake)) + handshake


def say_names(made: Cable) -> None:
    """The peer answers a question about a name; we greet its port 7000 as a TLS client does."""
    answering = (
        "import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 53))\n"
        "s.sendto(bytes.fromhex(sys.argv[2]), (sys.argv[3], 5353))"
    )
    with made.python(answering, THEM[0], dns("db.example.com", "192.0.2.9").hex(), US[0]) as process:
        assert process.wait() == 0
    with socket.create_connection((THEM[0], 7000)) as wire:
        wire.sendall(hello("shop.example.com") + CANARY)
        wire.recv(1)


def said(sink: Sink) -> set[tuple[str, str, str]]:
    found = [one for record in taken(sink) if record.kind == batch.SIGHTINGS for one in sightings.decode(record.body)]
    return {(str(one.kind), one.subject.address, one.value) for one in found if one.subject.server is None}


@pytest.mark.parametrize("wanted", ["true", "false"])
def test_no_octet_of_what_was_said_is_kept_but_the_names_that_are_wanted(tmp_path: Path, wanted: str) -> None:
    with watched(tmp_path, capture_names=wanted) as here, echoing(here.cable):
        here.sink.down = True  # all of it stays in the spool, where we can look
        speak(50_000, THEM[0])
        speak(500, THEM[1])
        say_names(here.cable)
        assert eventually(lambda: here.running.counter("flows", EXPORTER) >= 10)
        spooled = [file.read_bytes() for file in here.spool.rglob("*") if file.is_file()]
        here.sink.down = False
        assert here.running.stop() == 0
        assert by_flowlens(here.flows())
    assert spooled
    everything = [*spooled, *(record.body for record in taken(here.sink))]
    assert not [octets for octets in everything if CANARY[:8] in octets]
    names = {("dns_name", "192.0.2.9", "db.example.com"), ("tls_name", THEM[0], "shop.example.com")}
    assert said(here.sink) == (names if wanted == "true" else set())


def packet_sockets() -> int:
    return len(Path("/proc/thread-self/net/packet").read_text().splitlines()) - 1


def test_it_is_off_unless_an_interface_is_named(tmp_path: Path) -> None:
    sink = Sink()
    with cable() as made, sink.serving() as endpoint, collector(endpoint, tmp_path / "spool") as running:
        with echoing(made):
            speak(1_000, THEM[0])
        assert (packet_sockets(), health(running)["capturing"], len(running.workers())) == (0, 0, 1)
        assert running.stop() == 0
    assert not exporters(sink)


def test_a_source_that_is_held_is_not_looked_at_until_somebody_accepts_it(tmp_path: Path) -> None:
    with watched(tmp_path, unknown_exporters="hold") as here, echoing(here.cable):
        speak(1_000, THEM[0])
        assert eventually(lambda: EXPORTER in (exporters(here.sink) if last(here.sink) else {}))
        assert (exporters(here.sink)[EXPORTER].state, packet_sockets()) == ("held", 0)
        here.sink.sources = {EXPORTER: "accepted"}
        assert eventually(lambda: health(here.running)["capturing"] == 1)
        assert packet_sockets() == 1
        speak(2_000, THEM[1])
        assert eventually(lambda: len(by_flowlens(here.flows())) == 4)
        here.sink.sources = {EXPORTER: "refused"}
        assert eventually(lambda: packet_sockets() == 0)
        speak(3_000, THEM[0])
        assert here.running.stop() == 0
        assert {key[1] for key in by_flowlens(here.flows())} == {US[1], THEM[1]}


def last(sink: Sink) -> bool:
    return any(one.kind == batch.REPORT for one in taken(sink))


def test_a_packet_on_loopback_counts_once_and_our_own_datagrams_are_told_but_no_flows(tmp_path: Path) -> None:
    mine = interfaces.address(0, f"interface:{machine()}:lo")
    with watched(tmp_path, capture="lo") as here:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            for _ in range(7):
                one.sendto(CANARY, ("127.0.0.1", 9_999))
            for _ in range(5):
                one.sendto(bytes(40), ("127.0.0.1", here.running.netflow))
        assert eventually(lambda: here.running.counter("capture_own", mine) == 5)
        assert here.running.stop() == 0
        found = [body.decode(one.body) for one in taken(here.sink) if one.kind == batch.FLOWS]
        sums = by_flowlens(join([one.columns for one in found if one.exporters == [mine]]))
    to_port = {key[4]: value for key, value in sums.items() if key[0] == 17}
    assert to_port[9_999] == (7, 7 * (14 + 28 + len(CANARY)))
    assert here.running.netflow not in to_port


def test_what_the_kernel_had_no_room_for_is_counted_by_name(tmp_path: Path) -> None:
    with watched(tmp_path, capture_buffer=1 << 21) as here:
        capturer = here.running.workers()[-1]
        os.kill(capturer, signal.SIGSTOP)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
                for _ in range(40_000):
                    one.sendto(b"x", (THEM[0], 9_999))
        finally:
            os.kill(capturer, signal.SIGCONT)
        assert eventually(lambda: here.running.counter("capture_dropped", EXPORTER) > 0)
        metrics = here.running.get("/metrics")[1]
        assert here.running.stop() == 0
        flows = here.flows()
    counters = exporters(here.sink)[EXPORTER].counters
    assert counters["capture_packets"] >= 40_000
    rest = sum(counters.get(f"capture_{name}", 0) for name in ("dropped", "own", "not_ip", "time"))
    assert counters["capture_packets"] == int(flows["packets"].sum()) + rest
    assert counters["received"] == counters["capture_packets"] - counters["capture_dropped"]
    assert lost_flows(counters).most is None
    assert f'capture_dropped_total{{exporter="{EXPORTER}"}}' in metrics


def test_flows_in_the_spool_outlive_a_kill_and_arrive_once(tmp_path: Path) -> None:
    with watched(tmp_path) as here, echoing(here.cable):
        here.sink.down = True
        speak(5_000, THEM[0])
        assert eventually(lambda: here.running.counter("flows", EXPORTER) >= 4)
        # Half a second of looking, one of gathering, a tenth until the sync; the four may be of the cable's own talk.
        time.sleep(3)
        killed = here.running.workers()[-1]
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: here.running.workers()[-1:] != [killed] and health(here.running)["capturing"] == 1)
        here.sink.down = False
        assert eventually(lambda: here.flows().rows >= 4)
        assert here.running.stop() == 0
        sums = by_flowlens(here.flows())
    assert len({one.identity for one in taken(here.sink) if one.kind == batch.FLOWS}) == len(
        [one for one in taken(here.sink) if one.kind == batch.FLOWS]
    )
    sent = [octets for key, (_, octets) in sums.items() if key[:2] == (17, US[0]) and key[4] == 7000]
    assert sent == [3 * (14 + 28 + 700)]


def test_what_the_spool_holds_is_sent_although_nothing_is_captured_any_more(tmp_path: Path) -> None:
    sink = Sink()
    with cable() as made, sink.serving() as endpoint, echoing(made):
        with collector(endpoint, tmp_path / "spool", capture="ours", capture_seconds=0.5, drain_seconds=1) as first:
            assert eventually(lambda: health(first)["capturing"] == 1)
            sink.down = True
            speak(1_000, THEM[0])
            assert eventually(lambda: first.counter("flows", EXPORTER) >= 4)
            first.stop()
        sink.down = False
        assert not captured(sink).rows
        with collector(endpoint, tmp_path / "spool") as second:
            assert eventually(lambda: captured(sink).rows >= 4)
            assert second.stop() == 0


def test_an_interface_that_goes_and_comes_is_captured_again(tmp_path: Path) -> None:
    with watched(tmp_path) as here:
        ip("link", "del", "ours")
        assert eventually(lambda: health(here.running)["capturing"] == 0)
        join_up(here.cable.peer)
        assert eventually(lambda: health(here.running)["capturing"] == 1)
        ip("link", "set", "ours", "down")
        time.sleep(1)
        ip("link", "set", "ours", "up")
        ip("addr", "replace", "203.0.113.1/24", "dev", "ours")
        ip("neigh", "add", "203.0.113.2", "lladdr", "02:00:00:00:00:02", "dev", "ours")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.sendto(b"x", ("203.0.113.2", 1_234))
        assert eventually(lambda: any(key[4] == 1_234 for key in by_flowlens(here.flows())))
        assert here.running.stop() == 0


def test_only_the_process_that_captures_may_look_at_packets(tmp_path: Path) -> None:
    with watched(tmp_path, workers=2) as here:
        may = []
        for process in here.running.workers():
            status = Path(f"/proc/{process}/status").read_text()
            rights = int(re.findall(r"CapEff:\s+(\w+)", status)[0], 16)
            may.append(rights >> 13 & 1)
        assert here.running.stop() == 0
    assert may == [0, 0, 1]


def test_a_tag_that_the_kernel_took_out_is_the_flows(tmp_path: Path) -> None:
    with watched(tmp_path) as here:
        tagged = struct.pack(">6s6sHHHHH", b"\x02" * 6, b"\x04" * 6, 0x88A8, 100, 0x8100, 200, 0x0800)
        packet = struct.pack(
            ">BBHHHBBH4s4sHHHH", 0x45, 0, 29, 1, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2", 5, 6, 9, 0
        )
        sending = (
            "import socket, sys\ns = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0); s.bind(('theirs', 0))\n"
            "s.send(bytes.fromhex(sys.argv[1]))"
        )
        with here.cable.python(sending, (tagged + packet + b"x").hex()) as process:
            assert process.wait() == 0
        assert eventually(lambda: 6 in here.flows()["dst_port"].tolist())
        assert here.running.stop() == 0
        flows = here.flows()
    (row,) = [at for at in range(flows.rows) if flows["dst_port"][at] == 6]
    assert (int(flows["vlan"][row]), int(flows["customer_vlan"][row])) == (100, 200)
    assert int(flows["octets"][row]) == len(tagged) + len(packet) + 1


def test_an_interface_that_is_not_there_disturbs_no_other(tmp_path: Path) -> None:
    with watched(tmp_path, capture="absent,ours") as here, echoing(here.cable):
        speak(1_000, THEM[0])
        assert eventually(lambda: here.flows().rows >= 4)
        assert here.running.stop() == 0

"""`flowlens replay`: every datagram arrives in order, its times now, its flows as long as they were."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flowlens.flows.columns import Columns, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.model.errors import Invalid

from cdk.local.cli import main
from cdk.local.replay import Pace, exports, seconds_to_now, send, survey
from cdk.local.shift import Shifter, exported_at
from tests.recordings import EXPORTS, TOTALS
from tests.unit.cli import captures as make

SHIFT = 12_345_678  # seconds


def flows(payloads: list[bytes]) -> Columns:
    state = DecoderState()
    return join([decode(Datagrams.of(payloads[at : at + 1000]), state) for at in range(0, len(payloads), 1000)])


@pytest.mark.parametrize("name", TOTALS)
def test_a_shift_moves_every_flow_by_the_same_time_and_changes_nothing_else(name: str) -> None:
    shifter = Shifter(SHIFT)
    kept = [p.data for p in exports(EXPORTS / f"{name}.pcap.gz")]
    before, after = flows(kept), flows([shifter.shift(b"", data) for data in kept])
    assert before.rows == after.rows == TOTALS[name].flows
    assert not shifter.unknown
    moved = 0 if name == "pmacctd_sflow5" else SHIFT * 1000  # sFlow says no time
    for column in ("start", "end"):
        assert set((after[column].astype(np.int64) - before[column].astype(np.int64)).tolist()) == {moved}
    for column in set(before.values) - {"start", "end"}:
        assert np.array_equal(before[column], after[column]), column


def test_the_latest_export_is_stamped_with_the_moment_it_will_be_sent() -> None:
    found = survey(exports(EXPORTS / "softflowd_v9.pcap.gz"))
    assert (found.datagrams, found.others, dict(found.exporters)) == (4_123, 0, {"127.0.0.1": 4_123})
    now = 2_000_000_000.0
    assert found.exported + seconds_to_now(found, Pace(), now=now) == now
    assert found.exported + seconds_to_now(found, Pace(rate=4_123 / 60), now=now) == now + 60
    assert found.exported + seconds_to_now(found, Pace(speed=0.01), now=now) == round(now + found.span * 100)


def test_a_pace_is_one_of_three() -> None:
    assert Pace.of(rate=None, speed=None, fast=False).due(7, 3.0) == 3.0
    assert Pace.of(rate=2, speed=None, fast=False).due(7, 3.0) == 3.5
    assert Pace.of(rate=None, speed=2, fast=False).due(7, 3.0) == 1.5
    assert Pace.of(rate=None, speed=None, fast=True).due(7, 3.0) == 0.0
    with pytest.raises(Invalid, match="choose one"):
        Pace.of(rate=1, speed=1, fast=False)


@pytest.fixture
def collector() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sink.bind(("127.0.0.1", 0))
        sink.settimeout(10)
        yield sink


def test_datagrams_arrive_in_order_from_the_address_that_was_asked_for(
    collector: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    path = EXPORTS / "softflowd_ipfix_bi.pcap.gz"
    before = int(time.time())
    to = f"127.0.0.1:{collector.getsockname()[1]}"
    assert main(["replay", str(path), "--to", to, "--as-fast-as-possible", "--from", "127.0.1.1"]) == 0
    sent = [p.data for p in exports(path)]
    arrived = [collector.recvfrom(65_535) for _ in sent]
    assert {address for _, (address, _) in arrived} == {"127.0.1.1"}
    assert [data[8:12] for data, _ in arrived] == [data[8:12] for data in sent]  # sequence numbers
    assert before <= max(exported_at(data) or 0 for data, _ in arrived) <= time.time() + 1
    err = capsys.readouterr().err
    assert f"sending 515 datagrams from 127.0.1.1 to 127.0.0.1 port {to.rpartition(':')[2]}" in err
    assert "sent 515 datagrams" in err


def test_without_a_shift_the_bytes_are_the_recorded_ones(collector: socket.socket) -> None:
    path = EXPORTS / "softflowd_ipfix_bi.pcap.gz"
    to = f"127.0.0.1:{collector.getsockname()[1]}"
    assert main(["replay", str(path), "--to", to, "--as-fast-as-possible", "--no-shift"]) == 0
    sent = [p.data for p in exports(path)]
    assert [collector.recv(65_535) for _ in sent] == sent


def test_a_collector_that_is_not_there_yet_does_not_stop_a_replay() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    path = EXPORTS / "softflowd_ipfix_bi.pcap.gz"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", port))
        assert send(exports(path), out=out, pace=Pace(), shifter=None) == 515


def test_what_is_no_export_is_left_out(tmp_path: Path, collector: socket.socket) -> None:
    export = next(iter(exports(EXPORTS / "softflowd_v5.pcap.gz"))).data
    capture = make.saved(tmp_path / "c", make.pcap([make.udp(b"\0\x35dns"), make.udp(export), make.udp(b"")], link=101))
    assert survey(exports(capture)).others == 2
    to = f"127.0.0.1:{collector.getsockname()[1]}"
    assert main(["replay", str(capture), "--to", to, "--no-shift"]) == 0
    assert collector.recv(65_535) == export


@pytest.mark.parametrize("number", [1, 5, 7])
def test_the_header_of_old_versions_is_moved_and_their_records_are_not(number: int) -> None:
    export = struct.pack(">HHIII", number, 1, 77, 1_000_000, 5) + bytes(60)
    moved = Shifter(SHIFT).shift(b"", export)
    assert exported_at(moved) == 1_000_000 + SHIFT
    assert moved[:8] + moved[12:] == export[:8] + export[12:]


@pytest.mark.parametrize("name", ["softflowd_v9", "pmacctd_ipfix_varlen", "softflowd_v5"])
def test_cut_or_wild_datagrams_are_passed_on_without_an_error(name: str) -> None:
    shifter = Shifter(SHIFT)
    first = list(exports(EXPORTS / f"{name}.pcap.gz"))[:3]
    for size in range(0, 200, 3):
        for payload in first:
            cut = payload.data[:size]
            assert len(shifter.shift(b"", cut)) == len(cut)
            wild = cut + b"\xff" * 60
            assert len(shifter.shift(b"", wild)) == len(wild)

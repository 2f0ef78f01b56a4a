"""Each recording of a real exporter decodes to the totals that an independent decoder found."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from flowlens.flows.columns import Columns, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from numpy.typing import NDArray

from tests.recordings import TOTALS, Totals, payloads

CLIENTS4, SERVERS4 = (0x0A01_0000, 16), (0x0AC8_0000, 15)  # 10.1.0.0/16 and 10.200.0.0/15
CLIENTS6, SERVERS6 = 0x2001_0DB8_0001, 0x2001_0DB8_00FF  # /48
SERVICES = {6: {443, 80, 5432, 6379, 9092, 3306, 8080, 22, 389, 27017, 50051, 9200}, 17: {53, 123, 11211, 514}}
BOOT = 1_760_000_000_000  # when the watched traffic begins


def flows_of(name: str, batch: int = 512) -> tuple[Columns, DecoderState]:
    state, datagrams = DecoderState(), [payload for _, payload in payloads(name)]
    parts = [decode(Datagrams.of(datagrams[at : at + batch]), state) for at in range(0, len(datagrams), batch)]
    state.finish()
    return join(parts), state


def totals(flows: Columns) -> Totals:
    four, six = (int(np.count_nonzero(flows["ip_version"] == version)) for version in (4, 6))
    return Totals(flows.rows, int(flows["octets"].sum()), int(flows["packets"].sum()), four, six)


@pytest.mark.parametrize("name", TOTALS)
def test_a_recording_decodes_to_its_true_totals_without_a_fault(name: str) -> None:
    flows, state = flows_of(name)
    assert totals(flows) == TOTALS[name]
    counters = state.counters(0)
    assert counters.pop("options_records", 0) >= 0
    assert counters == {"flows": flows.rows}


def _laid_out(payload: bytes, version: int) -> list[bytes]:
    """A datagram of NetFlow v5 as one or two of v1 or v7: their records hold less, in other places."""
    records = [payload[at : at + 48] for at in range(24, len(payload), 48)]
    if version == 1:
        laid = [r[:36] + b"\0\0" + r[38:40] + r[37:38] + bytes(7) for r in records]
    else:
        laid = [r[:36] + b"\0" + r[37:46] + b"\0\0" + bytes(4) for r in records]
    rest = b"" if version == 1 else payload[16:20] + bytes(4)
    halves = [half for half in (laid[:15], laid[15:]) if half]
    return [struct.pack(">HH", version, len(half)) + payload[4:16] + rest + b"".join(half) for half in halves]


@pytest.mark.parametrize("version", [1, 7])
@pytest.mark.parametrize("name", ["softflowd_v5", "pmacctd_v5"])
def test_a_recording_laid_out_as_v1_or_v7_holds_the_same_flows(name: str, version: int) -> None:
    true, _ = flows_of(name)
    datagrams = [other for _, payload in payloads(name) for other in _laid_out(payload, version)]
    state = DecoderState()
    flows = decode(Datagrams.of(datagrams), state)
    assert totals(flows) == TOTALS[name]
    assert state.counters(0) == {"flows": flows.rows}
    columns = ["src_low", "dst_low", "src_port", "dst_port", "protocol", "tcp_flags", "tos", "start", "end", "icmp"]
    for column in (*columns, "src_as", "src_mask")[: len(columns) + 2 * (version == 7)]:
        assert np.array_equal(flows[column], true[column]), column


@pytest.mark.parametrize("name", ["softflowd_v9", "pmacctd_ipfix_varlen", "pmacctd_sflow5"])
def test_the_size_of_batches_does_not_change_what_is_decoded(name: str) -> None:
    small, _ = flows_of(name, 7)
    large, _ = flows_of(name, 4096)
    assert totals(small) == totals(large) == TOTALS[name]
    for column in ("src_low", "dst_port", "start", "sampling_rate", "icmp"):
        assert np.array_equal(np.sort(small[column]), np.sort(large[column])), column


def _client_side(flows: Columns, end: str) -> NDArray[np.bool_]:
    high, low = flows[f"{end}_high"], flows[f"{end}_low"]
    four = (flows["ip_version"] == 4) & ((low & np.uint64(0xFFFF_FFFF)) >> np.uint64(16) == CLIENTS4[0] >> 16)
    found: NDArray[np.bool_] = four | (high >> np.uint64(16) == CLIENTS6)
    return found


def _server_side(flows: Columns, end: str) -> NDArray[np.bool_]:
    high, low = flows[f"{end}_high"], flows[f"{end}_low"]
    four = (flows["ip_version"] == 4) & ((low & np.uint64(0xFFFF_FFFF)) >> np.uint64(17) == SERVERS4[0] >> 17)
    found: NDArray[np.bool_] = four | (high >> np.uint64(16) == SERVERS6)
    return found


@pytest.mark.parametrize("name", TOTALS)
def test_every_flow_runs_between_a_planted_client_and_a_planted_service(name: str) -> None:
    flows, _ = flows_of(name)
    there, back = (
        _client_side(flows, one) & _server_side(flows, other) for one, other in (("src", "dst"), ("dst", "src"))
    )
    assert np.array_equal(there, ~back)
    service = np.where(there, flows["dst_port"], flows["src_port"])
    for protocol, ports in SERVICES.items():
        assert set(service[flows["protocol"] == protocol].tolist()) == ports
    icmp = np.isin(flows["protocol"], (1, 58))
    assert icmp.any()
    assert not flows["src_port"][icmp].any()
    assert not flows["dst_port"][icmp].any()
    assert np.array_equal(flows["icmp"] != 0xFFFF, icmp)


@pytest.mark.parametrize("name", [name for name in TOTALS if name not in ("pmacctd_v5", "pmacctd_sflow5")])
def test_every_flow_lies_in_the_five_minutes_of_the_watched_traffic(name: str) -> None:
    flows, _ = flows_of(name)
    assert flows["start"].min() >= BOOT - 2000
    assert flows["end"].max() <= BOOT + 305_000
    assert (flows["start"] <= flows["end"]).all()


def test_a_biflow_gives_both_directions_and_says_who_began() -> None:
    flows, _ = flows_of("softflowd_ipfix_bi")
    client = _client_side(flows, "src")
    assert np.array_equal(flows["initiator"], np.where(client, 1, 2))
    assert np.count_nonzero(client) * 2 == flows.rows

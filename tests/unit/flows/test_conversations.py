"""Folding flows into conversations, in sums that nothing can poison."""

from __future__ import annotations

import numpy as np
import pytest
from flowlens.flows.columns import Columns
from flowlens.flows.conversations import LIFETIME, MINUTE, MOST, Delta, Merged, Origin, Rows, fold, merge

from tests.traffic import NOW, flows, halves

HOUR = 3_600_000
ONE = Origin(np.array([11]), np.array([1]))
TWO_SPACES = Origin(np.array([11, 12]), np.array([1, 2]))


def folded(*lines: str) -> Delta:
    return fold(flows(*lines), ONE)


def merged(*lines: str, origin: Origin = ONE) -> Merged:
    return merge([fold(flows(*lines), origin).rows])


def only(rows: Rows) -> dict[str, int]:
    assert {len(values) for values in rows.values()} == {1}
    return {name: int(values[0]) for name, values in rows.items()}


def test_both_directions_of_a_conversation_are_one_edge_with_its_sums_apart() -> None:
    edge = only(
        merged(
            "10.0.0.1:40000 > 10.0.0.2:443 tcp octets=100 packets=2",
            "10.0.0.2:443 > 10.0.0.1:40000 tcp octets=900 packets=3",
        ).edges
    )
    assert (edge["client_high"], edge["client_low"]) == halves("10.0.0.1")
    assert (edge["server_high"], edge["server_low"]) == halves("10.0.0.2")
    assert (edge["port"], edge["protocol"], edge["flows"]) == (443, 6, 2)
    assert (edge["octets_sent"], edge["octets_received"]) == (100, 900)
    assert (edge["packets_sent"], edge["packets_received"]) == (2, 3)
    assert (edge["octets_seen"], edge["packets_seen"]) == (1000, 5)


def test_another_client_port_is_the_same_conversation_and_another_server_port_is_not() -> None:
    edges = merged(
        "10.0.0.1:40000 > 10.0.0.2:443 tcp", "10.0.0.1:40001 > 10.0.0.2:443 tcp", "10.0.0.1:40001 > 10.0.0.2:80 tcp"
    ).edges
    assert sorted(zip(edges["port"].tolist(), edges["flows"].tolist(), strict=True)) == [(80, 1), (443, 2)]


def test_one_address_in_two_address_spaces_is_two_conversations() -> None:
    line = "10.0.0.1:40000 > 10.0.0.2:443 tcp"
    edges = merged(line, f"{line} exporter=1", origin=TWO_SPACES).edges
    assert sorted(edges["space"].tolist()) == [1, 2]


def test_sampled_counters_are_multiplied_and_kept_as_seen() -> None:
    edge = only(merged("10.0.0.1:40000 > 10.0.0.2:443 tcp octets=100 packets=2 sampling_rate=1000").edges)
    assert (edge["octets_sent"], edge["packets_sent"]) == (100_000, 2_000)
    assert (edge["octets_seen"], edge["packets_seen"]) == (100, 2)


def test_a_rate_of_zero_counts_as_one() -> None:
    assert only(merged("10.0.0.1:40000 > 10.0.0.2:443 tcp octets=100 sampling_rate=0").edges)["octets_sent"] == 100


def test_icmp_is_a_conversation_on_port_zero() -> None:
    edge = only(merged("10.0.0.1:7 > 10.0.0.2:2048 icmp icmp=0x800", "10.0.0.2 > 10.0.0.1 icmp icmp=0").edges)
    assert (edge["port"], edge["flows"], edge["by_flags"]) == (0, 2, 2)


def test_flows_without_addresses_are_counted_apart() -> None:
    found = folded("10.0.0.1:40000 > 10.0.0.2:443 tcp ip_version=0", "10.0.0.1:40000 > 10.0.0.2:443 tcp")
    assert (found.flows, found.without_address) == (1, 1)


def test_what_a_firewall_denied_is_an_attempt_and_no_dependency() -> None:
    found = folded(
        "10.0.0.1:40000 > 10.0.0.2:22 tcp firewall_event=3",
        "10.0.0.1:40000 > 10.0.0.2:443 tcp firewall_event=1",
        "10.0.0.1:40000 > 10.0.0.2:443 tcp firewall_event=2",
    )
    assert (found.flows, found.denied) == (2, 1)
    assert only(found.rows)["port"] == 443


def test_a_flow_belongs_to_the_minute_of_its_end() -> None:
    minute = only(merged("10.0.0.1:40000 > 10.0.0.2:443 tcp at=-61000 lasting=30000").minutes)
    assert minute["minute"] == (NOW - 61_000) // MINUTE
    assert (minute["start"], minute["end"]) == (NOW - 91_000, NOW - 61_000)


@pytest.mark.parametrize("at", [-301_000, 301_000, -(10**12), 2**61])
def test_a_clock_that_is_wrong_is_replaced_by_ours_and_keeps_the_duration(at: int) -> None:
    minute = only(merged(f"10.0.0.1:40000 > 10.0.0.2:443 tcp at={at} lasting=0").minutes)
    assert minute["end"] == NOW
    assert minute["minute"] == NOW // MINUTE


@pytest.mark.parametrize("lasting", [-5, 8 * 86_400_000, 49 * 86_400_000])
def test_a_duration_that_cannot_be_is_taken_as_an_instant(lasting: int) -> None:
    assert only(merged(f"10.0.0.1:40000 > 10.0.0.2:443 tcp lasting={lasting}").edges)["start"] == NOW


def test_times_of_any_value_fold_without_an_exception() -> None:
    extremes = np.array([-(2**63), -1, 0, 2**63 - 1, 4_294_967_295_000], np.int64)
    start, end, received = (a.ravel() for a in np.meshgrid(extremes, extremes, extremes))
    row = flows("10.0.0.1:40000 > 10.0.0.2:443 tcp")
    values = {name: np.repeat(column, len(start)) for name, column in row.values.items()}
    columns = Columns(len(start), {**values, "start": start, "end": end, "received": received})
    found = merge([fold(columns, ONE).rows])
    assert found.edges["flows"].sum() == len(start)
    assert (found.minutes["start"] <= found.minutes["end"]).all()
    assert found.minutes["end"].max() < 2**42


def test_a_lying_counter_is_clamped_and_said() -> None:
    found = folded(f"10.0.0.1:9999 > 10.0.0.2:443 tcp octets={2**64 - 1}", "10.0.0.3:9999 > 10.0.0.2:443 tcp octets=7")
    assert found.clamped == 1
    assert sorted(found.rows["octets_seen"].tolist()) == [7, 2**48]


def test_a_rate_that_would_overflow_is_clamped() -> None:
    found = folded(f"10.0.0.1:40000 > 10.0.0.2:443 tcp octets={2**40} sampling_rate={2**32 - 1}")
    assert (found.clamped, only(found.rows)["octets_sent"]) == (1, 2**48)


def test_sums_stop_at_the_most_whatever_the_order() -> None:
    line = f"10.0.0.1:40000 > 10.0.0.2:443 tcp octets={2**64 - 1}"
    part = fold(flows(*[line] * 4096), ONE).rows
    assert only(merge([part] * 8).edges)["octets_seen"] == MOST
    whole = fold(flows(*[line] * 4096 * 5), ONE).rows
    assert only(whole)["octets_seen"] == MOST
    assert only(merge([part, whole, part]).edges)["octets_seen"] == MOST


def test_each_rung_of_evidence_is_counted_and_the_earliest_flow_is_the_first_evidence() -> None:
    edge = only(
        merged(
            "10.0.0.1:40000 > 10.0.0.2:443 tcp at=-1000 domain=1",
            "10.0.0.1:40001 > 10.0.0.2:443 tcp at=-3000 domain=2 flags=S",
            "10.0.0.1:40002 > 10.0.0.2:443 tcp at=-2000 domain=3",
        ).edges
    )
    assert (edge["by_initiator"], edge["by_flags"], edge["by_service"], edge["by_port_order"]) == (0, 1, 2, 0)
    assert (edge["domain"], edge["evidence"], edge["start"], edge["end"]) == (2, 2, NOW - 3000, NOW - 1000)


def test_of_two_flows_at_one_instant_the_one_that_stands_first_is_the_evidence() -> None:
    line = "10.0.0.1:40000 > 10.0.0.2:443 tcp"
    edge = only(merge([fold(flows(f"{line} domain={d}"), ONE).rows for d in range(3, 9)]).edges)
    assert (edge["record"], edge["domain"]) == (0, 3)


def test_an_edge_is_alive_from_its_first_flow_to_an_hour_after_its_last() -> None:
    found = merged(
        f"10.0.0.1:40000 > 10.0.0.2:443 tcp sent={-HOUR}", "10.0.0.1:40000 > 10.0.0.2:443 tcp lasting=1000"
    ).intervals
    assert only(found) == {"edge": 0, "start": NOW - HOUR, "until": NOW + LIFETIME}


def test_a_silence_longer_than_an_hour_makes_two_intervals() -> None:
    found = merged(
        f"10.0.0.1:40000 > 10.0.0.2:443 tcp sent={-3 * HOUR}",
        "10.0.0.1:40000 > 10.0.0.2:443 tcp",
        "10.0.0.9:40000 > 10.0.0.2:443 tcp",
    )
    spans = sorted(zip(*(found.intervals[name].tolist() for name in ("start", "until")), strict=True))
    assert spans == [(NOW - 3 * HOUR, NOW - 2 * HOUR), (NOW, NOW + HOUR), (NOW, NOW + HOUR)]
    assert np.bincount(found.intervals["edge"]).tolist() in ([2, 1], [1, 2])


def test_a_record_without_flows_folds_to_nothing() -> None:
    found = fold(Columns(0), ONE)
    assert (found.flows, found.rows) == (0, {})

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import numpy as np
from flowlens.flows.body import MAX_EXPORTERS

from collector_vm.admission import MAX_PENDING, MAX_UNKNOWN, NOBODY, Admission

A, B, C = (IPv4Address(f"192.0.2.{n}").packed for n in (1, 2, 3))
SIX = IPv6Address("2001:db8::6").packed


def stranger(number: int) -> bytes:
    return IPv4Address(number + (10 << 24)).packed


def test_unknown_exporters_are_accepted_where_that_is_the_rule() -> None:
    admission = Admission(unknown="accept", datagrams_per_second=0)
    assert admission.admit([A, SIX, A, B], 1_000).tolist() == [0, 1, 0, 2]
    assert admission.addresses == ["192.0.2.1", "2001:db8::6", "192.0.2.2"]
    assert admission.received[:3].tolist() == [2, 1, 1]


def test_unknown_exporters_are_held_counted_and_listed_where_that_is_the_rule() -> None:
    admission = Admission(unknown="hold", datagrams_per_second=0)
    admission.update({"192.0.2.1": "accepted", "192.0.2.2": "refused"})
    assert admission.admit([A, B, C, C], 1_000).tolist() == [0, NOBODY, NOBODY, NOBODY]
    listed = {p.address: (p.state, p.datagrams) for p in admission.pending.values()}
    assert listed == {"192.0.2.2": ("refused", 1), "192.0.2.3": ("held", 2)}
    assert (admission.total_received, admission.total_not_enrolled) == (4, 3)


def test_an_exporter_that_an_operator_accepts_keeps_what_was_counted_before() -> None:
    admission = Admission(unknown="hold", datagrams_per_second=0)
    admission.admit([C, C, C], 1_000)
    admission.update({"192.0.2.3": "accepted"})
    assert admission.admit([C], 5_000).tolist() == [0]
    assert admission.pending == {}
    assert (admission.received[0], admission.not_enrolled[0]) == (4, 3)
    assert (admission.first_seen[0], admission.last_seen[0]) == (1_000, 5_000)


def test_an_exporter_that_an_operator_refuses_is_not_decoded_any_more_and_keeps_its_place() -> None:
    admission = Admission(unknown="accept", datagrams_per_second=0)
    admission.admit([A, B], 1_000)
    admission.update({"192.0.2.1": "refused"})
    assert admission.admit([A, B], 2_000).tolist() == [NOBODY, 1]
    assert (admission.state(0), admission.not_enrolled[0]) == ("refused", 1)
    admission.update({"192.0.2.1": "accepted"})
    assert admission.admit([A], 3_000).tolist() == [0]


def test_a_flood_of_forged_addresses_stays_in_bounds_and_keeps_nobody_out() -> None:
    admission = Admission(unknown="accept", datagrams_per_second=0)
    admission.update({"192.0.2.1": "accepted"})
    for first in range(0, 10_000, 1_000):
        admission.admit([stranger(n) for n in range(first, first + 1_000)], 1_000)
    assert len(admission.addresses) == MAX_UNKNOWN
    assert len(admission.pending) == MAX_PENDING
    assert admission.admit([A], 2_000).tolist() == [MAX_UNKNOWN]
    assert admission.total_not_enrolled == 10_000 - MAX_UNKNOWN


def test_enrolled_exporters_have_a_bound_too() -> None:
    admission = Admission(unknown="hold", datagrams_per_second=0)
    sources = [stranger(n) for n in range(MAX_EXPORTERS + 10)]
    admission.update({str(IPv4Address(source)): "accepted" for source in sources})
    places = admission.admit(sources, 1_000)
    assert np.count_nonzero(places == NOBODY) == 10


def test_those_that_wait_longest_without_a_datagram_leave_the_list_first() -> None:
    admission = Admission(unknown="hold", datagrams_per_second=0)
    admission.admit([stranger(n) for n in range(MAX_PENDING)], 1_000)
    admission.admit([stranger(0), A], 2_000)
    assert stranger(0) in admission.pending
    assert stranger(1) not in admission.pending


def test_an_exporter_that_sends_too_much_is_cut_and_the_others_are_not() -> None:
    admission = Admission(unknown="accept", datagrams_per_second=10)
    places = admission.admit([A] * 30 + [B] * 5, 1_000)
    assert np.count_nonzero(places == 0) == 20, "two seconds' worth at once"
    assert np.count_nonzero(places == 1) == 5
    assert admission.rate_limited[:2].tolist() == [10, 0]
    assert np.count_nonzero(admission.admit([A] * 30, 2_000) == 0) == 10, "a second later one second's worth"


def test_a_clock_that_steps_back_gives_nothing_and_breaks_nothing() -> None:
    admission = Admission(unknown="accept", datagrams_per_second=10)
    admission.admit([A] * 20, 1_000_000)
    assert np.count_nonzero(admission.admit([A] * 5, 500_000) == 0) == 0
    assert np.count_nonzero(admission.admit([A] * 5, 500_200) == 0) == 2

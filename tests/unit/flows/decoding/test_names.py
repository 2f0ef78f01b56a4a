"""Names come in options data, are kept per exporter, and are bounded."""

from __future__ import annotations

import struct

import pytest
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode, names

from tests.unit.flows.decoding.wire import Fields, flow_set, ipfix, options_template, v9


def send(state: DecoderState, *datagrams: bytes, exporter: int = 0) -> None:
    decode(Datagrams.of(list(datagrams), exporter=exporter), state)


def ipfix_options(template_id: int, scope: Fields, fields: Fields) -> bytes:
    pairs = b"".join(struct.pack(">HH", *field) for field in (*scope, *fields))
    return flow_set(3, struct.pack(">HHH", template_id, len(scope) + len(fields), len(scope)) + pairs)


def test_interfaces_of_netflow_v9_have_names_of_fixed_length() -> None:
    state = DecoderState()
    options = options_template(300, ((1, 4),), ((10, 4), (82, 16), (83, 24)))
    body = b"".join(
        struct.pack(">II16s24s", 0, number, name, what)
        for number, name, what in ((1, b"Gi0/0/1", b"to the core"), (2, b"Gi0/0/2 \0rubbish", b""))
    )
    send(state, v9(options, flow_set(300, body)))
    assert state.names(0).interfaces == {1: "Gi0/0/1", 2: "Gi0/0/2"}
    assert state.names(0).descriptions == {1: "to the core"}
    assert state.names(1).interfaces == {}


def test_an_interface_as_the_scope_is_named_too() -> None:
    state = DecoderState()
    options = options_template(300, ((2, 4),), ((82, 8),))
    send(state, v9(options, flow_set(300, struct.pack(">I8s", 7, b"xe-0/0/7"))))
    assert state.names(0).interfaces == {7: "xe-0/0/7"}


def test_routing_instances_and_applications_of_ipfix_have_names_of_any_length() -> None:
    state = DecoderState()
    vrfs = ipfix_options(300, ((234, 4),), ((236, 65535),))
    long = b"n" * 300
    body = struct.pack(">IB", 7, 4) + b"blue" + struct.pack(">IBH", 8, 255, 300) + long
    applications = ipfix_options(301, ((95, 4),), ((96, 65535),))
    known = bytes([13]) + (453).to_bytes(3, "big") + bytes([3]) + b"ssl"
    send(state, ipfix(vrfs, flow_set(300, body), applications, flow_set(301, known)))
    assert state.names(0).vrfs == {7: "blue", 8: "n" * 64}
    assert state.names(0).applications == {13 << 56 | 453: "ssl"}


def test_a_name_that_changes_is_the_newest() -> None:
    state = DecoderState()
    options = options_template(300, ((2, 4),), ((82, 8),))
    for name in (b"old", b"new"):
        send(state, v9(options, flow_set(300, struct.pack(">I8s", 7, name))))
    assert state.names(0).interfaces == {7: "new"}


@pytest.mark.parametrize("octets", [b"\xff\xfe\xfd", b"\x1b[31mred", b"\n\r\t"])
def test_what_is_no_text_becomes_harmless(octets: bytes) -> None:
    state = DecoderState()
    options = options_template(300, ((2, 4),), ((82, 8),))
    send(state, v9(options, flow_set(300, struct.pack(">I8s", 7, octets))))
    assert all(name.isprintable() for name in state.names(0).interfaces.values())


def test_an_exporter_has_so_many_names_and_the_oldest_leave() -> None:
    state = DecoderState()
    options = options_template(300, ((2, 4),), ((82, 4),))
    send(state, v9(options))
    for first in range(0, names.EXPORTER_LIMIT + 100, 100):
        send(state, v9(flow_set(300, b"".join(struct.pack(">I4s", first + at, b"name") for at in range(100)))))
    kept = state.names(0).interfaces
    assert len(kept) == names.EXPORTER_LIMIT
    assert 0 not in kept
    assert names.EXPORTER_LIMIT + 99 in kept


def test_all_exporters_together_have_so_many_names_and_new_ones_are_refused_by_name() -> None:
    state = DecoderState()
    options = options_template(300, ((2, 4),), ((82, 4),))
    body = flow_set(300, b"".join(struct.pack(">I4s", at, b"name") for at in range(1024)))
    exporters = names.LIMIT // 1024
    for exporter in range(exporters + 1):
        send(state, v9(options, body), exporter=exporter)
    assert sum(len(state.names(exporter).interfaces) for exporter in range(exporters + 1)) == names.LIMIT
    assert state.counters(exporters)["names_refused"] == 1024

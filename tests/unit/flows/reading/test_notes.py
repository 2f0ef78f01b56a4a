"""What AWS flow logs say besides flows, found by whole columns, and the body in which it travels."""

from __future__ import annotations

import io

import pytest
from flowlens.flows import sightings
from flowlens.flows.reading import About, reader
from flowlens.flows.reading.tally import Tally
from flowlens.flows.sightings import Kind, Sighting, Subject
from flowlens.model.errors import Malformed

_NAMED = (
    "account-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr srcport dstport protocol packets bytes start end "
    "action tcp-flags flow-direction traffic-path pkt-src-aws-service pkt-dst-aws-service instance-id ecs-service-name "
    "reject-reason encryption-status"
)
FIELDS = _NAMED.split()
USUAL = {"account-id": "123456789012", "interface-id": "eni-0123456789abcdef0", "protocol": "6", "packets": "5"}
USUAL |= {"bytes": "500", "start": "1790000000", "end": "1790000050", "action": "ACCEPT", "tcp-flags": "2"}
OUT = {"srcaddr": "10.0.0.5", "dstaddr": "52.1.1.1", "srcport": "40000", "dstport": "443", "flow-direction": "egress"}


def noted(*rows: dict[str, str]) -> dict[tuple[Kind, str], Sighting]:
    lines = [" ".join(FIELDS), *(" ".join({**USUAL, **row}.get(name, "-") for name in FIELDS) for row in rows), ""]
    stream = io.BytesIO("\n".join(lines).encode())
    found = [one for body in reader(stream, About()).read(stream, About(), Tally()) for one in body.sightings]
    return {(one.kind, one.value): one for one in found}


def test_what_is_said_of_an_interface_is_seen_of_its_own_address() -> None:
    out = OUT | {"instance-id": "i-0123456789abcdef0", "ecs-service-name": "shop"}
    back = out | {"srcaddr": "52.1.1.1", "dstaddr": "10.0.0.5", "srcport": "443", "dstport": "40000"}
    found = noted(
        out, back | {"flow-direction": "ingress", "start": "1790000060", "end": "1790000100", "tcp-flags": "18"}
    )
    for kind, value in ((Kind.AWS_INSTANCE, "i-0123456789abcdef0"), (Kind.ECS_SERVICE, "shop")):
        assert found[kind, value].subject.address == "10.0.0.5"
    assert found[Kind.AWS_INTERFACE, "eni-0123456789abcdef0"].subject.server is None


def test_the_packets_ends_belong_to_services_and_the_path_to_the_edge() -> None:
    found = noted(
        OUT | {"traffic-path": "8", "pkt-dst-aws-service": "S3", "encryption-status": "0"},
        OUT | {"traffic-path": "1", "dstaddr": "10.0.9.9"},
    )
    assert found[Kind.AWS_SERVICE, "S3"].subject.address == "52.1.1.1"
    edge = found[Kind.PATH, "internet gateway"].subject
    assert (edge.address, edge.server, edge.protocol, edge.port) == ("10.0.0.5", "52.1.1.1", 6, 443)
    assert [kind for kind, _ in found if kind in (Kind.PATH, Kind.ENCRYPTION)] == [Kind.PATH]


def test_an_answer_is_of_the_same_edge_as_what_asked() -> None:
    back = {"srcaddr": "52.1.1.1", "dstaddr": "10.0.0.5", "srcport": "443", "dstport": "40000", "tcp-flags": "18"}
    found = noted(back | {"flow-direction": "egress", "traffic-path": "7", "start": "1790000007", "end": "1790000009"})
    one = found[Kind.PATH, "gateway endpoint"]
    assert (one.subject.address, one.subject.server, one.subject.port) == ("10.0.0.5", "52.1.1.1", 443)
    assert (one.first, one.last) == (1_790_000_007_000, 1_790_000_009_000)


def test_a_gateway_between_two_ends_is_kept() -> None:
    nat = OUT | {"srcaddr": "10.0.7.7", "pkt-srcaddr": "10.0.0.5", "pkt-dstaddr": "52.1.1.1"}
    edge = noted(nat)[Kind.VIA, "10.0.7.7"].subject
    assert (edge.address, edge.server, edge.port) == ("10.0.0.5", "52.1.1.1", 443)


def test_why_a_flow_was_rejected_is_kept_and_rows_that_cannot_be_read_say_nothing() -> None:
    found = noted(
        OUT | {"action": "REJECT", "reject-reason": "BPA", "flow-direction": "-"},
        OUT | {"pkt-dst-aws-service": "EC2", "srcport": "x"},
    )
    assert list(found) == [(Kind.REJECT_REASON, "BPA")]


def test_they_travel_in_records_of_their_own_and_nothing_in_those_is_trusted() -> None:
    edge = Subject("fd00::1", "10.0.0.5", "52.1.1.1", 6, 443)
    seen: sightings.Seen = {}
    both = [
        Sighting(edge, Kind.PATH, "x", 5, 9),
        Sighting(edge, Kind.PATH, "x", 3, 4),
        Sighting(edge, Kind.VIA, "y", 1, 1),
    ]
    assert sightings.add(seen, both, 1) == 1
    (body,) = sightings.bodies(seen)
    assert sightings.decode(body) == [Sighting(edge, Kind.PATH, "x", 3, 9)]
    for wrong in (
        b"{}",
        b"[",
        body.replace(b"path", b"pith"),
        body.replace(b"443", b"null"),
        body.replace(b",3,", b",-3,"),
    ):
        with pytest.raises(Malformed, match="sightings_form"):
            sightings.decode(wrong)

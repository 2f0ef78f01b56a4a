"""The ways in which exporters state how they sample: each flow has its rate, and keeps where the rate came from."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from flowlens.flows.columns import RateSource, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode

from tests.unit.flows.decoding.wire import BASE, SECONDS, Fields, flow_set, ipfix, options_template, record, sflow, v9
from tests.unit.flows.decoding.wire import template as fields_set

UNKNOWN, RECORD, HEADER, OPTIONS, SAMPLE = RateSource
SYSTEM, INTERFACE, LINE_CARD = 1, 2, 3  # scopes of NetFlow v9
Rate = tuple[int, RateSource]
UNSAID: Rate = (1, UNKNOWN)


class Way(NamedTuple):
    """What an exporter sends, and the rate of each of its flows in order."""

    told: str
    datagrams: Sequence[bytes]
    rates: Sequence[Rate]


def five(word: int) -> bytes:
    return struct.pack(">HHIIIIHH", 5, 1, 60_000, SECONDS, 0, 1, 0, word) + bytes(48)


def nine(extra: Fields, *tails: bytes, before: Sequence[bytes] = (), domain: int = 7) -> bytes:
    """Flows of NetFlow v9 that say something after their counters, behind options."""
    data = b"".join(record() + tail for tail in tails)
    return v9(*before, fields_set(256, (*BASE, *extra)), flow_set(256, data), domain=domain)


def ten(extra: Fields, *tails: bytes, before: Sequence[bytes] = ()) -> bytes:
    data = b"".join(record() + tail for tail in tails)
    return ipfix(*before, fields_set(256, (*BASE, *extra), set_id=2), flow_set(256, data))


def options9(scope: Fields, fields: Fields, *records: bytes) -> list[bytes]:
    return [options_template(300, scope, fields), flow_set(300, b"".join(records))]


def options10(scope: Fields, fields: Fields, *records: bytes) -> list[bytes]:
    pairs = b"".join(struct.pack(">HH", *field) for field in (*scope, *fields))
    head = struct.pack(">HHH", 300, len(scope) + len(fields), len(scope))
    return [flow_set(3, head + pairs), flow_set(300, b"".join(records))]


def sampled(rate: int) -> bytes:
    return struct.pack(">IIIIIIIIII", 1, 32, 1, 5, rate, 0, 0, 1, 2, 0)


def sampled_expanded(rate: int) -> bytes:
    return struct.pack(">IIIIIIIIIIIII", 3, 44, 1, 0, 5, rate, 0, 0, 0, 1, 0, 2, 0)


def u(*numbers: int) -> bytes:
    """Numbers of four octets."""
    return struct.pack(f">{len(numbers)}I", *numbers)


SAMPLERS = options9(((SYSTEM, 4),), ((48, 1), (49, 1), (50, 4)), b"\0\0\0\0\1\2" + u(10), b"\0\0\0\0\2\2" + u(1000))
SELECTORS = ((304, 2), (305, 4), (306, 4))
ALGORITHM = b"\0\1"

WAYS = (
    Way("v5 header, deterministic (mode 1)", [five(0x4064)], [(100, HEADER)]),
    Way("v5 header, random (mode 2)", [five(0x8064)], [(100, HEADER)]),
    Way("v5 header, an interval and no mode", [five(100)], [(100, HEADER)]),
    Way("v5 header, the greatest interval", [five(0xFFFF)], [(16_383, HEADER)]),
    Way("v5 header, a mode and no interval", [five(0x4000)], [UNSAID]),
    Way("v9 record, 34", [nine(((34, 4),), u(100))], [(100, RECORD)]),
    Way("v9 record, 34 of two octets with 35", [nine(((34, 2), (35, 1)), b"\0\x64\2")], [(100, RECORD)]),
    Way("v9 record, 50", [nine(((50, 4),), u(512))], [(512, RECORD)]),
    Way("v9 record, 34 is 0: not sampled, or not said", [nine(((34, 4),), u(0))], [UNSAID]),
    Way(
        "v9 options for the whole system, 34 and 35",
        [nine((), b"", before=options9(((SYSTEM, 4),), ((34, 4), (35, 1)), u(0, 100) + b"\2"))],
        [(100, OPTIONS)],
    ),
    Way(
        "v9 options, scope of no octets",
        [nine((), b"", before=options9(((SYSTEM, 0),), ((34, 4),), u(100)))],
        [(100, OPTIONS)],
    ),
    Way("v9 options without a scope", [nine((), b"", before=options9((), ((34, 4),), u(100)))], [(100, OPTIONS)]),
    Way(
        "v9 options, one line card",
        [nine((), b"", before=options9(((LINE_CARD, 4),), ((34, 4),), u(3, 64)))],
        [(64, OPTIONS)],
    ),
    Way(
        "v9 options, samplers 48 with 49 and 50; flows name theirs",
        [nine(((48, 1),), b"\1", b"\2", before=SAMPLERS)],
        [(10, OPTIONS), (1000, OPTIONS)],
    ),
    Way("v9 options, a sampler nobody spoke of", [nine(((48, 1),), b"\3", before=SAMPLERS)], [UNSAID]),
    Way(
        "v9 options, the only sampler, which flows do not name",
        [nine((), b"", before=options9(((SYSTEM, 4),), ((48, 1), (50, 4)), u(0) + b"\1" + u(10)))],
        [(10, OPTIONS)],
    ),
    Way(
        "v9 options, the only sampler, and a flow that names another: 0 is none",
        [nine(((48, 1),), b"\0", before=options9(((SYSTEM, 4),), ((48, 1), (50, 4)), u(0) + b"\1" + u(10)))],
        [UNSAID],
    ),
    Way("v9 options, samplers of two rates that flows do not name", [nine((), b"", before=SAMPLERS)], [UNSAID]),
    Way(
        "v9 options, sampler ids of one octet there and four here",
        [nine(((48, 4),), u(2), before=SAMPLERS)],
        [(1000, OPTIONS)],
    ),
    Way(
        "v9 options, the same sampler id in two domains",
        [
            v9(*options9(((SYSTEM, 4),), ((48, 1), (34, 4)), u(0) + b"\1" + u(20)), domain=8),
            nine(((48, 1),), b"\1", before=SAMPLERS),
            nine(((48, 1),), b"\1", domain=8),
        ],
        [(10, OPTIONS), (20, OPTIONS)],
    ),
    Way(
        "v9 options, a sampler and the whole system: the sampler is nearer",
        [
            nine(
                ((48, 1),),
                b"\1",
                b"\x09",
                before=[*SAMPLERS, options_template(301, ((SYSTEM, 4),), ((34, 4),)), flow_set(301, u(0, 7))],
            )
        ],
        [(10, OPTIONS), (7, OPTIONS)],
    ),
    Way(
        "v9 options, by interface as the scope",
        [nine(((10, 4),), u(3), u(4), before=options9(((INTERFACE, 4),), ((34, 4),), u(3, 100), u(4, 200)))],
        [(100, OPTIONS), (200, OPTIONS)],
    ),
    Way(
        "v9 options, by interface as a field",
        [
            nine(
                ((10, 2),),
                b"\0\3",
                b"\0\4",
                before=options9(((SYSTEM, 4),), ((10, 4), (34, 4)), u(0, 3, 100), u(0, 4, 200)),
            )
        ],
        [(100, OPTIONS), (200, OPTIONS)],
    ),
    Way(
        "v9 options, all interfaces agree and the flow names another",
        [nine(((10, 4),), u(9), before=options9(((INTERFACE, 4),), ((34, 4),), u(3, 100), u(4, 100)))],
        [(100, OPTIONS)],
    ),
    Way(
        "v9 options, interfaces differ and the flow names another",
        [nine(((10, 4),), u(9), before=options9(((INTERFACE, 4),), ((34, 4),), u(3, 100), u(4, 200)))],
        [UNSAID],
    ),
    Way(
        "v9 options say 0: no rate, and it undoes none",
        [nine((), b"", before=options9(((SYSTEM, 4),), ((34, 4),), u(0, 100), u(0, 0)))],
        [(100, OPTIONS)],
    ),
    Way(
        "v9 options say 1: said, and unsampled",
        [nine((), b"", before=options9(((SYSTEM, 4),), ((34, 4),), u(0, 1)))],
        [(1, OPTIONS)],
    ),
    Way(
        "v9 record says 0, options say more",
        [nine(((34, 4),), u(0), u(5), before=options9(((SYSTEM, 4),), ((34, 4),), u(0, 100)))],
        [(100, OPTIONS), (5, RECORD)],
    ),
    Way(
        "v9 options, an algorithm and no rate",
        [nine((), b"", before=options9(((SYSTEM, 4),), ((35, 1),), u(0) + b"\2"))],
        [UNSAID],
    ),
    Way("IPFIX record, 1 packet taken (305), 999 not (306)", [ten(((305, 4), (306, 4)), u(1, 999))], [(1000, RECORD)]),
    Way("IPFIX record, 100 packets taken, 900 not", [ten(((305, 4), (306, 4)), u(100, 900))], [(10, RECORD)]),
    Way("IPFIX record, 305 alone is the rate", [ten(((305, 4),), u(1000))], [(1000, RECORD)]),
    Way("IPFIX record, 1 drawn (309) of 512 (310)", [ten(((309, 4), (310, 4)), u(1, 512))], [(512, RECORD)]),
    Way(
        "IPFIX record, a probability (311) of four octets", [ten(((311, 4),), struct.pack(">f", 0.01))], [(100, RECORD)]
    ),
    Way("IPFIX record, a probability of eight octets", [ten(((311, 8),), struct.pack(">d", 0.001))], [(1000, RECORD)]),
    Way(
        "IPFIX record, probabilities that are none",
        [ten(((311, 8),), *(struct.pack(">d", chance) for chance in (0.0, -1.0, 2.0, float("nan"))))],
        [UNSAID] * 4,
    ),
    Way(
        "IPFIX selectors (302, 304, 305, 306); flows name theirs",
        [
            ten(
                ((302, 8),),
                struct.pack(">Q", 1),
                struct.pack(">Q", 2),
                before=options10(
                    ((302, 8),),
                    SELECTORS,
                    struct.pack(">Q", 1) + ALGORITHM + u(1, 9),
                    struct.pack(">Q", 2) + ALGORITHM + u(1, 999),
                ),
            )
        ],
        [(10, OPTIONS), (1000, OPTIONS)],
    ),
    Way(
        "IPFIX selector drawn at random, 309 of 310",
        [
            ten(
                ((302, 4),),
                u(1),
                before=options10(((302, 4),), ((304, 2), (309, 4), (310, 4)), u(1) + b"\0\3" + u(2, 100)),
            )
        ],
        [(50, OPTIONS)],
    ),
    Way(
        "IPFIX selector by probability",
        [
            ten(
                ((302, 4),),
                u(1),
                before=options10(((302, 4),), ((304, 2), (311, 4)), u(1) + b"\0\4" + struct.pack(">f", 0.05)),
            )
        ],
        [(20, OPTIONS)],
    ),
    Way(
        "IPFIX options, 34 for an observation domain (149)",
        [ten((), b"", before=options10(((149, 4),), ((34, 4), (35, 1)), u(7, 100) + b"\2"))],
        [(100, OPTIONS)],
    ),
    Way(
        "IPFIX options, 305 and 306 for a metering process (143)",
        [ten((), b"", before=options10(((143, 4),), ((305, 4), (306, 4)), u(1, 1, 63)))],
        [(64, OPTIONS)],
    ),
    Way(
        "IPFIX options, samplers by the old number 48",
        [ten(((48, 2),), b"\0\1", before=options10(((48, 2),), ((34, 4),), b"\0\1" + u(256)))],
        [(256, OPTIONS)],
    ),
    Way(
        "IPFIX options, by interface (10)",
        [ten(((10, 4),), u(3), before=options10(((10, 4),), ((305, 4),), u(3, 2048), u(4, 1024)))],
        [(2048, OPTIONS)],
    ),
    Way(
        "IPFIX options, sampled by time (307, 308): what it takes is not a share of packets",
        [ten((), b"", before=options10(((302, 4),), ((304, 2), (307, 4), (308, 4)), u(1) + b"\0\2" + u(1, 99)))],
        [UNSAID],
    ),
    Way("sFlow, flow sample", [sflow(sampled(1000))], [(1000, SAMPLE)]),
    Way("sFlow, expanded flow sample", [sflow(sampled_expanded(70_000))], [(70_000, SAMPLE)]),
    Way("sFlow, two rates in a datagram", [sflow(sampled(10), sampled(20))], [(10, SAMPLE), (20, SAMPLE)]),
    Way("sFlow, a rate of 0", [sflow(sampled(0))], [UNSAID]),
    Way("sFlow, a sample of everything", [sflow(sampled(1))], [(1, SAMPLE)]),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.told)
def test_a_flow_has_its_rate_and_keeps_where_it_came_from(way: Way) -> None:
    state = DecoderState()
    flows = join([decode(Datagrams.of([datagram]), state) for datagram in way.datagrams])
    found = zip(flows["sampling_rate"].tolist(), map(RateSource, flows["rate_source"].tolist()), strict=True)
    assert list(found) == list(way.rates)
    assert "malformed" not in state.counters(0)


@pytest.mark.parametrize("way", [way for way in WAYS if len(way.datagrams) == 1], ids=lambda way: way.told)
def test_the_rate_of_one_exporter_is_not_that_of_another(way: Way) -> None:
    """Both send the same template ids, domains and samplers; the other one never said a rate."""
    state = DecoderState()
    decode(Datagrams.of(list(way.datagrams), exporter=1), state)
    plain = nine(((48, 1), (10, 4)), b"\1" + u(3)) if way.datagrams[0][1] == 9 else ten(((48, 1),), b"\1")
    flows = decode(Datagrams.of([plain], exporter=2), state)
    assert flows["sampling_rate"].tolist() == [1]
    assert flows["rate_source"].tolist() == [int(UNKNOWN)]


def test_octets_and_packets_are_never_scaled() -> None:
    flows = decode(Datagrams.of([nine(((34, 4),), u(100))]), DecoderState())
    assert np.array_equal(flows["octets"], [1000])
    assert np.array_equal(flows["packets"], [10])

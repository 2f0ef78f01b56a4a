"""The demo estate: plausible, overlapping on purpose, and the same for the same seed."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import groupby

import numpy as np
import pytest
from flowlens.flows.columns import Columns, join
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding import DecoderState, decode
from flowlens.model.errors import Invalid

from cdk.local.demo.enrol import Api, enrol
from cdk.local.demo.estate import ACQUIRED, EXPORTERS, build
from cdk.local.demo.flow import SYN
from cdk.local.demo.stage import Play
from cdk.local.demo.traffic import DAY, clock

AT = 1_790_000_000_000
STEP = 0.5


def played(seed: int, seconds: float, *, since: float = 0.0) -> tuple[list[str], list[tuple[str, bytes]]]:
    """The events and datagrams of a play's first seconds, those sent before `since` left out."""
    play, events, sent = Play(seed), [], []
    for tick in range(int(seconds / STEP) + 1):
        events += [happened.text for happened in play.events(tick * STEP)]
        datagrams = list(play.datagrams(tick * STEP, AT + int(tick * STEP * 1000)))
        sent += datagrams if tick * STEP >= since else []
    return events, sent


def flows(sent: list[tuple[str, bytes]]) -> dict[str, Columns]:
    """What the decoders make of it, by exporter."""
    found = {}
    for name, of in groupby(sorted(sent, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        state = DecoderState()
        found[name] = join([decode(Datagrams.of([data], received=AT), state) for _, data in of])
        assert not [c for c in state.counters(0) if c.startswith(("malformed", "template_missing", "unknown"))]
    return found


@pytest.fixture(scope="module")
def minute() -> dict[str, Columns]:
    return flows(played(1, 60)[1])


def test_the_estate_has_about_300_assets_in_three_datacenters_and_an_acquired_company() -> None:
    estate = build(1)
    assert 280 <= len(estate.assets) <= 340
    assert {a.site for a in estate.assets} == {"ams", "fra", "nyc", "bor", "out"}
    assert {"lb", "web", "app", "db", "cache", "queue", "dns", "ntp", "ldap", "mon", "backup", "user"} <= {
        a.tier for a in estate.assets
    }
    assert {len({a.name for a in estate.assets})} == {len(estate.assets)}


def test_the_acquired_company_uses_the_same_addresses_and_its_own_exporters() -> None:
    estate = build(1)
    spaces = {e.name: e.space for e in EXPORTERS}
    shared = {a.address for a in estate.assets if a.site == "fra"} & {
        a.address for a in estate.assets if a.site == "bor"
    }
    assert len(shared) > 20
    for link in estate.links:
        acquired = "bor" in (link.client.site, link.server.site)
        assert spaces[link.exporter] == (ACQUIRED if acquired else None)
        assert {link.client.site, link.server.site} - {"out", "bor"} == set() or not acquired


def test_a_seed_gives_the_same_demo_again_and_another_seed_another() -> None:
    def digest(seed: int) -> str:
        return hashlib.sha256(repr(played(seed, 70)).encode()).hexdigest()

    assert digest(5) == digest(5)
    assert digest(5) != digest(6)


def test_within_a_minute_every_dependency_that_is_awake_has_been_seen(minute: dict[str, Columns]) -> None:
    estate = build(1)
    seen = {
        (name, int(low) & 0xFFFF_FFFF, int(port))
        for name, columns in minute.items()
        for low, port in zip(columns["dst_low"], columns["dst_port"], strict=True)
    }
    unsampled = {e.name for e in EXPORTERS if e.rate == 1}
    wanted = {
        (link.exporter, int(link.server.address) & 0xFFFF_FFFF, link.service.port)
        for link in estate.links
        if link.exporter in unsampled and link.service.name != "backup"
    }
    assert wanted <= seen


def test_every_protocol_is_spoken_and_sampled_ones_say_how_much(minute: dict[str, Columns]) -> None:
    assert Counter(e.speaks for e in EXPORTERS).keys() == {"netflow5", "netflow9", "ipfix", "sflow5"}
    for exporter in EXPORTERS:
        assert set(minute[exporter.name]["sampling_rate"].tolist()) == {exporter.rate}


def test_what_sampling_exporters_report_times_their_rate_is_about_what_was_sent() -> None:
    for name in ("ams-tor-1", "borealis-core-1"):
        play = Play(3)
        conversations = [c for exporter, c in play.traffic.until(60) if exporter == name]
        sent = sum(c.sent + c.back for c in conversations)
        columns = flows(played(3, 60)[1])[name]
        estimate = int((columns["packets"].astype(np.int64) * columns["sampling_rate"]).sum())
        assert estimate == pytest.approx(sent, rel=0.1)


def test_the_planted_events_are_told_and_can_be_seen_in_the_flows() -> None:
    events, _ = played(1, DAY)
    assert [text.split("  ")[1].split(":")[0].split(" (")[0] for text in events[:3]] == [
        "new dependency",
        "a server dies",
        "port scan",
    ]
    assert len(events) == 5
    _, sent = played(1, 215, since=120)
    columns = flows([s for s in sent if s[0] == "nyc-edge-1"])["nyc-edge-1"]
    probes = columns.take((columns["tcp_flags"] == SYN) & (columns["packets"] == 1))
    assert len(set(zip(probes["dst_low"].tolist(), probes["dst_port"].tolist(), strict=True))) > 50
    assert len(set(probes["src_low"].tolist())) == 1


def test_nobody_answers_for_a_server_that_died() -> None:
    play = Play(1)
    play.events(119)
    list(play.traffic.until(121))
    play.events(121)
    (dead,) = play.traffic.dead
    after = [c for _, c in play.traffic.until(200) if c.server == dead]
    assert len(after) > 5
    assert {c.back for c in after} == {0}
    assert not [c for _, c in play.traffic.until(250) if c.client == dead]


def test_the_day_begins_at_eight() -> None:
    assert [clock(0), clock(DAY / 2), clock(DAY)] == ["08:00", "20:00", "08:00"]


def test_an_api_is_an_http_url() -> None:
    with pytest.raises(Invalid, match="not an http"):
        enrol(Api("file:///etc/passwd", "fl_x"), EXPORTERS)

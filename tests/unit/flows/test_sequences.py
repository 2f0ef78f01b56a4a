"""The ledger of sequence numbers against an exporter that knows the truth."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import numpy as np
import pytest
from flowlens.flows.columns import Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.numbering import FLOWS, read
from flowlens.flows.sequences import PER_EXPORTER, Ledger

HOME = ["192.0.2.1", "192.0.2.2"]


def v5(number: int, records: int, uptime: int = 0, engine: int = 0) -> bytes:
    number, uptime = number % 2**32, uptime % 2**32
    return struct.pack(">HHIIIIHH", 5, records, uptime, 0, 0, number, engine, 0) + bytes(48 * records)


def v9(number: int, records: int = 0, uptime: int = 0, domain: int = 0) -> bytes:
    return struct.pack(">HHIIII", 9, records, uptime % 2**32, 0, number % 2**32, domain)


def ipfix(number: int, domain: int = 0) -> bytes:
    return struct.pack(">HHIII", 10, 16, 0, number % 2**32, domain)


def sflow(number: int, records: int = 0, uptime: int = 0, agent: int = 1) -> bytes:
    return struct.pack(">IIIIIII", 5, 1, agent, records & 0, number % 2**32, uptime % 2**32, 0)


@dataclass
class Fed:
    """A ledger and the clock of who receives."""

    ledger: Ledger = field(default_factory=lambda: Ledger(HOME))
    now: int = 1_000_000

    def take(self, *datagrams: bytes, records: list[int] | None = None, exporter: int = 0) -> Fed:
        numbers = read(Datagrams.of(list(datagrams), exporter=exporter, received=self.now))
        if records is not None:
            numbers.records = np.array(records)
        self.ledger.observe(numbers)
        return self

    def counters(self, exporter: int = 0) -> dict[str, int]:
        return self.ledger.counters(exporter)


_MAKERS: dict[Format, Callable[[int, int, int], bytes]] = {
    Format.NETFLOW5: v5,
    Format.NETFLOW9: v9,
    Format.SFLOW5: sflow,
}


# --- an exporter that loses, repeats, disorders, wraps and restarts


@dataclass
class Truth:
    format: Format
    random: Random
    number: int
    uptime: int = 2**32 - 2_000  # it wraps, too
    counts: Counter[str] = field(default_factory=Counter)

    def journey(self, lives: int) -> Iterator[bytes]:
        for life in range(lives):
            if life:
                self.counts["restarts"] += 1
                self.number, self.uptime = 0, 1_000
            yield from self._life(self.random.randrange(500, 1_500))
            self.uptime += 700_000

    def _life(self, datagrams: int) -> Iterator[bytes]:
        sent: list[tuple[bytes, int]] = []
        for _ in range(datagrams):
            records = self.random.randint(1, 30)
            self.uptime += 20
            make = _MAKERS[self.format]
            unit = records if self.format in FLOWS else 1
            sent.append((make(self.number, records, self.uptime), unit))
            self.number += unit
        self.counts["sent"] += sum(unit for _, unit in sent)
        yield from self._way(sent)

    def _way(self, sent: list[tuple[bytes, int]]) -> Iterator[bytes]:
        """What befalls them. The first and the last of a life arrive: nobody can know of those that did not."""
        arriving: list[tuple[float, int, bytes]] = []
        for at, (datagram, unit) in enumerate(sent):
            edge = at in (0, len(sent) - 1)
            if not edge and self.random.random() < 0.1:
                self.counts["lost"] += unit
                continue
            late = 0.0 if edge or self.random.random() > 0.1 else self.random.uniform(1, 100)
            arriving.append((min(at + late, len(sent) - 1.5) if late else at, at, datagram))
            if not edge and self.random.random() < 0.05:
                self.counts["duplicate"] += 1
                arriving.append((min(at + late + self.random.uniform(0, 90), len(sent) - 1.2), at, datagram))
        newest = -1
        seen = set[int]()
        for _, at, datagram in sorted(arriving):
            self.counts["reordered"] += at < newest and at not in seen
            seen.add(at)
            newest = max(newest, at)
            yield datagram


@pytest.mark.parametrize("kind", [Format.NETFLOW5, Format.NETFLOW9, Format.SFLOW5])
@pytest.mark.parametrize("seed", range(8))
def test_the_ledger_equals_the_truth_to_the_unit(kind: Format, seed: int) -> None:
    random = Random(seed)
    truth = Truth(kind, random, number=2**32 - random.randrange(1, 5_000))
    datagrams = list(truth.journey(lives=3))
    fed = Fed()
    while datagrams:
        size = random.randint(1, 200)
        fed.take(*datagrams[:size])
        datagrams = datagrams[size:]
        fed.now += 100
    fed.ledger.finish()
    unit = "flows" if kind in FLOWS else "datagrams"
    found = fed.counters()
    expected = {f"sequence_{name}_{unit}": truth.counts[name] for name in ("sent", "lost")}
    expected |= {f"sequence_{name}": truth.counts[name] for name in ("duplicate", "reordered", "restarts")}
    assert {name: found.get(name, 0) for name in expected} == expected
    assert not {"sequence_jumps", "sequence_outside", "sequence_uncertain_flows"} & found.keys()


# --- one by one


def test_a_gap_is_charged_when_it_leaves_the_window_and_not_before() -> None:
    fed = Fed().take(v9(1), v9(3))
    assert fed.counters() == {"sequence_sent_datagrams": 3, "sequence_open_datagrams": 1}
    fed.take(*(v9(number) for number in range(4, 1_100)))
    assert fed.counters()["sequence_lost_datagrams"] == 1
    assert "sequence_open_datagrams" not in fed.counters()


def test_a_late_datagram_is_disorder_and_a_second_one_a_duplicate() -> None:
    found = Fed().take(v9(1), v9(3), v9(2), v9(2)).counters()
    assert (found["sequence_reordered"], found["sequence_duplicate"]) == (1, 1)
    assert "sequence_open_datagrams" not in found


def test_numbers_count_flows_or_datagrams_as_the_protocol_has_it() -> None:
    fed = Fed().take(v5(0, 30), v5(60, 10), v5(70, 1))
    fed.ledger.finish()
    assert fed.counters() == {"sequence_sent_flows": 71, "sequence_lost_flows": 30}


def test_engines_domains_and_exporters_have_numbers_of_their_own() -> None:
    fed = Fed().take(v5(0, 5), v5(900, 5, engine=1), v5(5, 5), v5(905, 5, engine=1), v9(7), v9(70, domain=1))
    fed.take(v9(900), exporter=1).take(v9(8), v9(71, domain=1)).take(v9(901), exporter=1)
    assert fed.counters() == {"sequence_sent_flows": 20, "sequence_sent_datagrams": 4}
    assert fed.counters(1) == {"sequence_sent_datagrams": 2}


def test_a_number_that_wraps_is_no_loss() -> None:
    assert Fed().take(v9(2**32 - 1), v9(0), v9(1)).counters() == {"sequence_sent_datagrams": 3}


def test_an_uptime_that_wraps_is_no_restart() -> None:
    found = Fed().take(v9(50_000, uptime=2**32 - 100), v9(50_002, uptime=500)).counters()
    assert "sequence_restarts" not in found


def test_a_restart_needs_a_witness() -> None:
    fed = Fed().take(v9(90_000, uptime=100_000), v9(0, uptime=90), v9(1, uptime=100))
    assert fed.counters() == {"sequence_sent_datagrams": 3, "sequence_restarts": 1}


def test_a_number_near_zero_after_silence_is_a_restart() -> None:
    fed = Fed().take(ipfix(90_000), records=[10])
    fed.now += 60_000
    fed.take(ipfix(0), ipfix(10), records=[10, 10])
    assert fed.counters() == {"sequence_sent_flows": 30, "sequence_restarts": 1}


def test_one_forged_datagram_changes_nothing() -> None:
    fed = Fed().take(v9(10), v9(3_000_000_000), v9(11), v9(12))
    assert fed.counters() == {"sequence_sent_datagrams": 3, "sequence_outside": 1}


def test_numbers_that_go_on_elsewhere_without_a_witness_are_a_jump_and_no_loss() -> None:
    fed = Fed().take(v9(10), v9(3_000_000_000)).take(v9(3_000_000_001))
    found = fed.counters()
    assert found["sequence_jumps"] == 1
    assert found["sequence_sent_datagrams"] == 3
    assert "sequence_lost_datagrams" not in found


def test_a_long_loss_is_charged_when_a_second_datagram_confirms_it() -> None:
    found = Fed().take(v9(10)).take(v9(100_011)).take(v9(100_012)).counters()
    assert found["sequence_lost_datagrams"] == 100_000
    assert found["sequence_sent_datagrams"] == 100_003


def test_records_of_a_message_that_cannot_be_read_are_an_interval_not_a_loss() -> None:
    fed = Fed().take(ipfix(0), ipfix(10), ipfix(45), records=[10, -1, 5])
    assert fed.counters() == {"sequence_sent_flows": 50, "sequence_uncertain_flows": 35}


def test_loss_is_charged_beside_an_interval() -> None:
    fed = Fed().take(ipfix(0), ipfix(10), ipfix(45), ipfix(60), records=[10, -1, 5, 5])
    fed.ledger.finish()
    assert fed.counters() == {"sequence_sent_flows": 65, "sequence_uncertain_flows": 35, "sequence_lost_flows": 10}


def test_exporters_that_count_the_message_itself_are_understood() -> None:
    sizes = [22, 32, 30, 7, 9, 1, 30, 12]
    ends = np.cumsum(sizes).tolist()
    fed = Fed().take(*map(ipfix, ends), records=sizes)
    fed.take(ipfix(ends[-1] + 40), records=[30])
    fed.ledger.finish()
    assert fed.counters() == {"sequence_sent_flows": sum(sizes) + 40, "sequence_lost_flows": 10}


def test_records_of_options_are_left_out_where_the_exporter_leaves_them_out() -> None:
    sizes, options = [22, 32, 30, 7, 9, 12, 30, 12], [0, 0, 1, 0, 2, 0, 3, 0]
    numbers = read(Datagrams.of([ipfix(end) for end in np.cumsum(sizes) - np.cumsum(options)]))
    numbers.records, numbers.options = np.array(sizes), np.array(options)
    ledger = Ledger(HOME)
    ledger.observe(numbers)
    assert ledger.counters(0) == {"sequence_sent_flows": sum(sizes) - sum(options)}


def test_what_was_lost_while_nobody_listened_is_charged_to_that() -> None:
    fed = Fed().take(v9(1), v9(2)).take(v5(0, 30), exporter=1)
    later = Fed()
    later.ledger.resume(fed.ledger.positions())
    later.take(v9(13), v9(14)).take(v5(90, 10), v5(100, 10), exporter=1)
    assert later.counters() == {"sequence_sent_datagrams": 12, "collector_down_datagrams": 10}
    assert later.counters(1) == {"sequence_sent_flows": 80, "collector_down_flows": 60}


def test_what_was_open_when_a_process_ended_is_lost() -> None:
    later = Fed()
    later.ledger.resume(Fed().take(v9(1), v9(3)).ledger.positions())
    assert later.take(v9(4)).counters()["sequence_lost_datagrams"] == 1


def test_streams_are_bounded_and_those_beyond_are_counted() -> None:
    fed = Fed().take(*(v9(1, domain=domain) for domain in range(PER_EXPORTER + 5)))
    assert fed.ledger.streams == PER_EXPORTER
    assert fed.counters()["sequence_untracked"] == 5
    fed.now += 120_000
    fed.take(v9(1, domain=999))
    assert fed.ledger.streams == PER_EXPORTER
    assert fed.counters()["sequence_untracked"] == 5


def test_an_exporter_that_was_held_for_a_while_lost_nothing_on_the_way() -> None:
    fed = Fed().take(v9(1))
    fed.ledger.forget(0)
    assert fed.take(v9(900)).counters() == {"sequence_sent_datagrams": 2}


def test_no_octets_make_it_raise() -> None:
    random = Random(7)
    fed = Fed()
    for _ in range(300):
        makers = random.choices([*_MAKERS.values()], k=40)
        some = [make(random.randrange(2**32), random.randrange(31), random.randrange(2**32)) for make in makers]
        fed.take(*(datagram[: random.randrange(len(datagram) + 1)] for datagram in some))
        fed.now += random.randrange(100_000)
    assert all(count >= 0 for count in fed.counters().values())

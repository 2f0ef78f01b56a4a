from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from uuid import UUID

import boto3
import pytest
from botocore.config import Config
from flowlens.aws.stream import Entry, Outcome, Stream
from flowlens.flows import batch

from collector_vm import ship
from collector_vm.segments import HEAD_SIZE
from collector_vm.ship import Shipped, Shipper
from collector_vm.spool import Limits, Spool
from tests.collector_vm.kinesis import Sink

TENANT = UUID("00000000-0000-7000-8000-000000000001")


class Throttling:
    """A stream that refuses what `refuse` says, by the number of the call and the entry's place in it."""

    def __init__(self, refuse: Callable[[int, int], bool]) -> None:
        self.refuse = refuse
        self.calls: list[list[bytes]] = []
        self.taken: list[bytes] = []

    def put(self, entries: list[Entry]) -> Outcome:
        number = len(self.calls)
        self.calls.append([entry.data for entry in entries])
        failed = tuple(i for i in range(len(entries)) if self.refuse(number, i))
        self.taken += [entry.data for i, entry in enumerate(entries) if i not in failed]
        return Outcome(failed, Counter(Throttled=len(failed)))


def shipping(directory: Path, stream: ship.Putter, *, frames: int, size: int = 100) -> tuple[Spool, Shipper, list[str]]:
    spool = Spool(directory, Limits(most=256 << 20))
    for number in range(1, frames + 1):
        spool.append(batch.FLOWS, str(number).encode().ljust(size, b"."), str(number).encode())
    spool.sync()
    counted: list[str] = []
    counts = Shipped(
        on_shipped=lambda label: counted.append("shipped " + label.decode()),
        on_acknowledged=lambda label: counted.append("acknowledged " + label.decode()),
    )
    return spool, Shipper(spool, stream, TENANT, counts=counts, random=Random(1)), counted


def drain(shipper: Shipper) -> list[float]:
    delays = []
    while not shipper.idle:
        delays.append(shipper.step())
    return delays


def bodies(taken: list[bytes]) -> list[int]:
    return [int(batch.unpack(data).body.strip(b".")) for data in taken]


def test_records_carry_the_name_that_the_spool_gave_them(tmp_path: Path) -> None:
    stream = Throttling(lambda _call, _entry: False)
    spool, shipper, _ = shipping(tmp_path, stream, frames=3)
    drain(shipper)
    identities = [batch.unpack(data).identity for data in stream.taken]
    assert [identity.record for identity in identities] == [1, 2, 3]
    assert {(identity.tenant, identity.source) for identity in identities} == {(TENANT, spool.source)}
    assert spool.waiting == 0


def test_only_what_was_refused_is_sent_again(tmp_path: Path) -> None:
    stream = Throttling(lambda call, entry: call == 0 and entry in (1, 3))
    _, shipper, counted = shipping(tmp_path, stream, frames=5)
    drain(shipper)
    assert [bodies(call) for call in stream.calls] == [[1, 2, 3, 4, 5], [2, 4]]
    assert sorted(bodies(stream.taken)) == [1, 2, 3, 4, 5]
    assert Counter(line.split()[0] for line in counted) == {"shipped": 5, "acknowledged": 5}


def test_acknowledgement_waits_for_the_oldest(tmp_path: Path) -> None:
    stream = Throttling(lambda call, entry: call == 0 and entry == 2)
    spool, shipper, _ = shipping(tmp_path, stream, frames=5)
    shipper.step()
    assert spool.acknowledged == 2
    drain(shipper)
    assert spool.acknowledged == 5


def test_an_hour_of_refusal_loses_nothing_and_waits_longer_and_longer(tmp_path: Path) -> None:
    calls_in_an_hour = 1_000
    stream = Throttling(lambda call, _entry: call < calls_in_an_hour)
    _, shipper, _ = shipping(tmp_path, stream, frames=700)
    delays = drain(shipper)
    assert sorted(bodies(stream.taken)) == list(range(1, 701))
    assert all(0 <= delay <= 10 for delay in delays)
    refused = delays[:calls_in_an_hour]
    assert sum(refused[:5]) < 5
    assert sum(refused[100:]) / len(refused[100:]) > 4, "full jitter below ten seconds is five on average"
    assert len(stream.calls[calls_in_an_hour - 1]) == 1, "a stream that refuses all is asked for little"
    assert max(map(len, stream.calls[calls_in_an_hour:])) > 100, "and for more as soon as it takes"


def test_random_refusals_deliver_everything_exactly_once(tmp_path: Path) -> None:
    random = Random(3)
    stream = Throttling(lambda _call, _entry: random.random() < 0.4)
    spool, shipper, counted = shipping(tmp_path, stream, frames=2_000)
    drain(shipper)
    assert sorted(bodies(stream.taken)) == list(range(1, 2_001))
    assert Counter(counted).most_common(1)[0][1] == 1
    assert spool.acknowledged == 2_000


def test_a_call_stays_within_the_limits_of_the_stream(tmp_path: Path) -> None:
    stream = Throttling(lambda _call, entry: entry % 3 == 0)
    _, shipper, _ = shipping(tmp_path, stream, frames=40, size=900_000)
    for _ in range(10):
        shipper.step()
    assert all(sum(map(len, call)) + 36 * len(call) <= 5 << 20 for call in stream.calls)
    small = Throttling(lambda _call, _entry: False)
    _, shipper, _ = shipping(tmp_path / "small", small, frames=1_200)
    drain(shipper)
    assert [len(call) for call in small.calls] == [500, 500, 200]


def test_what_is_not_out_at_the_deadline_stays_on_disk(tmp_path: Path) -> None:
    stream = Throttling(lambda _call, _entry: True)
    spool, shipper, _ = shipping(tmp_path, stream, frames=5)
    stopping, deadline = threading.Event(), threading.Event()
    stopping.set()
    thread = threading.Thread(target=ship.run, args=(shipper,), kwargs={"stopping": stopping, "deadline": deadline})
    thread.start()
    deadline.set()
    thread.join(10)
    assert not thread.is_alive()
    spool.close()
    assert Spool(tmp_path, Limits(most=1 << 20)).recovery.frames == 5


def test_a_frame_that_was_sent_but_not_acknowledged_is_the_same_record_after_a_crash(tmp_path: Path) -> None:
    first = Throttling(lambda _call, _entry: True)  # or so it seems: the answer was lost
    spool, shipper, _ = shipping(tmp_path, first, frames=4)
    shipper.step()
    spool.close()
    second = Throttling(lambda _call, _entry: False)
    again = Spool(tmp_path, Limits(most=1 << 20))
    counts = Shipped(lambda _label: None, lambda _label: None)
    drain(Shipper(again, second, TENANT, counts=counts, random=Random(1)))
    assert second.taken == first.calls[0]


def client(endpoint: str, *, timeout: float = 5) -> Stream:
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=timeout, read_timeout=timeout)
    return Stream("flows", boto3.client("kinesis", endpoint_url=endpoint, config=config))


def test_a_partial_failure_is_told_entry_by_entry() -> None:
    sink = Sink(lambda number: number in (2, 3))
    with sink.serving() as endpoint:
        outcome = client(endpoint).put([Entry("a", bytes([0, 0, 0, 0, 0, 1])) for _ in range(4)])
    assert outcome.failed == (1, 2)
    assert outcome.reasons == {"ProvisionedThroughputExceededException": 2}
    assert len(sink.records) == 2


@pytest.mark.parametrize("down", [True, False])
def test_a_call_that_fails_as_a_whole_fails_for_every_entry(down: bool) -> None:
    sink = Sink()
    with sink.serving() as endpoint:
        sink.down = down
        stream = client(endpoint if down else "http://127.0.0.1:9", timeout=1)
        outcome = stream.put([Entry("a", b"1"), Entry("a", b"2")])
    assert outcome.failed == (0, 1)
    assert sum((outcome.reasons or Counter()).values()) == 2


def test_frames_that_are_gone_are_waited_for_by_nobody(tmp_path: Path) -> None:
    limits = Limits(most=1 << 20, segment=300)
    spool = Spool(tmp_path, limits)
    for number in range(6):
        spool.append(batch.FLOWS, bytes([number]) * 100)
    spool.sync()
    spool.close()
    *earlier, newest = sorted(tmp_path.glob("*.seg"))
    for file in earlier:
        file.unlink()
    os.truncate(newest, HEAD_SIZE)  # as a power cut may leave it
    stream = Throttling(lambda _call, _entry: False)
    silent = Shipped(lambda _: None, lambda _: None)
    shipper = Shipper(Spool(tmp_path, limits), stream, TENANT, counts=silent, random=Random(1))
    shipper.step()
    assert (shipper.idle, stream.taken) == (True, [])

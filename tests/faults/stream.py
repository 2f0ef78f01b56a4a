"""A stream and its event source mapping, simulated in virtual time: right as AWS describes them, wrong on purpose.

Batches go through the same `Delivery` as on one machine (cdk/local); shards, windows, checkpoints, resharding and
everything that misbehaves are here. All chance comes from a seed.
"""

from __future__ import annotations

import json
import threading
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from random import Random
from typing import cast

from flowlens.aws.stream import Entry
from flowlens.aws.stream import Outcome as Put

from cdk.local.delivery import Delivery, StreamRecord
from cdk.local.runtime import Outcome, failure
from cdk.local.triggers import batches
from cdk.manifest import EventSource

_KEYS = 1 << 128  # Kinesis hashes partition keys with MD5
_REMEMBERED = 200
Invoke = Callable[[bytes], Outcome]
Work = Callable[[], object]


class Clock:
    """Time that passes when somebody waits. It is also the Delivery's `stopping`, which never comes."""

    def __init__(self, now: float = 0.0) -> None:
        self._now = now
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now

    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float | None = None) -> bool:
        with self._lock:
            self._now += timeout or 0.0
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """Chances, from 0 to 1, of what AWS says may happen and seldom does."""

    throttled: float = 0.0  # an entry of PutRecords is refused
    throttled_until: float = 0.0  # until then every entry is
    unconfirmed: float = 0.0  # an entry is taken, but its sender hears that it was not
    redelivered: float = 0.0  # with a batch, one from earlier comes again
    unanswered: float = 0.0  # an invocation's answer is lost after its work is done


@dataclass(slots=True)
class Shard:
    """Records of a range of hashed keys. A closed one takes none; its children are read when it was read to its end."""

    name: str
    low: int
    high: int
    parents: tuple[str, ...] = ()
    open: bool = True
    records: list[StreamRecord] = field(default_factory=list)


class Stream:
    """What a collector puts on; `shards` are named 0, 1, … in the order in which they came to be."""

    def __init__(self, shards: int, clock: Clock, *, chance: Random, wrong: Misbehaviour | None = None) -> None:
        self.clock = clock
        self.wrong = wrong or Misbehaviour()
        self.happened: Counter[str] = Counter()
        width = _KEYS // shards
        self.shards = [Shard(str(n), n * width, (n + 1) * width if n + 1 < shards else _KEYS) for n in range(shards)]
        self._chance = chance
        self._sequence = 0
        self._lock = threading.Lock()

    def put(self, entries: Sequence[Entry]) -> Put:
        """As flowlens.aws.stream.Stream.put."""
        with self._lock:
            reasons = [self._take(entry) for entry in entries]
        failed = tuple(at for at, reason in enumerate(reasons) if reason)
        return Put(failed, Counter(reason for reason in reasons if reason))

    def _take(self, entry: Entry) -> str:
        wrong, chance = self.wrong, self._chance
        if self.clock.now() < wrong.throttled_until or chance.random() < wrong.throttled:
            self.happened["entries throttled"] += 1
            return "ProvisionedThroughputExceededException"
        self._sequence += 1
        record = StreamRecord(self._sequence, entry.key, entry.data, self.clock.now())
        self.shard_of(entry.key).records.append(record)
        if chance.random() < wrong.unconfirmed:
            self.happened["entries unconfirmed"] += 1
            return "InternalFailure"
        return ""

    def shard_of(self, key: str) -> Shard:
        place = int.from_bytes(md5(key.encode(), usedforsecurity=False).digest())
        return next(shard for shard in self.shards if shard.open and shard.low <= place < shard.high)

    def split(self, name: str) -> None:
        old = self._close(name)
        middle = (old.low + old.high) // 2
        self._add(old.low, middle, name)
        self._add(middle, old.high, name)

    def merge(self, one: str, other: str) -> None:
        first, second = self._close(one), self._close(other)
        self._add(min(first.low, second.low), max(first.high, second.high), one, other)

    def _close(self, name: str) -> Shard:
        shard = self.shards[int(name)]
        shard.open = False
        return shard

    def _add(self, low: int, high: int, *parents: str) -> None:
        self.shards.append(Shard(str(len(self.shards)), low, high, parents))


def _in_turn(work: Iterable[Work]) -> None:
    for one in work:
        one()


class Poller:
    """The event source mapping: reads each shard from its checkpoint, in batches per lane, until all is dealt with."""

    def __init__(
        self,
        settings: EventSource,
        stream: Stream,
        invoke: Invoke,
        *,
        chance: Random,
        run: Callable[..., None] = _in_turn,
    ) -> None:
        self.settings = settings
        self.checkpoints: dict[str, int] = {}  # the last sequence that is dealt with, by shard
        self.buried: list[Mapping[str, object]] = []
        self._stream, self._invoke, self._run = stream, invoke, run
        self._chance = chance
        self._earlier: list[tuple[str, list[StreamRecord]]] = []

    def backlog(self) -> int:
        return sum(len(self._left(shard)) for shard in self._stream.shards)

    def drain(self) -> None:
        """Rounds until nothing is left."""
        while self.round():
            pass

    def redrive(self, obituaries: Iterable[Mapping[str, object]]) -> None:
        """Delivers again what was buried, as its shard holds it: with neighbours, for repetition is harmless."""
        for obituary in obituaries:
            info = cast("Mapping[str, str]", obituary["KinesisBatchInfo"])
            shard, first, last = info["shardId"], int(info["startSequenceNumber"]), int(info["endSequenceNumber"])
            records = [r for r in self._stream.shards[int(shard)].records if first <= r.sequence <= last]
            self._lane(shard, list(batches(records, self.settings.batch_size)))()

    def round(self) -> bool:
        """One look at every shard that may be read; False when there was nothing in any, and nothing to come."""
        self._await()
        gathered = [(shard, records) for shard in self._readable() if (records := self._gather(shard))]
        work: list[Work] = []
        if gathered and self._earlier and self._chance.random() < self._stream.wrong.redelivered:
            self._stream.happened["batches redelivered"] += 1
            shard_name, batch = self._chance.choice(self._earlier)
            work.append(self._lane(shard_name, [batch]))
        work += [one for shard, records in gathered for one in self._lanes(shard, records)]
        self._run(work)
        for shard, records in gathered:
            self.checkpoints[shard.name] = records[-1].sequence
        return bool(gathered)

    def _await(self) -> None:
        """Until there is something to read, if anything is to come."""
        clock = self._stream.clock
        coming = [left[0].arrival for shard in self._readable() if (left := self._left(shard))]
        clock.wait(max(0.0, min(coming, default=0.0) - clock.now()))

    def _readable(self) -> list[Shard]:
        shards = self._stream.shards
        return [s for s in shards if all(not self._left(shards[int(parent)]) for parent in s.parents)]

    def _left(self, shard: Shard) -> list[StreamRecord]:
        done = self.checkpoints.get(shard.name, 0)
        return shard.records[bisect_right(shard.records, done, key=lambda record: record.sequence) :]

    def _gather(self, shard: Shard) -> list[StreamRecord]:
        """A full round of records, or what came until the window of the first was over."""
        wanted = self.settings.batch_size * self.settings.parallel
        clock = self._stream.clock
        arrived = self._arrived(shard, wanted)
        if arrived and len(arrived) < wanted:
            clock.wait(self.settings.window_seconds)
        return self._arrived(shard, wanted) if arrived else []

    def _arrived(self, shard: Shard, most: int) -> list[StreamRecord]:
        now = self._stream.clock.now()
        return [record for record in self._left(shard) if record.arrival <= now][:most]

    def _lanes(self, shard: Shard, records: list[StreamRecord]) -> list[Work]:
        """Records of one key stay in order, in one lane; lanes know nothing of one another."""
        split: list[list[StreamRecord]] = [[] for _ in range(self.settings.parallel)]
        for record in records:
            split[zlib.crc32(record.key.encode()) % self.settings.parallel].append(record)
        cut = [list(batches(lane, self.settings.batch_size)) for lane in split if lane]
        self._earlier += [(shard.name, batch) for lane in cut for batch in lane]
        del self._earlier[:-_REMEMBERED]
        return [self._lane(shard.name, lane) for lane in cut]

    def _lane(self, shard: str, lane: list[list[StreamRecord]]) -> Work:
        chance = Random(self._chance.random())

        def invoke(payload: bytes) -> Outcome:
            outcome = self._invoke(payload)
            if chance.random() < self._stream.wrong.unanswered:
                self._stream.happened["answers lost"] += 1
                return failure("Sandbox.Timedout", "no answer")
            return outcome

        def bury(obituary: str) -> None:
            self.buried.append(json.loads(obituary))

        clock = self._stream.clock
        delivery = Delivery(self.settings, shard, invoke=invoke, bury=bury, stopping=clock, now=clock.now)
        return lambda: [delivery.deliver(batch) for batch in lane]

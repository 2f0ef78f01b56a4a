"""What the simulated stream and mapping do, in a notation of letters; then what they do wrong on purpose."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random

import pytest
from flowlens.aws.stream import Entry

from cdk.local.delivery import StreamRecord
from cdk.local.runtime import Outcome, failure
from cdk.manifest import EventSource
from tests.faults.stream import Clock, Misbehaviour, Poller, Stream

SETTINGS = EventSource(
    stream="s", function="f", on_failure="q", batch_size=4, parallel=1, retries=1, max_age_seconds=-1, window_seconds=1
)


@dataclass
class Function:
    """Counts lower-case letters, reports capitals as failed, and breaks the first n times it meets a digit n."""

    given: list[str] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    broke: Counter[str] = field(default_factory=Counter)

    def __call__(self, payload: bytes) -> Outcome:
        records = [record["kinesis"] for record in json.loads(payload)["Records"]]
        letters = [base64.b64decode(record["data"]).decode() for record in records]
        self.given.append("".join(letters))
        for digit in filter(str.isdigit, letters):
            if self.broke[digit] < int(digit):
                self.broke[digit] += 1
                return failure("Boom", digit)
        self.counted.update(letter for letter in letters if not letter.isupper())
        failed = [r["sequenceNumber"] for r, letter in zip(records, letters, strict=True) if letter.isupper()]
        return Outcome(json.dumps({"batchItemFailures": [{"itemIdentifier": one} for one in failed]}).encode())


def followed(stream: Stream, settings: EventSource = SETTINGS, seed: int = 1) -> tuple[Function, Poller]:
    function = Function()
    mapping = Poller(settings, stream, function, chance=Random(seed))
    mapping.drain()
    return function, mapping


def put(stream: Stream, letters: str) -> None:
    """A letter a record, with a key of its own; `@n` moves to second n."""
    for word in letters.split():
        if word.startswith("@"):
            stream.clock.wait(int(word[1:]) - stream.clock.now())
        for letter in "" if word.startswith("@") else word:
            stream.put([Entry(letter, letter.encode())])


def new(shards: int = 1, wrong: Misbehaviour | None = None) -> Stream:
    return Stream(shards, Clock(), chance=Random(1), wrong=wrong)


def graves(mapping: Poller) -> str:
    """What was buried, by its sequence numbers and the reason's initials."""
    words = []
    for obituary in json.loads(json.dumps(mapping.buried)):
        info, condition = obituary["KinesisBatchInfo"], obituary["requestContext"]["condition"]
        initials = "".join(filter(str.isupper, condition))
        words.append(f"{info['startSequenceNumber']}-{info['endSequenceNumber']}:{initials}")
    return " ".join(words)


@pytest.mark.parametrize(
    ("sent", "changed", "invocations", "buried"),
    [
        pytest.param("abc", {}, "abc", "", id="one batch"),
        pytest.param("abcdef", {}, "abcd ef", "", id="a batch has a size"),
        pytest.param("Xabc", {}, "Xabc Xa X X a bc", "1-1:RAE", id="poison first"),
        pytest.param("aXbc", {}, "aXbc Xbc X X bc", "2-2:RAE", id="poison second"),
        pytest.param("abXc", {}, "abXc Xc X X c", "3-3:RAE", id="poison third"),
        pytest.param("abcX", {}, "abcX X X", "4-4:RAE", id="poison last"),
        pytest.param("XYab", {}, "XYab XY X X Y Y ab", "1-1:RAE 2-2:RAE", id="two poisons"),
        pytest.param("aX", {"retries": 0}, "aX X", "2-2:RAE", id="no retries"),
        pytest.param("aXb", {"bisect": False}, "aXb Xb Xb", "2-3:RAE", id="without bisect the neighbour is buried too"),
        pytest.param("1", {}, "1 1", "", id="a crash is retried"),
        pytest.param("2", {}, "2 2", "1-1:RAE", id="crashes use up retries"),
        pytest.param("2a", {}, "2a 2 2 a", "", id="halving a crashed batch costs no retry"),
        pytest.param(
            "9", {"retries": -1, "max_age_seconds": 5}, "9 9 9 9 9", "1-1:RAE", id="age ends what retries do not"
        ),
        pytest.param("a @60 b", {"max_age_seconds": 50}, "b", "1-1:RAE", id="the old are buried unseen"),
    ],
)
def test_a_batch_is_delivered_as_aws_says(sent: str, changed: dict[str, int], invocations: str, buried: str) -> None:
    stream = new()
    put(stream, sent)
    function, mapping = followed(stream, replace(SETTINGS, **changed))  # type: ignore[arg-type]
    assert (" ".join(function.given), graves(mapping)) == (invocations, buried)
    assert mapping.backlog() == 0


@pytest.mark.parametrize(
    ("arrivals", "window", "invocations"),
    [
        pytest.param("a0 b1 c9", 5, "ab c", id="a window is filled"),
        pytest.param("a0 b1 c1 d2 e2", 30, "abcd e", id="a full batch does not wait for its window"),
        pytest.param("a0 b1", 0, "a b", id="no window"),
    ],
)
def test_a_batch_waits_for_its_window(arrivals: str, window: int, invocations: str) -> None:
    stream = new()
    for number, word in enumerate(arrivals.split(), 1):
        stream.shards[0].records.append(StreamRecord(number, word[0], word[:1].encode(), float(word[1:])))
    function, _ = followed(stream, replace(SETTINGS, window_seconds=window))
    assert " ".join(function.given) == invocations


def test_a_key_keeps_its_order_in_its_lane_and_poison_stops_no_other_lane() -> None:
    stream = new()
    for letter in "abcXdefg":
        stream.put([Entry("even" if letter in "aceg" else "odd", letter.encode())])
    function, mapping = followed(stream, replace(SETTINGS, parallel=8, batch_size=4))
    assert sorted(function.given) == sorted(["aceg", "bXdf", "Xdf", "X", "X", "df"])
    assert graves(mapping) == "4-4:RAE"


def test_a_mapping_that_starts_again_goes_on_at_its_checkpoint() -> None:
    stream = new()
    put(stream, "abcd")
    first, mapping = followed(stream)
    put(stream, "ef")
    second = Poller(SETTINGS, stream, Function(), chance=Random(1))
    second.checkpoints = dict(mapping.checkpoints)
    assert (first.given, second.backlog()) == (["abcd"], 2)


@pytest.mark.parametrize("change", ["split", "merge"])
def test_children_are_read_after_their_parents(change: str) -> None:
    stream = new(shards=1 if change == "split" else 2)
    put(stream, "abcdefgh")
    if change == "split":
        stream.split("0")
    else:
        stream.merge("0", "1")
    put(stream, "stuvwxyz")
    function, mapping = followed(stream, replace(SETTINGS, parallel=1))
    order = "".join(function.given)
    assert sorted(order) == list("abcdefghstuvwxyz")
    assert max(map(order.index, "abcdefgh")) < min(map(order.index, "stuvwxyz"))
    assert mapping.backlog() == 0


def test_every_key_has_a_shard_after_any_resharding() -> None:
    stream = new(shards=3)
    stream.split("1")
    stream.merge("0", "3")
    stream.split("2")
    for number in range(1000):
        stream.put([Entry(str(number), b"a")])
    assert sum(len(shard.records) for shard in stream.shards) == 1000
    assert [shard.name for shard in stream.shards if shard.records and not shard.open] == []


def test_a_throttled_stream_refuses_each_entry_until_it_recovers() -> None:
    stream = new(wrong=Misbehaviour(throttled_until=3600))
    entries = [Entry("a", b"a"), Entry("b", b"b")]
    assert stream.put(entries).failed == (0, 1)
    stream.clock.wait(3600)
    assert stream.put(entries).failed == ()
    assert followed(stream)[0].given == ["ab"]


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (Misbehaviour(throttled=0.3), "entries throttled"),
        (Misbehaviour(unconfirmed=0.3), "entries unconfirmed"),
        (Misbehaviour(redelivered=0.5), "batches redelivered"),
        (Misbehaviour(unanswered=0.2), "answers lost"),
    ],
)
def test_what_goes_wrong_happens_and_loses_nothing(wrong: Misbehaviour, what: str) -> None:
    stream = new(shards=2, wrong=wrong)
    letters = [Entry(str(number), bytes([97 + number % 26])) for number in range(60)]
    sent = list(letters)
    while letters:  # as a collector does
        letters = [letters[at] for at in stream.put(letters).failed]
    function, _ = followed(stream, replace(SETTINGS, retries=-1))
    assert stream.happened[what] > 0
    wanted = Counter(entry.data.decode() for entry in sent)
    assert all(function.counted[letter] >= count for letter, count in wanted.items())
    repeats = what != "entries throttled"
    assert (function.counted != wanted) == repeats


def test_the_same_seed_goes_wrong_in_the_same_way() -> None:
    wrong = Misbehaviour(throttled=0.2, unconfirmed=0.2, redelivered=0.5, unanswered=0.2)
    runs = []
    for _ in range(2):
        stream = new(shards=2, wrong=wrong)
        put(stream, "abcdefghijklmnop")
        runs.append((followed(stream, replace(SETTINGS, retries=-1))[0].given, dict(stream.happened)))
    assert runs[0] == runs[1]

"""Log entries that were pushed: the edges of exported objects, each once, in whatever company and however often."""

from __future__ import annotations

import itertools
import json
import random
from uuid import UUID

import boto3
import pytest
from flowlens.flows.reading import pushed
from flowlens.services import events, waiting
from flowlens.store import feeds
from flowlens.store.connection import Connection, tenant_transaction

from tests.estates import BACK, EDGES, ESTATE, THERE, google_log
from tests.functions.api.pusher import ACCOUNT, envelope
from tests.functions.logs import test_logs
from tests.functions.logs.test_logs import (
    arrive,
    aside,
    count,
    delivery,
    feeds_of,
    kept,
    lines,
    on,
    through_kinesis,
)
from tests.postgres import OTHER, TENANT
from tests.store.test_one_estate import edges, octets

world = test_logs.world
LOG = "projects/shop/logs/compute.googleapis.com%2Fvpc_flows"
NUMBERS = itertools.count(1)


def entries() -> list[str]:
    """As a sink writes them, into an object or to a topic: with what tells one from another."""
    said = [json.loads(line) for line in google_log().splitlines()]
    return [
        json.dumps({**entry, "insertId": f"i{n}", "logName": LOG, "timestamp": "2026-11-27T10:00:00.1Z"})
        for n, entry in enumerate(said)
    ]


def feed(app: Connection, tenant: UUID = TENANT) -> int:
    with tenant_transaction(app, tenant):
        fields = feeds.Fields(name=f"pushed {next(NUMBERS)}", settings={"account": ACCOUNT})
        made = feeds.create(app, tenant, "gcp_pubsub", fields)
    assert made is not None
    return made


def waits(feed: int, texts: list[str], tenant: UUID = TENANT) -> list[bytes]:
    """Messages of their own each time, as a topic has that is published to twice."""
    found = [pushed.message(json.dumps(envelope(text, id=str(next(NUMBERS)))).encode()) for text in texts]
    return [pushed.waiting(tenant, feed, one) for one in found]


def test_an_estate_that_is_pushed_twice_in_any_company_and_exported_is_the_same_once(app: Connection) -> None:
    id, said = feed(app), entries()
    assert through_kinesis(*waits(id, said)) == []
    once = count(app)
    assert edges(app, TENANT) == EDGES
    shuffled = random.Random(4).sample(said, len(said))
    for first in range(0, len(said), 3):
        assert through_kinesis(*waits(id, shuffled[first : first + 3])) == []
    assert (count(app), len(on("flows"))) == (once, 2 * len(said)), "an entry is a record, and counts once"
    assert octets(app, TENANT) == (THERE, BACK)
    assert arrive("google/09:00:00_09:59:59_S0.json", "\n".join([*said, ""]).encode()) == []
    count(app)
    assert edges(app, TENANT) == EDGES
    assert octets(app, TENANT) == (THERE, BACK), "an object is another observer of it, and one of all counts"
    assert once[0] == len(ESTATE)


def test_feeds_and_log_groups_share_a_batch_and_what_cannot_be_read_hinders_nobody(app: Connection) -> None:
    id, other = feed(app), feed(app, OTHER)
    good, theirs = waits(id, entries()[:2]), waits(other, entries()[2:4], OTHER)
    bad = waits(id, ['{"protoPayload":{}}', "no json", '{"a":' + "[" * 50_000, json.dumps({"jsonPayload": {}})])
    gone = waits(4711, entries()[:1])
    assert through_kinesis(delivery(lines(2)), good[0], *bad, *gone, theirs[0], good[1], theirs[1]) == []
    (cloudwatch,) = [one for one in feeds_of(app) if one.kind == "aws_logs"]
    mine = next(one for one in feeds_of(app) if one.id == id)
    with tenant_transaction(app, OTHER):
        (foreign,) = feeds.page(app, OTHER, limit=10)
    assert (cloudwatch.flows, foreign.flows, foreign.lines) == (2, 2, 2)
    assert (mine.flows, mine.unreadable) == (2, {"json": 2, "shape": 2})
    assert {reason: len(examples) for reason, examples in mine.examples.items()} == {"json": 2, "shape": 2}
    (key,) = kept()
    assert key.startswith(events.PUSHED)
    assert arrive(key) == []
    assert aside(app) == ["feed_unknown"]


def test_what_was_pushed_before_a_pause_is_kept_and_read_when_its_feed_goes_on(app: Connection) -> None:
    id = feed(app)
    with tenant_transaction(app, TENANT):
        feeds.update(app, TENANT, id, feeds.Fields(state="paused"))
    assert through_kinesis(*waits(id, entries()[:3])) == []
    assert (len(kept()), on("flows")) == (3, [])
    assert [arrive(key) for key in kept()] == [[], [], []]
    assert aside(app) == ["feed_paused"] * 3
    with tenant_transaction(app, TENANT):
        feeds.update(app, TENANT, id, feeds.Fields(state="active"))
    assert [arrive(key) for key in [*kept(), *kept()]] == [[]] * 6
    assert (count(app)[1], aside(app), len(on("flows"))) == (3, [], 6)


@pytest.mark.parametrize(
    "text", [b'{"pushed":1}', b'{"pushed":{"tenant":"x","feed":1}}', b'{"pushed":' + b"[" * 50_000]
)
def test_only_what_we_wrote_is_taken_for_what_waits(app: Connection, text: bytes) -> None:
    """In our own bucket; in the bucket of somebody else it is no flow log at all."""
    for bucket, reason in ((test_logs.BUCKET, "push_waiting"), ("another", "file_format")):
        if bucket == "another":
            boto3.client("s3").create_bucket(Bucket=bucket)
        assert told(bucket, f"{events.PUSHED}x.json", text) == []
        assert aside(app)[0] == reason


def test_a_document_in_another_bucket_speaks_for_no_tenant(app: Connection) -> None:
    (forged,) = waits(feed(app, OTHER), entries()[:1], OTHER)
    boto3.client("s3").create_bucket(Bucket="another")
    assert told("another", f"{events.PUSHED}x.json", forged) == []
    assert told(test_logs.BUCKET, "AWSLogs/x.json", forged) == []
    assert (on("flows"), aside(app)) == ([], ["file_format", "file_format"])


def told(bucket: str, key: str, data: bytes) -> list[int]:
    """As EventBridge tells of an object in any bucket."""
    s3 = boto3.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=data)
    return test_logs.announce(bucket, key)


def test_a_feed_has_all_that_waits_for_it_read_together() -> None:
    mine, yours = waits(1, entries()[:2]), waits(1, entries()[:1], OTHER)
    found = waiting.by_feed(enumerate([mine[0], yours[0], mine[1]]))
    assert found == {(TENANT, 1): [0, 2], (OTHER, 1): [1]}

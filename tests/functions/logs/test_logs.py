"""Log events of CloudWatch Logs, straight, through Kinesis and by Firehose: edges, once, however they are delivered."""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import boto3
import pytest
from flowlens.aws import archive, objects, secrets
from flowlens.aws.stream import Outcome, Stream
from flowlens.services import events, merging
from flowlens.store import dead_letters, feeds
from flowlens.store.connection import Connection, tenant_transaction
from moto import mock_aws

from functions.logs import desk, hear, read
from functions.logs import settings as logs
from functions.objects import read as objects_read
from functions.stream import aggregate
from tests import tables
from tests.lambdas import context, failed, kinesis
from tests.postgres import APP, TENANT, Server

BUCKET, GROUP, ACCOUNT = "flow-logs", "/vpc/flow-logs", "123456789012"
CACHED = (
    logs.settings,
    desk.database,
    desk.desk,
    objects_read.shelf,
    objects_read.settings,
    objects_read.database,
    objects.client,
    aggregate.settings,
    aggregate.database,
    aggregate.archived,
    secrets.client,
)


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch, postgres: Server, app: Connection, tmp_path: Path) -> Generator[None]:
    given = {"FLOWS_STREAM": "flows", "LOG_BUCKETS": f"{BUCKET},another", "LOG_TENANT": str(TENANT)}
    given |= {"DATABASE_SECRET": "database", "ARCHIVE_URL": archive.at(tmp_path.as_uri()).url}
    given |= {"VISITS_TABLE": "visit-marks"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for one in CACHED:
        one.cache_clear()
    with mock_aws():
        for stream in ("flows", "log-events"):
            boto3.client("kinesis").create_stream(StreamName=stream, ShardCount=1)
        secret = json.dumps(postgres.secret(APP, app.info.dbname))
        boto3.client("secretsmanager").create_secret(Name="database", SecretString=secret)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        tables.create("visit-marks")
        yield
    for database in (aggregate.database, objects_read.database, desk.database):
        database().close()
    for one in CACHED:
        one.cache_clear()


def lines(count: int = 3, *, port: int = 443) -> list[str]:
    end = int(time.time()) - 60
    return [
        f"2 {ACCOUNT} eni-0123456789abcdef0 10.0.0.{n} 10.0.1.1 4000{n} {port} 6 10 840 {end - 60} {end} ACCEPT OK"
        for n in range(1, count + 1)
    ]


def delivery(said: list[str], *, group: str = GROUP, first: int = 0) -> bytes:
    events = [{"id": str(first + n), "timestamp": 0, "message": line} for n, line in enumerate(said)]
    told: dict[str, Any] = {"messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": group, "logStream": "eni-1"}
    return gzip.compress(json.dumps({**told, "subscriptionFilters": ["f"], "logEvents": events}).encode())


def straight(payload: bytes) -> None:
    hear.handler({"awslogs": {"data": base64.b64encode(payload).decode()}}, context())


def through_kinesis(*payloads: bytes) -> list[int]:
    return failed(read.handler(kinesis(payloads), context()))


def arrive(key: str, data: bytes | None = None) -> list[int]:
    """As EventBridge tells of an object; with `data` it is put there first."""
    if data is not None:
        boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=data)
    return announce(BUCKET, key)


def announce(bucket: str, key: str) -> list[int]:
    told = {"key": key, "etag": boto3.client("s3").head_object(Bucket=bucket, Key=key)["ETag"].strip('"')}
    detail = {"bucket": {"name": bucket}, "object": told}
    body = json.dumps({"detail-type": "Object Created", "source": "aws.s3", "detail": detail})
    record = {"messageId": "0", "body": body, "eventSource": "aws:sqs", "attributes": {}, "messageAttributes": {}}
    return failed(objects_read.handler({"Records": [record]}, context()))


def on(stream: str) -> list[bytes]:
    found = boto3.client("kinesis")
    shard = found.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    return [record["Data"] for record in found.get_records(ShardIterator=shard["ShardIterator"])["Records"]]


def count(app: Connection) -> tuple[int, int]:
    """Edges and flows, all of the stream counted again."""
    assert failed(aggregate.handler(kinesis(on("flows")), context())) == []
    merging.merge_all(app, TENANT)
    with tenant_transaction(app, TENANT):
        row = app.execute(b"SELECT count(*), coalesce(sum(flows), 0)::bigint FROM dependencies").fetchone() or (0, 0)
    return int(row[0]), int(row[1])


def aside(app: Connection) -> list[str]:
    with tenant_transaction(app, TENANT):
        return [one.reason for one in dead_letters.page(app, TENANT, limit=100, state="open")]


def feeds_of(app: Connection) -> list[feeds.Feed]:
    with tenant_transaction(app, TENANT):
        return feeds.page(app, TENANT, limit=10)


def kept() -> list[str]:
    return [one["Key"] for one in boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_a_delivery_counts_once_straight_through_kinesis_and_by_firehose(app: Connection) -> None:
    one, two = delivery(lines()), delivery(lines(2, port=5432), first=10)
    straight(one)
    assert count(app) == (3, 3)
    assert through_kinesis(two, one, two) == []
    assert count(app) == (5, 5)
    assert arrive("firehose/2026/11/26/x", one + two) == []
    assert arrive("firehose/2026/11/26/y.gz", gzip.compress(gzip.decompress(two) + gzip.decompress(one))) == []
    assert (count(app), aside(app), len(on("flows"))) == ((5, 5), [], 8)


def test_a_subscription_of_the_log_group_delivers_through_kinesis(app: Connection) -> None:
    groups = boto3.client("logs")
    groups.create_log_group(logGroupName=GROUP)
    groups.create_log_stream(logGroupName=GROUP, logStreamName="eni-1-all")
    arn = boto3.client("kinesis").describe_stream(StreamName="log-events")["StreamDescription"]["StreamARN"]
    groups.put_subscription_filter(logGroupName=GROUP, filterName="f", filterPattern="", destinationArn=arn)
    now = int(time.time() * 1000)
    told = [{"timestamp": now, "message": line} for line in lines(5)]
    groups.put_log_events(logGroupName=GROUP, logStreamName="eni-1-all", logEvents=told)
    assert through_kinesis(*on("log-events")) == []
    assert count(app) == (5, 5)
    (feed,) = feeds_of(app)
    assert (feed.kind, feed.name, feed.lines) == ("aws_logs", f"{GROUP} of {ACCOUNT}", 5)


def test_a_log_group_is_a_feed_whose_format_people_can_say(app: Connection) -> None:
    end = int(time.time()) - 60
    said: dict[str, object] = {
        "log_group": GROUP,
        "log_format": "${action} ${end} ${dstport} ${srcport} ${protocol} ${dstaddr} ${srcaddr}",
    }
    with tenant_transaction(app, TENANT):
        feeds.create(app, TENANT, "aws_logs", feeds.Fields(name="named", settings=said))
    straight(delivery([f"ACCEPT {end} 443 40000 6 10.0.0.2 10.0.0.1", "ACCEPT x 1 2 6 10.0.0.2 10.0.0.1"]))
    assert count(app) == (1, 1)
    (feed,) = feeds_of(app)
    assert (feed.name, feed.lines, feed.unreadable) == ("named", 2, {"number": 1})


def test_what_cannot_be_read_is_kept_named_and_read_when_its_feed_goes_on(app: Connection) -> None:
    straight(delivery(lines(1)))
    with tenant_transaction(app, TENANT):
        feeds.update(app, TENANT, feeds_of(app)[0].id, feeds.Fields(state="paused"))
    good = delivery(lines(2), group="/another", first=20)
    assert through_kinesis(delivery(lines(3), first=10), good, gzip.compress(b"no document")) == []
    assert count(app) == (2, 3), "the good one was read, though others came with it"
    assert len(kept()) == 2
    assert [arrive(key) for key in kept()] == [[], []]
    assert sorted(aside(app)) == ["feed_paused", "file_format"]
    with tenant_transaction(app, TENANT):
        feeds.update(app, TENANT, feeds_of(app)[0].id, feeds.Fields(state="active"))
    for key in kept():
        arrive(key)
    assert (count(app)[1], aside(app)) == (6, ["file_format"])


def test_a_stream_that_is_full_and_a_bucket_that_is_gone(app: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    one = delivery(lines())
    with monkeypatch.context() as patched:
        patched.setattr(events, "_PATIENCE", 0.0)
        patched.setattr(Stream, "put", lambda _, entries: Outcome(tuple(range(len(entries))), Counter(["Throttled"])))
        straight(one)
        boto3.client("s3").delete_object(Bucket=BUCKET, Key=kept()[0])
        boto3.client("s3").delete_bucket(Bucket=BUCKET)
        assert through_kinesis(one, one) == [0, 1]
        with pytest.raises(Exception, match="NoSuchBucket"):
            straight(one)
    assert through_kinesis(one, one) == []
    assert count(app) == (3, 3)

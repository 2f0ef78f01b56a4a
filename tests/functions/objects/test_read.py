"""Flow logs in S3: a message about an object becomes edges, once; what cannot be read fails alone and by name."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from flowlens.aws import archive, objects, secrets
from flowlens.aws.stream import Outcome, Stream
from flowlens.flows.reading.interfaces import described
from flowlens.services import merging
from flowlens.store import attempts, dead_letters, dependencies, feeds, sightings
from flowlens.store.connection import Connection, tenant_transaction
from moto import mock_aws

from functions.objects import read
from functions.stream import aggregate
from tests import tables
from tests.bench import files
from tests.estates import EDGES, NOW, aws_log, azure_log, google_log
from tests.lambdas import context, failed, kinesis
from tests.postgres import APP, TENANT, Server

BUCKET = "flow-logs"
KEY = "AWSLogs/1/123456789012_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20261123T1500Z_0a1b2c3d.log.gz"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, postgres: Server, app: Connection, tmp_path: Path) -> Generator[None]:
    given = {"FLOWS_STREAM": "flows", "LOG_BUCKETS": f"{BUCKET}, another", "LOG_TENANT": str(TENANT)}
    given |= {"DATABASE_SECRET": "database", "ARCHIVE_URL": archive.at(tmp_path.as_uri()).url}
    given |= {"VISITS_TABLE": "visit-marks"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    cached = (
        read.shelf,
        read.settings,
        read.database,
        objects.client,
        aggregate.settings,
        aggregate.database,
        aggregate.archived,
        secrets.client,
    )
    for one in cached:
        one.cache_clear()
    with mock_aws():
        tables.create("visit-marks")
        boto3.client("kinesis").create_stream(StreamName="flows", ShardCount=1)
        secret = json.dumps(postgres.secret(APP, app.info.dbname))
        boto3.client("secretsmanager").create_secret(Name="database", SecretString=secret)
        for bucket in (BUCKET, "somebody-elses"):
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield
    aggregate.database().close()
    read.database().close()
    for one in cached:
        one.cache_clear()


def put(data: bytes, *, key: str = KEY, bucket: str = BUCKET) -> str:
    """The message that EventBridge would put on the queue."""
    made = boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=data)
    thing = {"key": key, "size": len(data), "etag": made["ETag"].strip('"'), "sequencer": "0"}
    detail = {"version": "0", "bucket": {"name": bucket}, "object": thing, "reason": "PutObject"}
    return json.dumps({"version": "0", "detail-type": "Object Created", "source": "aws.s3", "detail": detail})


def tell(*messages: str) -> list[int]:
    event = {
        "Records": [
            {"messageId": str(at), "body": body, "eventSource": "aws:sqs", "attributes": {}, "messageAttributes": {}}
            for at, body in enumerate(messages)
        ]
    }
    return failed(read.handler(cast("dict[str, Any]", event), context()))


def count(app: Connection) -> tuple[int, ...]:
    """Counts what is on the stream, all of it again, and says how many edges and flows there are."""
    found = boto3.client("kinesis")
    shard = found.get_shard_iterator(
        StreamName="flows", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    records: Sequence[Any] = found.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert failed(aggregate.handler(kinesis([record["Data"] for record in records]), context())) == []
    merging.merge_all(app, TENANT)  # the handler's own merge may be resting
    with tenant_transaction(app, TENANT):
        row = app.execute(b"SELECT count(*), coalesce(sum(flows), 0)::bigint FROM dependencies").fetchone()
    return tuple(map(int, row or ()))


@pytest.mark.usefixtures("world")
def test_an_object_becomes_edges_and_a_repeated_event_changes_nothing(app: Connection) -> None:
    made = files.columns(500, begins=int(time.time()) - 120)
    text, parquet = put(gzip.compress(files.text(made))), put(files.parquet(files.columns(100)), key="b.log.parquet")
    assert tell(text, parquet) == []
    first = count(app)
    assert first[1] == 450 + 90
    assert tell(text, parquet, text) == []
    assert count(app) == first


def azure_records(minutes: int) -> list[dict[str, object]]:
    """An hour of Azure's after so many minutes, with two interfaces in each, in either order."""
    begins = NOW - 600
    return [
        {
            "flowLogResourceID": "/flowlog",
            "targetResourceID": "/vnet",
            "macAddress": f"00{mac}",
            "flowRecords": {
                "flows": [
                    {
                        "flowGroups": [
                            {
                                "flowTuples": [
                                    f"{begins + 60 * minute}000,10.0.0.{mac},10.0.9.9,{port},443,6,O,E,NX,2,120,3,900"
                                    for port in (40_000, 40_001, 40_002)
                                ]
                            }
                        ]
                    }
                ]
            },
        }
        for minute in range(minutes)
        for mac in ((1, 2) if minute % 2 else (2, 1))
    ]


def blob(minutes: int) -> bytes:
    return json.dumps({"records": azure_records(minutes)}).encode()


@pytest.mark.usefixtures("world")
def test_a_blob_of_azure_that_grew_adds_what_is_new_and_counts_nothing_twice(app: Connection) -> None:
    assert tell(put(blob(2), key="azure/PT1H.json")) == []
    assert count(app) == (2, 2 * 2 * 3 * 2)
    assert tell(put(blob(5), key="azure/PT1H.json"), put(gzip.compress(blob(5)), key="azure/copy.json.gz")) == []
    assert count(app) == (2, 5 * 2 * 3 * 2)


CLOUDS = {"AWS": aws_log, "Azure": azure_log, "Google": google_log}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("cloud", CLOUDS)
def test_one_estate_has_the_same_edges_whichever_cloud_logs_it_and_however_often_the_log_is_copied(
    app: Connection, cloud: str
) -> None:
    data = CLOUDS[cloud]()
    assert tell(put(data, key="a/log")) == []
    first = count(app)
    with tenant_transaction(app, TENANT):
        found = app.execute(
            b"""SELECT host(c.address), host(s.address), d.protocol, d.port FROM dependencies d
                  JOIN assets c ON c.asset_id = d.client_id JOIN assets s ON s.asset_id = d.server_id"""
        ).fetchall()
    assert set(found) == EDGES
    if cloud != "AWS":  # whose objects are named by bucket, key and version
        assert tell(put(data, key="a/log"), put(gzip.compress(data), key="another/log.gz")) == []
        assert count(app) == first


@pytest.mark.usefixtures("world")
def test_what_cannot_be_read_is_put_aside_with_the_reason(app: Connection) -> None:
    good = put(files.text(files.columns(10, begins=int(time.time()) - 120)))
    overwritten = put(b"hello", key="old.log")
    put(b"hello again", key="old.log")
    elsewhere = put(files.text(files.columns(10)), bucket="somebody-elses")
    assert tell(put(b"hello\n", key="a.txt"), elsewhere, good, "{}", "not JSON", overwritten) == []
    assert count(app)[1] == 9
    reasons = ["file_format", "object_bucket", "object_message", "object_message", "object_gone"]
    assert aside(app) == reasons
    assert tell("not JSON", elsewhere) == []
    assert aside(app) == reasons, "each is written down once"


@pytest.mark.usefixtures("world")
def test_what_may_go_well_another_time_comes_again(app: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    good = put(files.text(files.columns(10, begins=int(time.time()) - 120)))
    with monkeypatch.context() as patched:
        patched.setattr(read, "_PATIENCE", 0.0)
        patched.setattr(Stream, "put", lambda _, entries: Outcome(tuple(range(len(entries))), Counter(["Throttled"])))
        assert tell(good) == [0]
    assert (tell(good), aside(app)) == ([], [])


def aside(app: Connection, state: str = "open") -> list[str]:
    """The reasons of the dead letters, in the order of arrival."""
    with tenant_transaction(app, TENANT):
        return [one.reason for one in reversed(dead_letters.page(app, TENANT, limit=100, state=state))]


@pytest.mark.usefixtures("world")
def test_messages_of_s3_itself_and_through_sns_are_understood(app: Connection) -> None:
    made = files.text(files.columns(100, begins=int(time.time()) - 120))
    told = json.loads(put(made, key="a log+1.log"))["detail"]
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": told["bucket"], "object": {"key": "a+log%2B1.log", "eTag": told["object"]["etag"]}},
    }
    message = json.dumps({"Records": [record]})
    assert tell(message) == []
    first = count(app)
    assert first[1] == 90
    assert tell(json.dumps({"Type": "Notification", "Message": message})) == []
    assert (count(app), aside(app)) == (first, [])
    assert objects.announced(json.dumps({"Event": "s3:TestEvent", "Bucket": BUCKET})) == []


def feed(app: Connection) -> feeds.Feed:
    with tenant_transaction(app, TENANT):
        (found,) = feeds.page(app, TENANT, limit=2)
    return found


HEADER = "account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"


@pytest.mark.usefixtures("world")
def test_a_feed_says_what_was_read_what_was_not_and_what_its_interfaces_did_not_see(app: Connection) -> None:
    end = int(time.time()) // 3600 * 3600 - 60
    eni = "123456789012 eni-0123456789abcdef0"
    lines = [
        f"{eni} 10.0.0.1 10.0.0.2 4000 443 6 1 40 {end - 60} {end} ACCEPT OK",
        f"{eni} 10.0.0.1 10.0.0.2 4000 22 6 1 40 {end - 60} {end} REJECT OK",
        f"{eni} 10.0.0.1 10.0.0.2 x\0 443 6 1 40 {end - 60} {end} ACCEPT OK",
        f"{eni} - - - - - - - {end - 600} {end} - NODATA",
        f"{eni} - - - - - - - {end - 120} {end} - NODATA",
        f"{eni} - - - - - - - {end - 60} {end} - SKIPDATA",
    ]
    message = put((HEADER + "\n".join(lines) + "\n").encode())
    assert tell(message, message) == []
    assert tell(message) == []
    found = feed(app)
    assert (found.kind, found.settings["bucket"], found.logs, found.lines, found.flows) == ("aws_s3", BUCKET, 1, 6, 1)
    assert (found.counts["rejected"], found.unreadable) == (1, {"fields": 1})
    assert "\ufffd" in found.examples["fields"][0]
    assert (found.interfaces, found.nodata_seconds, found.skipped) == (1, 720, 1)
    assert found.last_data is not None


@pytest.mark.usefixtures("world")
def test_an_interface_that_is_only_said_to_be_silent_is_no_source(app: Connection) -> None:
    end = int(time.time()) - 120
    lines = [
        f"123456789012 eni-0123456789abcdef0 10.0.0.1 10.0.0.2 4000 443 6 1 40 {end - 9} {end} ACCEPT OK",
        f"123456789012 eni-0123456789abcdef1 - - - - - - - {end - 9} {end} - NODATA",
        f"123456789012 eni-0123456789abcdef2 10.0.0.9 10.0.0.2 4000 22 6 1 40 {end - 9} {end} REJECT OK",
    ]
    assert (tell(put((HEADER + "\n".join(lines) + "\n").encode())), count(app)[1]) == ([], 1)
    with tenant_transaction(app, TENANT):
        rows = app.execute(b"SELECT host(exporter) FROM flow_sources").fetchall()
    assert sorted(described(exporter) or "" for (exporter,) in rows) == [
        f"eni-0123456789abcdef{n} in 123456789012" for n in (0, 2)
    ]
    assert (feed(app).interfaces, feed(app).nodata_seconds) == (1, 9)


@pytest.mark.usefixtures("world")
def test_a_paused_feed_reads_nothing_and_what_came_meanwhile_can_be_read_later(app: Connection) -> None:
    message = put(files.text(files.columns(10, begins=int(time.time()) - 120)))
    other = put(files.text(files.columns(10, seed=2, begins=int(time.time()) - 120)), key="b.log")
    assert tell(other) == []
    for state, reasons in (("paused", ["feed_paused"]), ("active", [])):
        with tenant_transaction(app, TENANT):
            feeds.update(app, TENANT, feed(app).id, feeds.Fields(state=state))
        assert tell(message) == []
        assert aside(app) == reasons
    assert feed(app).logs == 2


@pytest.mark.usefixtures("world")
def test_objects_without_a_header_are_read_by_the_format_of_their_feed(app: Connection) -> None:
    end = int(time.time()) - 120
    fields = "${action} ${end} ${dstport} ${srcport} ${protocol} ${dstaddr} ${srcaddr}"
    said: dict[str, object] = {"bucket": BUCKET, "prefix": "firehose/", "log_format": fields}
    with tenant_transaction(app, TENANT):
        feeds.create(app, TENANT, "aws_s3", feeds.Fields(name="firehose", settings=said))
    lines = gzip.compress(f"ACCEPT {end} 443 40000 6 10.0.0.2 10.0.0.1\n".encode())
    assert tell(put(lines * 2, key="firehose/2026/11/26/x"), put(lines, key="elsewhere/x")) == []
    assert (count(app)[1], aside(app)) == (2, ["file_format"])


FULL = "account-id interface-id instance-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr srcport dstport protocol packets "
FULL += "bytes start end action tcp-flags flow-direction traffic-path reject-reason\n"


@pytest.mark.usefixtures("world")
def test_what_a_log_says_besides_flows_is_seen_of_assets_edges_and_attempts(app: Connection) -> None:
    end = int(time.time()) - 120
    interface = "123456789012 eni-0123456789abcdef0 i-0123456789abcdef0"
    lines = [
        f"{interface} 10.0.7.7 52.1.1.1 10.0.0.5 52.1.1.1 40000 443 6 5 500 {end - 9} {end} ACCEPT 2 egress 8 -",
        f"{interface} 10.0.0.6 10.0.7.7 10.0.0.6 10.0.7.7 40000 22 6 1 40 {end - 9} {end} REJECT 2 ingress - BPA",
    ]
    message = put((FULL + "\n".join(lines) + "\n").encode())
    assert (tell(message, message), count(app)[1]) == ([], 1)
    with tenant_transaction(app, TENANT):
        (edge,) = dependencies.page(app, TENANT, dependencies.Wanted(limit=2))
        seen = {(one.kind, one.value) for one in sightings.of_dependency(app, TENANT, edge.id, limit=9)}
        (attempt,) = attempts.page(app, TENANT, attempts.Wanted(), limit=2)
        rows = app.execute(b"SELECT host(address), kind, value FROM sightings WHERE server IS NULL").fetchall()
    assert seen == {("path", "internet gateway"), ("via", "10.0.7.7")}
    assert attempt.reasons == ["BPA"]
    assert ("10.0.7.7", "aws_instance", "i-0123456789abcdef0") in rows
    assert len(rows) == 2

"""Flow logs in S3: a message about an object becomes edges, once; what cannot be read fails alone and by name."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from flowlens.aws import archive, objects, secrets
from flowlens.store.connection import Connection, tenant_transaction
from moto import mock_aws

from functions.objects import read
from functions.stream import aggregate
from tests.bench import files
from tests.lambdas import context, failed, kinesis
from tests.postgres import APP, TENANT, Server

BUCKET = "flow-logs"
KEY = "AWSLogs/1/123456789012_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20261123T1500Z_0a1b2c3d.log.gz"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, postgres: Server, app: Connection, tmp_path: Path) -> Generator[None]:
    given = {"FLOWS_STREAM": "flows", "LOG_BUCKETS": f"{BUCKET}, another", "LOG_TENANT": str(TENANT)}
    given |= {"DATABASE_SECRET": "database", "ARCHIVE_URL": archive.at(tmp_path.as_uri()).url}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    cached = (read.shelf, objects.client, aggregate.settings, aggregate.database, aggregate.archived, secrets.client)
    for one in cached:
        one.cache_clear()
    with mock_aws():
        boto3.client("kinesis").create_stream(StreamName="flows", ShardCount=1)
        secret = json.dumps(postgres.secret(APP, app.info.dbname))
        boto3.client("secretsmanager").create_secret(Name="database", SecretString=secret)
        for bucket in (BUCKET, "somebody-elses"):
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield
    aggregate.database().close()
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


@pytest.mark.usefixtures("world")
def test_what_cannot_be_read_fails_alone(app: Connection, caplog: pytest.LogCaptureFixture) -> None:
    good = put(files.text(files.columns(10, begins=int(time.time()) - 120)))
    overwritten = put(b"hello", key="old.log")
    put(b"hello again", key="old.log")
    elsewhere = put(files.text(files.columns(10)), bucket="somebody-elses")
    assert tell(put(b"hello\n", key="a.txt"), elsewhere, good, "{}", "not JSON", overwritten) == [0, 1, 3, 4, 5]
    assert count(app)[1] == 9
    said = " ".join(str(getattr(one, "why", "")) for one in caplog.records)
    for reason in ("file_format", "object_bucket", "object_message"):
        assert reason in said

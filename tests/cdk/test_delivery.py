"""A flow log delivered into what our templates made becomes an edge: deployed names, real handlers and Postgres."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from types import ModuleType

import pytest
from flowlens.aws import archive, objects, secrets
from flowlens.services import merging
from flowlens.store.connection import Connection, tenant_transaction

from cdk import manifest
from cdk.local import aws
from cdk.local.errands import event
from functions.objects import read
from functions.stream import aggregate
from tests.cdk.emulation import Emulation
from tests.lambdas import context, failed, kinesis
from tests.postgres import APP, TENANT, Server

pytestmark = pytest.mark.infra
CACHED = (
    read.shelf,
    read.settings,
    read.database,
    aggregate.settings,
    aggregate.database,
    aggregate.archived,
    objects.client,
    secrets.client,
)


def settle(deployed: Emulation, handler: ModuleType, patch: pytest.MonkeyPatch) -> dict[str, str]:
    """Puts this process where the deployed function would run: its environment, as CloudFormation resolved it."""
    given = deployed.functions()[f"{handler.__name__}.handler"]["Environment"]["Variables"]
    declared = {one.name: one for one in manifest.FUNCTIONS}[handler.__name__.removeprefix("functions.")]
    for name in declared.environment:
        patch.setenv(name, given[name])
    return dict(given)


@pytest.fixture
def world(
    deployed: Emulation, postgres: Server, app: Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.MonkeyPatch]:
    """The secret of the database that was deployed names the Postgres that runs here."""
    for name, value in aws.environment(deployed.endpoint).items():
        monkeypatch.setenv(name, value)
    for one in CACHED:
        one.cache_clear()
    secret = settle(deployed, read, monkeypatch)["DATABASE_SECRET"]
    where = json.dumps(postgres.secret(APP, app.info.dbname))
    before = deployed.secret(secret)
    deployed.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=where)
    yield monkeypatch
    deployed.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(before))
    read.database().close()
    aggregate.database().close()
    for one in CACHED:
        one.cache_clear()


def log() -> bytes:
    end = int(time.time()) - 120
    eni = "123456789012 eni-0123456789abcdef0"
    lines = [
        "account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status",
        f"{eni} 10.9.0.1 10.9.0.2 40000 5432 6 12 1800 {end - 60} {end} ACCEPT OK",
        f"{eni} 10.9.0.2 10.9.0.1 5432 40000 6 20 24000 {end - 60} {end} ACCEPT OK",
    ]
    return gzip.compress("\n".join([*lines, ""]).encode())


def woken(deployed: Emulation) -> bytes:
    """The event that the deployed mapping hands to the reader."""
    reader = deployed.functions()["functions.objects.read.handler"]["FunctionArn"]
    found = deployed.client("lambda").list_event_source_mappings(FunctionName=reader)["EventSourceMappings"]
    (queue,) = (one["EventSourceArn"].rpartition(":")[2] for one in found)
    sqs = deployed.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)["Messages"]
    for one in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return event(queue, messages)


def shipped(deployed: Emulation, stream: str) -> list[bytes]:
    """All that lies on the deployed stream."""
    found = deployed.client("kinesis")
    data: list[bytes] = []
    for shard in found.list_shards(StreamName=stream)["Shards"]:
        at = found.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]
        data += [record["Data"] for record in found.get_records(ShardIterator=at)["Records"]]
    return data


def test_a_delivered_log_becomes_an_edge(deployed: Emulation, world: pytest.MonkeyPatch, app: Connection) -> None:
    given = settle(deployed, read, world)
    deployed.client("s3").put_object(
        Bucket=given["LOG_BUCKETS"], Key="AWSLogs/123456789012/vpcflowlogs/us-east-1/one.log.gz", Body=log()
    )
    assert read.handler(json.loads(woken(deployed)), context()) == {"batchItemFailures": []}
    data = shipped(deployed, given["FLOWS_STREAM"])
    counting = settle(deployed, aggregate, world)
    assert failed(aggregate.handler(kinesis(data), context())) == []
    merging.merge_all(app, TENANT)
    with tenant_transaction(app, TENANT):
        edges = app.execute(
            b"""SELECT host(c.address), host(s.address), d.protocol, d.port FROM dependencies d
                  JOIN assets c ON c.asset_id = d.client_id JOIN assets s ON s.asset_id = d.server_id"""
        ).fetchall()
    assert edges == [("10.9.0.1", "10.9.0.2", 6, 5432)]
    kept = archive.at(counting["ARCHIVE_URL"]).url.removeprefix("s3://").partition("/")
    assert deployed.client("s3").list_objects_v2(Bucket=kept[0], Prefix=kept[2])["KeyCount"] >= 1

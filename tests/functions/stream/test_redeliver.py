"""What the mapping gave up is counted after all, each record once; what is gone has a name."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import boto3
import pytest
from flowlens.access.actor import Actor
from flowlens.aws import archive, secrets
from flowlens.flows.batch import FLOWS, Identity, pack
from flowlens.model.errors import Malformed
from flowlens.services import dead_letters, merging, records
from flowlens.store.connection import Connection, connect
from moto import mock_aws

from functions.operations import recover
from functions.stream import aggregate, redeliver
from tests.functions.stream.test_aggregate import good, one, totals
from tests.lambdas import context, failed, kinesis
from tests.postgres import APP, OWNER, TENANT, Server
from tests.traffic import SPOOL

SHARD = "shardId-000000000000"
POISON = pack(Identity(TENANT, SPOOL, 7, 99), 1, b"no flows")


OPERATOR = Actor(TENANT, "operator", frozenset())


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, postgres: Server, app: Connection, tmp_path: Path) -> Generator[str]:
    """The environment of these functions; the address of the archive."""
    url = archive.at(tmp_path.as_uri()).url
    monkeypatch.setenv("DATABASE_SECRET", "database")
    monkeypatch.setenv("ARCHIVE_URL", url)
    tasks = (aggregate, redeliver, recover)
    for task in tasks:
        task.settings.cache_clear()
        task.database.cache_clear()
    for cached in (aggregate.archived, redeliver.shards, secrets.client):
        cached.cache_clear()
    with mock_aws():
        secret = json.dumps(postgres.secret(APP, app.info.dbname))
        boto3.client("secretsmanager").create_secret(Name="database", SecretString=secret)
        boto3.client("kinesis").create_stream(StreamName="flows", ShardCount=1)
        yield url
    for task in tasks:
        task.database().close()


def put(*payloads: bytes) -> list[int]:
    """Onto the stream; the sequence numbers."""
    answer = boto3.client("kinesis").put_records(
        StreamName="flows", Records=[{"Data": payload, "PartitionKey": "one"} for payload in payloads]
    )
    return [int(record["SequenceNumber"]) for record in answer["Records"]]


def obituary(first: int, last: int) -> str:
    info = {"shardId": SHARD, "startSequenceNumber": str(first), "endSequenceNumber": str(last)}
    return json.dumps({"KinesisBatchInfo": info | {"streamArn": "arn:aws:kinesis:us-east-1:1:stream/flows"}})


def told(*bodies: str) -> list[str]:
    """Hands messages of the failure queue to the function, and says which stay there."""
    event: dict[str, Any] = {
        "Records": [
            {"messageId": str(at), "body": body, "eventSource": "aws:sqs", "attributes": {}, "messageAttributes": {}}
            for at, body in enumerate(bodies)
        ]
    }
    return [item["itemIdentifier"] for item in redeliver.handler(event, context())["batchItemFailures"]]


def merged(app: Connection) -> tuple[object, ...]:
    merging.merge_all(app, TENANT)
    return totals(app)


def test_a_batch_that_was_given_up_is_counted_however_often_it_is_told(cloud: str, app: Connection) -> None:  # noqa: ARG001
    numbers = put(good(1), good(2), good(3))
    assert failed(aggregate.handler(kinesis([good(2)]), context())) == []  # its lane had this one
    assert told(obituary(numbers[0], numbers[2]), obituary(numbers[0], numbers[1])) == []
    assert told(obituary(numbers[0], numbers[2])) == []
    assert merged(app)[1] == 3


def test_a_batch_stays_in_the_queue_while_the_database_is_away(
    cloud: str,  # noqa: ARG001
    app: Connection,
    postgres: Server,
) -> None:
    numbers = put(good(1))
    client = boto3.client("secretsmanager")
    client.put_secret_value(SecretId="database", SecretString=json.dumps(postgres.secret(APP, "no_such_database")))
    assert told(obituary(numbers[0], numbers[0])) == ["0"]
    client.put_secret_value(SecretId="database", SecretString=json.dumps(postgres.secret(APP, app.info.dbname)))
    assert told(obituary(numbers[0], numbers[0])) == []
    assert merged(app)[1] == 1


def test_a_message_that_is_no_obituary_stays_and_disturbs_no_other(cloud: str, app: Connection) -> None:  # noqa: ARG001
    numbers = put(good(1))
    assert told("{}", obituary(numbers[0], numbers[0]), "[]") == ["0", "2"]
    assert merged(app)[1] == 1


def test_records_that_the_stream_forgot_are_a_dead_letter(cloud: str, app: Connection) -> None:  # noqa: ARG001
    numbers = put(good(1))
    assert told(obituary(numbers[0] - 2, numbers[0])) == []
    assert merged(app)[1] == 1
    found = one(app, "SELECT reason, location, source FROM dead_letters")
    assert found == ("expired", f"flows/{SHARD}/{numbers[0] - 2}-{numbers[0]}", None)


def letters(app: Connection) -> list[tuple[str, str, int]]:
    found = dead_letters.page(app, OPERATOR, None, limit=100).items
    return [(letter.reason, letter.state, letter.version) for letter in found]


def retried(app: Connection) -> dict[str, int]:
    dead_letters.retry_all(app, OPERATOR, "record", None)
    done: dict[str, int] = recover.handler({}, context())
    return done


def test_poison_that_is_retried_counts_once_after_the_code_was_mended(
    cloud: str,  # noqa: ARG001
    app: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readers = records._READ

    def broken(_: bytes) -> object:
        raise Malformed("body_ipc", "a bug of ours")

    monkeypatch.setattr(records, "_READ", {**readers, FLOWS: broken})
    assert failed(aggregate.handler(kinesis([good(1), good(2)]), context())) == [0, 1]
    assert retried(app) == {"tried": 2, "settled": 0}
    assert letters(app) == [("body_ipc", "open", 3)] * 2
    monkeypatch.setattr(records, "_READ", readers)
    assert retried(app) == {"tried": 2, "settled": 2}
    assert letters(app) == []
    assert retried(app) == {"tried": 0, "settled": 0}
    assert merged(app)[1] == 2


def test_a_letter_whose_bytes_are_gone_says_so_and_is_tried_no_more(cloud: str, app: Connection) -> None:
    aggregate.handler(kinesis([POISON]), context())
    (file,) = (Path(cloud.removeprefix("file://")) / "dead").glob("*")
    file.unlink()
    assert retried(app) == {"tried": 1, "settled": 0}
    assert letters(app) == [("expired", "open", 3)]


def test_a_letter_that_is_ignored_stays_so_when_it_comes_again(cloud: str, app: Connection) -> None:  # noqa: ARG001
    aggregate.handler(kinesis([POISON]), context())
    assert dead_letters.ignore_all(app, OPERATOR, "record", None) == 1
    aggregate.handler(kinesis([POISON]), context())
    assert letters(app) == [("body_ipc", "ignored", 3)]
    assert retried(app) == {"tried": 0, "settled": 0}


def test_the_aggregate_waits_for_a_database_that_is_away(
    cloud: str,  # noqa: ARG001
    app: Connection,
    postgres: Server,
) -> None:
    client = boto3.client("secretsmanager")
    away, back = (json.dumps(postgres.secret(APP, name)) for name in ("no_such_database", app.info.dbname))
    client.put_secret_value(SecretId="database", SecretString=away)
    back_again = threading.Timer(1.0, lambda: client.put_secret_value(SecretId="database", SecretString=back))
    back_again.start()
    began = time.monotonic()
    assert failed(aggregate.handler(kinesis([good(1)]), context())) == []
    back_again.join()
    assert time.monotonic() - began > 0.5
    assert merged(app)[1] == 1


def test_the_aggregate_gives_up_in_time_to_say_so(cloud: str, app: Connection, postgres: Server) -> None:  # noqa: ARG001
    away = json.dumps(postgres.secret(APP, "no_such_database"))
    boto3.client("secretsmanager").put_secret_value(SecretId="database", SecretString=away)
    with pytest.raises(Exception, match="no_such_database"):
        aggregate.handler(kinesis([good(1)]), context(left_ms=1000))
    boto3.client("secretsmanager").put_secret_value(
        SecretId="database", SecretString=json.dumps(postgres.secret(APP, app.info.dbname))
    )


def test_a_database_that_was_restored_is_exact_after_the_stream_is_replayed(cloud: str, postgres: Server) -> None:  # noqa: ARG001
    """Ledger and totals are restored to one moment: what was counted since is counted again, what was before is not."""
    original, restored = postgres.migrated(), "restored"
    client = boto3.client("secretsmanager")

    def use(name: str) -> None:
        aggregate.database().close()
        client.put_secret_value(SecretId="database", SecretString=json.dumps(postgres.secret(APP, name)))

    stream = [good(number) for number in range(1, 31)]
    use(original)
    assert failed(aggregate.handler(kinesis(stream[:13]), context())) == []
    aggregate.database().close()
    with postgres.admin() as admin:
        admin.execute(f"CREATE DATABASE {restored} TEMPLATE {original} OWNER {OWNER}")
    assert failed(aggregate.handler(kinesis(stream[13:]), context())) == []
    use(restored)  # the original is gone, and all that was counted since
    for begin in range(5, 30, 7):  # from before the moment, in other batches than then
        assert failed(aggregate.handler(kinesis(stream[begin : begin + 7]), context())) == []
    with connect(postgres.secret(APP, restored)) as conn:
        assert merged(conn)[1] == 30

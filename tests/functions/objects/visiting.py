"""What visits of any place share: the function can be called, the queues are emptied, the reader is told."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any, cast

import boto3
import pytest
from flowlens.aws import objects, queue, secrets
from flowlens.kit import sealing
from flowlens.services import errands, visits
from flowlens.services.errands import Bound, Errand
from flowlens.store import feeds
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.tables import visits as marks

from functions.operations import visit as schedule
from functions.outbound import visit
from tests.functions.objects.test_read import BUCKET
from tests.lambdas import context, failed
from tests.postgres import TENANT

KEY = "k" * 43


@contextmanager
def visiting(monkeypatch: pytest.MonkeyPatch, *authorities: str) -> Generator[None]:
    """The function can be called, and trusts places on loopback that have such certificates."""
    cached = (visit.desk, schedule.settings, schedule.database, queue.client, secrets.client)
    for one in cached:
        one.cache_clear()
    sqs = boto3.client("sqs")
    given = {
        "OUTBOUND_NETWORKS": "127.0.0.1/32",
        "OUTBOUND_AUTHORITIES": "\n".join(authorities),
        "FLOW_LOGS_QUEUE": sqs.create_queue(QueueName="flow-logs")["QueueUrl"],
        "VISITS_QUEUE": sqs.create_queue(QueueName="visits")["QueueUrl"],
        "SEALING_SECRET": f"sealing-{id(monkeypatch)}",  # a process remembers a key by its name
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    boto3.client("secretsmanager").create_secret(Name=given["SEALING_SECRET"], SecretString=json.dumps({"key": KEY}))
    yield
    schedule.database().close()
    for one in cached:
        one.cache_clear()


def set_up(app: Connection, kind: str, settings: dict[str, Any], secret: str = "") -> int:
    with tenant_transaction(app, TENANT):
        count = len(feeds.page(app, TENANT, limit=1000))
        made = feeds.create(app, TENANT, kind, feeds.Fields(name=f"feed {count}", settings=settings))
        assert made is not None
        if secret:
            belongs = str(Bound(TENANT, made, kind, settings))
            feeds.keep_secret(app, TENANT, made, sealing.seal(KEY, secret, belongs=belongs))
    return made


def errand(app: Connection, kind: str, id: int) -> Errand:
    with tenant_transaction(app, TENANT):
        (due,) = feeds.due(app, TENANT, [kind], feed=id)
    return errands.read(errands.message(TENANT, due))


def taken(name: str) -> list[str]:
    """What lies on a queue, which is empty then."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [one["Body"] for one in messages]
        for one in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


def go() -> list[int]:
    """As the operations workflow and the queues do it; says which messages failed."""
    schedule.handler({}, context())
    records = [
        {"messageId": str(at), "body": body, "eventSource": "aws:sqs", "attributes": {}, "messageAttributes": {}}
        for at, body in enumerate(taken("visits"))
    ]
    answers = [visit.handler(cast("dict[str, Any]", {"Records": [one]}), context()) for one in records]
    return [number for answer in answers for number in failed(answer)]


def fetched() -> list[str]:
    """The messages that S3 would send of all that was fetched."""
    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="fetched/").get("Contents", [])
    details = [
        {"bucket": {"name": BUCKET}, "object": {"key": one["Key"], "etag": one["ETag"].strip('"')}} for one in listed
    ]
    return [json.dumps({"detail-type": "Object Created", "source": "aws.s3", "detail": one}) for one in details]


def octets() -> dict[str, bytes]:
    """What was fetched, by key."""
    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="fetched/").get("Contents", [])
    return {one["Key"]: boto3.client("s3").get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}


def state(id: int) -> tuple[str, int]:
    found = marks.state("visit-marks", f"{TENANT}/{id}")
    return (found.problem, int(found.waiting)) if found else ("never", 0)


def two_at_once(one: Errand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two visits of one feed, side by side. Moto in one process takes one object at a time: of two that write the same
    it closes the first one's octets while it still answers."""
    visit.desk(), objects.client(), marks.state("visit-marks", one.subject)  # made by one, before there are two
    real, turn = objects.put_file, Lock()

    def put_file(*given: Any) -> None:
        with turn:
            real(*given)

    with monkeypatch.context() as patched, ThreadPoolExecutor(2) as two:
        patched.setattr(objects, "put_file", put_file)
        list(two.map(lambda _: visits.visit(one, visit.desk(), lambda: True), range(2)))


class Cut(Exception):
    """The function was killed."""


@contextmanager
def cut(monkeypatch: pytest.MonkeyPatch, where: str) -> Iterator[None]:
    """A visit dies there: before it wrote the object, or after it and before it wrote down that it did."""
    real = objects.put_file

    def put_file(*given: Any) -> None:
        if where == "after":
            real(*given)
        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(objects, "put_file", put_file)
        yield

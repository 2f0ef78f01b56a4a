"""A feed's trial: one object or the latest events are read and shown, and nobody reads what is not theirs."""

from __future__ import annotations

import gzip
import time

import boto3
import pytest
from flowlens.aws import logs, objects
from flowlens.store.connection import tenant_transaction

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply

END = int(time.time()) - 60
HEADER = "interface-id srcaddr dstaddr srcport dstport protocol end action\n"
LINES = f"eni-0a 10.0.0.1 10.0.0.2 40000 443 6 {END} ACCEPT\neni-0a 10.0.0.1 10.0.0.2 x 443 6 {END} ACCEPT\n"


@pytest.fixture(autouse=True)
def fresh(cloud: None) -> None:  # noqa: ARG001 (a fixture for its effect)
    objects.client.cache_clear()
    logs.client.cache_clear()
    for bucket in ("flow-logs", "somebody-elses"):
        boto3.client("s3").create_bucket(Bucket=bucket)


def trial(ask: Ask, kind: str, settings: dict[str, str], **body: str) -> Reply:
    made = ask("/feeds", method="POST", body={"kind": kind, "name": f"of {time.monotonic()}", "settings": settings})
    return ask(f"/feeds/{made.json()['id']}/trial", method="POST", body=body)


def put(key: str, data: bytes, bucket: str = "flow-logs") -> None:
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=data)


def test_the_newest_object_is_shown_with_its_fields_and_what_was_not_read(ask: Ask, estate: Estate) -> None:
    put("AWSLogs/a.log.gz", gzip.compress((HEADER + LINES).encode()))
    told = trial(ask, "aws_s3", {"bucket": "flow-logs", "prefix": "AWSLogs/"}).json()
    assert (told["name"], told["problem"], told["format"]) == ("s3://flow-logs/AWSLogs/a.log.gz", "", "aws_vpc")
    assert (told["fields"], told["lines"], told["flows"], told["whole"]) == (HEADER.split(), 2, 1, True)
    assert (told["unreadable"], told["exporters"]) == ({"number": 1}, 1)
    assert told["examples"]["number"][0].startswith("eni-0a 10.0.0.1 10.0.0.2 x")
    assert "tcp-flags" in told["lacking"]
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        assert conn.execute("SELECT count(*) FROM feed_readings").fetchone() == (0,)


@pytest.mark.parametrize(
    ("settings", "body", "problem"),
    [
        ({"bucket": "flow-logs", "prefix": "empty/"}, {}, "object_none"),
        ({"bucket": "somebody-elses"}, {}, "object_bucket"),
        ({"bucket": "another"}, {}, "object_denied"),
        ({"bucket": "flow-logs"}, {"key": "bad/a.txt"}, "file_format"),
        ({"bucket": "flow-logs"}, {"key": "bad/header.log"}, "file_header"),
    ],
)
def test_what_is_not_understood_has_a_name(
    ask: Ask, settings: dict[str, str], body: dict[str, str], problem: str
) -> None:
    put("bad/a.txt", b"hello\n")
    put("bad/header.log", b"srcaddr dstaddr srcport\n1 2 3\n")
    put("x", LINES.encode(), "somebody-elses")
    told = trial(ask, "aws_s3", settings, **body).json()
    assert (told["problem"], told["flows"]) == (problem, 0)


def test_a_key_of_another_feed_is_refused(ask: Ask) -> None:
    refused = trial(ask, "aws_s3", {"bucket": "flow-logs", "prefix": "AWSLogs/"}, key="secrets/x")
    assert refused.status == 422


def test_the_latest_events_of_a_log_group_are_shown(ask: Ask) -> None:
    groups = boto3.client("logs")
    groups.create_log_group(logGroupName="/vpc")
    assert trial(ask, "aws_logs", {"log_group": "/vpc"}).json()["problem"] == "events_none"
    groups.create_log_stream(logGroupName="/vpc", logStreamName="eni-1")
    line = f"2 123456789012 eni-0a 10.0.0.1 10.0.0.2 40000 443 6 10 840 {END - 60} {END} ACCEPT OK"
    told = [{"timestamp": int(time.time() * 1000), "message": line}]
    groups.put_log_events(logGroupName="/vpc", logStreamName="eni-1", logEvents=told)
    assert trial(ask, "aws_logs", {"log_group": "/vpc"}).json()["flows"] == 1
    assert trial(ask, "aws_logs", {"log_group": "/other"}).json()["problem"] == "events_gone"


def test_only_those_who_may_change_feeds_try_them_and_none_of_another_tenants(
    ask: Ask, gateway: Ask, estate: Estate, foreign: Estate
) -> None:
    made = ask("/feeds", method="POST", body={"kind": "aws_s3", "name": "x", "settings": {"bucket": "flow-logs"}})
    path = f"/feeds/{made.json()['id']}/trial"
    assert gateway(path, method="POST", body={}).status == 401
    assert gateway.as_(estate.token("sources:read"))(path, method="POST", body={}).status == 403
    theirs = gateway.as_(foreign.administrator())
    assert theirs(path, method="POST", body={}).status == 404
    own = theirs("/feeds", method="POST", body={"kind": "aws_s3", "name": "x", "settings": {"bucket": "flow-logs"}})
    assert theirs(f"/feeds/{own.json()['id']}/trial", method="POST", body={}).status == 409

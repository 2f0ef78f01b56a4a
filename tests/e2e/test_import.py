"""Logs on the map, once however often they are given: with `flowlens import`, and as they are delivered to S3."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from cdk import manifest
from cdk.local import aws
from cdk.local.cli import main
from cdk.local.resources import LOG_BUCKET
from tests import captures
from tests.bench import files
from tests.stack import RunningStack, start, until


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[RunningStack]:
    """One of the test's own: logs bring an exporter per interface, which other tests need not wade through."""
    running = start(tmp_path / "home")
    yield running
    running.stop()


def test_logs_become_dependencies_once(
    own_stack: RunningStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = own_stack
    made = files.columns(2_000, begins=int(time.time()) - 120)
    log, again, other = tmp_path / "one.log.gz", tmp_path / "again.log", tmp_path / "other.parquet"
    log.write_bytes(gzip.compress(files.text(made)))
    again.write_bytes(log.read_bytes())
    other.write_bytes(files.parquet(files.columns(500, seed=2, begins=int(time.time()) - 120)))
    bad = tmp_path / "notes.txt"
    bad.write_text("hello\n")
    home = str(stack.home.path)
    assert main(["import", "--home", home, str(log), str(again), str(other)]) == 0
    assert main(["import", "--home", home, str(bad), str(log)]) == 2
    told = capsys.readouterr().err
    assert "left out  450 rejected" in told
    assert "file_format" in told
    assert f"{stack.url}/#token=" in told
    until(lambda: counted(stack) == 1_800 + 450, "every flow is counted, and once", seconds=30)


def test_a_log_that_is_delivered_to_the_bucket_is_counted_and_another_thing_is_put_aside(
    own_stack: RunningStack,
) -> None:
    endpoint = str(own_stack.told["aws_endpoint"])
    buckets, queues = aws.client("s3", endpoint), aws.client("sqs", endpoint)
    data = gzip.compress(files.text(files.columns(1_000, begins=int(time.time()) - 120)))
    for key in ("AWSLogs/123456789012/vpcflowlogs/us-east-1/a.log.gz", "AWSLogs/notes.txt"):
        buckets.put_object(Bucket=LOG_BUCKET, Key=key, Body=b"hello\n" if key.endswith("txt") else data)
    until(lambda: counted(own_stack) == 900, "every flow is counted", seconds=60)
    until(lambda: asked(own_stack, "/dead-letters") != [], "the other thing is a dead letter", seconds=20)
    assert asked(own_stack, "/sources?origin=devices") == []
    interfaces = {one["interface"] for one in asked(own_stack, "/sources?origin=logs&limit=200")}
    assert interfaces
    assert {name.partition(" in ")[0][:4] for name in interfaces} == {"eni-"}
    (letter,) = asked(own_stack, "/dead-letters")
    assert (letter["kind"], letter["reason"], letter["state"]) == ("object", "file_format", "open")
    (feed,) = asked(own_stack, "/feeds")
    assert (feed["kind"], feed["settings"]["bucket"], feed["flows"]) == ("aws_s3", LOG_BUCKET, 900)
    assert len(asked(own_stack, "/attempts")) > 0
    waiting = queues.get_queue_url(QueueName="flow-logs")["QueueUrl"]
    until(lambda: _left(queues, waiting) == 0, "no message is left", seconds=20)


def test_a_capture_that_is_uploaded_is_counted_and_what_is_none_can_be_tried_again(own_stack: RunningStack) -> None:
    began = time.time() - captures.BEGIN - 60
    asks = captures.ip("10.0.0.1", "10.0.0.2", 6, captures.tcp((40_000, 443), 0x02))
    answers = captures.ip("10.0.0.2", "10.0.0.1", 6, captures.tcp((443, 40_000), 0x12))
    capture = captures.pcap([(began, captures.framed(asks)), (began + 0.1, captures.framed(answers))])
    for name, data in (("a.pcap", capture), ("notes.txt", b"hello")):
        assert _uploaded(own_stack, name, data) == 204
    until(lambda: asked(own_stack, "/dependencies") != [], "the capture is on the map", seconds=60)
    until(lambda: asked(own_stack, "/dead-letters") != [], "the other thing is a dead letter", seconds=20)
    found = {one["name"]: (one["state"], one["format"], one["reason"]) for one in asked(own_stack, "/uploads")}
    assert found == {"a.pcap": ("read", "pcap", ""), "notes.txt": ("refused", "", "file_format")}
    (edge,) = asked(own_stack, "/dependencies")
    assert (edge["client"]["address"], edge["server"]["address"], edge["port"]) == ("10.0.0.1", "10.0.0.2", 443)
    kept = aws.client("s3", str(own_stack.told["aws_endpoint"])).list_objects_v2(Bucket=LOG_BUCKET)["Contents"]
    assert len(kept) == 1, "what was read is removed"


def _uploaded(stack: RunningStack, name: str, data: bytes) -> int:
    """The status of what a browser posts."""
    with httpx2.Client(base_url=stack.url, headers={"Authorization": f"Bearer {stack.token}"}) as browser:
        ticket = browser.post("/api/v1/uploads", json={"name": name, "octets": len(data)}).json()
        return int(browser.post(ticket["url"], data=ticket["fields"], files={"file": (name, data)}).status_code)


def asked(stack: RunningStack, path: str) -> list[dict[str, Any]]:
    """The first page of a list, by the stack's own API."""
    return list(stack.read(path)["items"])


def _left(queues: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def counted(stack: RunningStack) -> int:
    """Flows of the logs' interfaces, of which nobody else sends."""
    query = """SELECT coalesce(sum(m.flows), 0)::bigint
                 FROM conversation_minutes m JOIN flow_sources f USING (source_id)
                WHERE f.exporter << 'fd1c:be99:1a14::/48'"""
    with psycopg.connect(stack.database_url) as conn:
        conn.execute("SELECT set_config('app.tenant', %s, true)", [manifest.TENANT])
        row = conn.execute(query).fetchone()
    return int(row[0]) if row else 0


def test_without_a_stack_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--home", str(tmp_path), str(tmp_path / "a.log")]) == 3
    assert "flowlens up" in capsys.readouterr().err

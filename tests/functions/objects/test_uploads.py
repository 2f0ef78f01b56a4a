"""A file that somebody uploads becomes edges of their tenant, once, and is removed; others wait for them."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from flowlens.store import dead_letters, uploads
from flowlens.store.connection import Connection, tenant_transaction
from flowlens.store.uploads import Upload

from tests import captures
from tests.functions.objects.test_read import BUCKET, aside, put, tell, world
from tests.postgres import OTHER, TENANT

__all__ = ["world"]  # a fixture
SYN, SYN_ACK = 0x02, 0x12
CAPTURE = captures.pcap(
    [
        (0, captures.framed(captures.ip("10.0.0.1", "10.0.0.2", 6, captures.tcp((40_000, 443), SYN)))),
        (1, captures.framed(captures.ip("10.0.0.2", "10.0.0.1", 6, captures.tcp((443, 40_000), SYN_ACK)))),
    ]
)


def announced(app: Connection, name: str = "a.pcap") -> tuple[int, str]:
    with tenant_transaction(app, OTHER):
        made = uploads.create(app, OTHER, name=name, octets=1, actor="Ana")
    return made, f"uploads/{OTHER}/{made}"


def found(app: Connection, id: int) -> Upload:
    with tenant_transaction(app, OTHER):
        (one,) = uploads.every(app, OTHER, id=id)
    return one


def letters(app: Connection) -> list[dead_letters.Listed]:
    with tenant_transaction(app, OTHER):
        return dead_letters.page(app, OTHER, limit=10, state="open")


def records() -> list[bytes]:
    client = boto3.client("kinesis")
    shard = client.get_shard_iterator(
        StreamName="flows", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    return [one["Data"] for one in client.get_records(ShardIterator=shard["ShardIterator"])["Records"]]


def objects() -> list[Any]:
    return boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])


@pytest.mark.usefixtures("world")
def test_a_capture_is_read_for_its_tenant_says_what_was_understood_and_is_removed(app: Connection) -> None:
    id, key = announced(app)
    message = put(CAPTURE, key=key)
    assert tell(message) == []
    one = found(app, id)
    assert (one.state, one.format, one.lines, one.flows, one.reason) == ("read", "pcap", 2, 2, "")
    assert one.first_flow is not None
    assert one.last_flow is not None
    assert (one.last_flow - one.first_flow).total_seconds() == 1
    assert [OTHER.bytes in record[:72] for record in records()] == [True]
    assert (objects(), letters(app), aside(app)) == ([], [], [])
    assert tell(message) == []
    assert (letters(app), found(app, id)) == ([], one), "a message that comes again finds nothing, and says nothing"


@pytest.mark.usefixtures("world")
def test_the_same_file_under_another_name_has_the_same_records(app: Connection) -> None:
    for name in ("a.pcap", "b.pcap"):
        assert tell(put(CAPTURE, key=announced(app, name)[1])) == []
    first, second = records()
    assert first == second, "so the ledger counts it once"


@pytest.mark.usefixtures("world")
def test_what_is_no_flow_file_is_a_dead_letter_of_its_tenant_and_can_be_tried_again(app: Connection) -> None:
    id, key = announced(app)
    message = put(b"hello\n", key=key)
    assert tell(message) == []
    one = found(app, id)
    assert (one.state, one.reason) == ("refused", "file_format")
    (letter,) = letters(app)
    assert (letter.reason, key in letter.name) == ("file_format", True)
    assert (len(objects()), aside(app)) == (1, [])
    assert tell(put(CAPTURE, key=key)) == []
    assert found(app, id).state == "read"


@pytest.mark.usefixtures("world")
def test_what_nobody_announced_is_not_read(app: Connection) -> None:
    keys = [f"uploads/{OTHER}/999", f"uploads/{TENANT}/x", "uploads/a.pcap", f"uploads/{OTHER}/1/../2"]
    assert tell(*(put(CAPTURE, key=key) for key in keys)) == []
    assert (records(), aside(app), letters(app)) == ([], ["upload_unknown"] * 4, [])


@pytest.mark.usefixtures("world")
def test_a_bucket_that_is_not_ours_cannot_say_it_is_an_upload(app: Connection) -> None:
    boto3.client("s3").create_bucket(Bucket="another")
    id, key = announced(app)
    assert tell(put(CAPTURE, key=key, bucket="another")) == []
    assert found(app, id).state == "expected"
    assert [TENANT.bytes in record[:72] for record in records()] == [True]
    assert json.loads(put(CAPTURE, key=key))["detail"]["bucket"]["name"] == BUCKET

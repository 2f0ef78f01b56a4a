"""Records of a Kinesis shard, read again by their sequence numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

_AT_ONCE = 100
_CONFIG = Config(retries={"max_attempts": 6, "mode": "standard"}, connect_timeout=5, read_timeout=30)
_GONE = ("InvalidArgumentException", "ResourceNotFoundException")


@dataclass(frozen=True, slots=True)
class Span:
    """The records of a shard from the first to the last sequence number, both included."""

    stream: str
    shard: str
    first: int
    last: int


class Shards:
    """Reads spans; a record that the stream no longer has is left out."""

    def __init__(self, client: KinesisClient | None = None) -> None:
        self._client: KinesisClient = client or boto3.client("kinesis", config=_CONFIG)

    def read(self, span: Span) -> Iterator[list[tuple[int, bytes]]]:
        """Sequence numbers and data, a handful at a time."""
        iterator = self._begin(span)
        while iterator:
            answer = self._client.get_records(ShardIterator=iterator, Limit=_AT_ONCE)
            found = [(int(record["SequenceNumber"]), record["Data"]) for record in answer["Records"]]
            if wanted := [one for one in found if span.first <= one[0] <= span.last]:
                yield wanted
            beyond = any(sequence >= span.last for sequence, _ in found)
            at_the_end = not found and not answer.get("MillisBehindLatest")
            iterator = None if beyond or at_the_end else answer.get("NextShardIterator")

    def _begin(self, span: Span) -> str | None:
        try:
            answer = self._client.get_shard_iterator(
                StreamName=span.stream,
                ShardId=span.shard,
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                StartingSequenceNumber=str(span.first),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:  # so old that the stream forgot it
                return None
            raise
        return answer["ShardIterator"]

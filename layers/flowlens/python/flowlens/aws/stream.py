"""A Kinesis stream to put records on: says which were refused, and never tries again by itself."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import orjson
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

MAX_RECORDS = 500
MAX_CALL = 5 << 20  # data and keys of one call
MAX_RECORD = 1 << 20  # data and key of one record
# The caller decides about another try. Connections are kept, so that a put costs no handshake; and what the SDK says of
# itself is given, for it would put it together anew, at a fifth of a put's cost.
_CONFIG = Config(
    retries={"total_max_attempts": 1, "mode": "standard"},
    connect_timeout=5,
    read_timeout=15,
    max_pool_connections=2,
    user_agent=f"flowlens boto3/{boto3.__version__}",
)


Encode = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: Kinesis picks the shard by the key."""

    key: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """The positions of the entries that were not taken, and why, by error code."""

    failed: tuple[int, ...] = ()
    reasons: Counter[str] | None = None


class Stream:
    """One stream by name. `encode` writes base64: whoever has a faster one than Python's gives it."""

    def __init__(self, name: str, client: KinesisClient | None = None, *, encode: Encode = b64encode) -> None:
        self._name = name
        self._client: KinesisClient = client or hastened(boto3.client("kinesis", config=_CONFIG), encode)

    def put(self, entries: Sequence[Entry]) -> Outcome:
        """Puts at most MAX_RECORDS of together at most MAX_CALL bytes. A call that fails as a whole fails for each."""
        records: list[PutRecordsRequestEntryTypeDef] = [{"Data": e.data, "PartitionKey": e.key} for e in entries]
        try:
            response = self._client.put_records(StreamName=self._name, Records=records)
        except ClientError as error:
            return _all(entries, str(error.response["Error"]["Code"]))
        except BotoCoreError as error:
            return _all(entries, type(error).__name__)
        # FailedRecordCount is not looked at: an entry is taken when it has a sequence number, and not otherwise.
        answers = response["Records"]
        codes = [a.get("ErrorCode") or ("" if a.get("SequenceNumber") else "NoSequenceNumber") for a in answers]
        codes += ["NoAnswer"] * (len(entries) - len(codes))
        return Outcome(tuple(i for i, code in enumerate(codes) if code), Counter(code for code in codes if code))


_LIGHT = [{"Data": b"", "PartitionKey": "-"}]  # stands for the records where the SDK looks at each
_BODY = "flowlens_body"


def hastened(client: KinesisClient, encode: Encode = b64encode) -> KinesisClient:
    """Lets the SDK sign and send bodies that we wrote: its own way goes over each octet five times."""
    events = client.meta.events
    events.register("provide-client-params.kinesis.PutRecords", partial(_write, encode))  # type: ignore[arg-type]  # it may answer
    events.register("before-call.kinesis.PutRecords", _replace)
    return client


def _write(encode: Encode, params: dict[str, Any], context: dict[str, Any], **_: object) -> dict[str, Any]:
    parts = [b'{"StreamName":', orjson.dumps(params["StreamName"]), b',"Records":[']
    for number, record in enumerate(params["Records"]):
        key = orjson.dumps(record["PartitionKey"])
        parts += [b"," * (number > 0), b'{"Data":"', encode(record["Data"]), b'","PartitionKey":', key, b"}"]
    context[_BODY] = b"".join((*parts, b"]}"))
    return {**params, "Records": _LIGHT}


def _replace(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    params["body"] = context.pop(_BODY)


def _all(entries: Sequence[Entry], reason: str) -> Outcome:
    return Outcome(tuple(range(len(entries))), Counter({reason: len(entries)}))

"""What the manifest's lists are made of: plain data, standard library only.

An environment value is a literal, or a Ref that each reader resolves in its world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a Ref asks for."""

    STREAM_NAME = "stream-name"
    TABLE_NAME = "table-name"
    QUEUE_URL = "queue-url"
    SECRET_ID = "secret-id"  # noqa: S105 (a kind of reference)
    LOG_BUCKETS = "log-buckets"  # names with commas: the bucket that flow logs are delivered to, and existing ones
    CHOSEN_VPCS = "chosen-vpcs"  # all, or tag:key=value, with commas: whose flow logs we subscribe; by default none
    DEPLOYMENT = "deployment"  # what names this deployment in the account
    ARCHIVE_URL = "archive-url"  # s3://bucket/prefix in AWS, file:///… on one machine
    HEADS_URL = "heads-url"  # the same, of signed heads
    KEY_ID = "key-id"  # of a key that signs
    FUNCTION_NAME = "function-name"  # another function's, to call it
    ROLE_ARN = "role-arn"  # of a function that others trust
    CHOICE = "choice"  # what whoever deploys chose, as text; empty where they chose nothing
    OUTBOUND = "outbound"  # what may be asked of others besides the public: networks, authorities (PEM)


@dataclass(frozen=True, slots=True)
class Ref:
    """A value known only where the thing runs."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A Kinesis stream that grows with what it carries."""

    name: str
    retention_hours: int = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A DynamoDB table; its keys are text."""

    name: str
    partition_key: str
    sort_key: str | None = None
    expires: str | None = None  # the attribute with the time to live
    counts: bool = False  # its items are counters: nothing but counted up


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """An SQS queue that keeps what it is told until someone reads it; after some tries, `failed` keeps it instead."""

    name: str
    retention_days: int = 14
    visibility_seconds: int = 30  # for which a message that is worked on is nobody else's
    failed: str | None = None
    tries: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A generated JSON secret: the fields of `template` plus `generate`, a random 43-character value."""

    name: str
    generate: str
    template: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A KMS key that signs (RSA-3072). To read it is to get its public part, to write it is to sign with it."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A Lambda. `name` is folder.file; its handler is functions.<name>.handler.

    What it may do is named in `reads` (tables, secrets, streams, queues, and the manifest's LOGS, LISTS, GROUPS and
    GEOGRAPHY, ROLES) and `writes` (tables, secrets, streams, queues, "archive", LOGS, VPCS, FETCHED). To read the
    archive is to read what was set aside there; to write to LOGS is to keep in our own bucket log events that could not
    be read at once; to read ROLES is to take on roles of other accounts that let us read there.
    """

    name: str
    memory: int = 512  # MB; 1769 is one whole core
    timeout: int = 60  # seconds
    concurrency: int | None = None  # kept for it, and no more than that: it protects the database
    environment: Mapping[str, str | Ref] = field(default_factory=dict)
    trusted: bool = False  # its role has a name that lasts, for others name it in their policies
    database: bool = False  # runs beside the database, inside the network
    on_failure: str | None = None  # the queue that hears of an event given up, where nobody waits for the answer
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()  # functions that it asks and waits for

    @property
    def handler(self) -> str:
        return f"functions.{self.name}.handler"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """A Kinesis event source mapping. The function answers with the records that failed; the others count as done."""

    stream: str
    function: str
    on_failure: str  # the queue that hears of a record given up
    batch_size: int = 100
    window_seconds: int = 1  # how long a batch may wait to fill
    parallel: int = 2  # lanes for each shard
    retries: int = 5
    max_age_seconds: int = 86_400  # half of the stream's retention: what failed can still be read there
    bisect: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSource:
    """An SQS event source mapping. The function answers with the messages that failed; the others are deleted."""

    queue: str
    function: str
    batch_size: int = 5
    at_once: int = 5  # how many of the function may run for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A state machine: functions/<name>/workflow.asl.json; ${task} in it is the ARN of function <name>.<task>."""

    name: str
    tasks: tuple[str, ...]
    every_minutes: int | None = None

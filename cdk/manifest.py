"""The one list of what FlowLens runs on: read by the stacks (deploy) and by cdk.local (one machine).

Plain data, standard library only. An environment value is a literal, or a Ref that each reader resolves in its world.
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
    ARCHIVE_URL = "archive-url"  # s3://bucket/prefix in AWS, file:///… on one machine


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """An SQS queue that keeps what it is told until someone reads it."""

    name: str
    retention_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A generated JSON secret: the fields of `template` plus `generate`, a random 43-character value."""

    name: str
    generate: str
    template: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A Lambda. `name` is folder.file; its handler is functions.<name>.handler.

    What it may do is named in `reads` (tables, secrets, streams) and `writes` (tables, secrets, queues, "archive").
    """

    name: str
    memory: int = 512  # MB; 1769 is one whole core
    timeout: int = 60  # seconds
    concurrency: int | None = None  # kept for it, and no more than that: it protects the database
    environment: Mapping[str, str | Ref] = field(default_factory=dict)
    database: bool = False  # runs beside the database, inside the network
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

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
class Workflow:
    """A state machine: functions/<name>/workflow.asl.json; ${task} in it is the ARN of function <name>.<task>."""

    name: str
    tasks: tuple[str, ...]
    every_minutes: int | None = None


# What the functions count, in CloudWatch's words.
METRICS, SERVICE = "FlowLens", "flowlens"
FLOWS_COUNTED = "FlowsCounted"

DATABASE = {"DATABASE_SECRET": Ref(Kind.SECRET_ID, "database")}  # the application: row security holds
OWNER = {"DATABASE_OWNER_SECRET": Ref(Kind.SECRET_ID, "database-owner")}  # changes tables and partitions

STREAMS = (Stream(name="flows"),)
TABLES = (
    Table(name="flow-sources", partition_key="tenant", sort_key="exporter"),
    Table(name="templates", partition_key="source", sort_key="subject", expires="expires"),
)
QUEUES = (Queue(name="flows-failed"),)
SECRETS = (
    # The database secrets also get host, port and dbname from whoever makes the database.
    Secret(name="database-owner", generate="password", template={"username": "flowlens"}),
    Secret(name="database", generate="password", template={"username": "flowlens_app"}),
    Secret(name="admin-token", generate="token"),
)
FUNCTIONS = (
    Function(
        name="stream.aggregate",
        memory=1769,
        timeout=120,
        concurrency=20,
        environment={**DATABASE, "ARCHIVE_URL": Ref(Kind.ARCHIVE_URL, "flows")},
        database=True,
        reads=("database", "flows"),
        writes=("archive", "flows-failed"),
    ),
    Function(
        name="api.handler",
        memory=1024,
        timeout=29,
        environment={**DATABASE, "FLOW_SOURCES_TABLE": Ref(Kind.TABLE_NAME, "flow-sources")},
        database=True,
        reads=("database",),
        writes=("flow-sources",),
    ),
    Function(
        name="deploy.migrate",
        timeout=600,
        environment={
            **DATABASE,
            **OWNER,
            "ADMIN_TOKEN_SECRET": Ref(Kind.SECRET_ID, "admin-token"),
        },
        database=True,
        reads=("database", "database-owner", "admin-token"),
        writes=("admin-token",),
    ),
    # The tasks of the operations workflow.
    Function(name="operations.prepare", environment=OWNER, database=True, reads=("database-owner",)),
    Function(name="operations.fold", timeout=300, environment=DATABASE, database=True, reads=("database",)),
    Function(
        name="operations.retain",
        timeout=300,
        environment={
            **OWNER,
            "MINUTES_RETENTION_DAYS": "8",
            "HOURS_RETENTION_DAYS": "400",
            # A bucket's lifecycle rule removes what is old; a directory has none.
            "ARCHIVE_URL": Ref(Kind.ARCHIVE_URL, "flows"),
            "ARCHIVE_RETENTION_DAYS": "30",
        },
        database=True,
        reads=("database-owner",),
    ),
    Function(
        name="operations.publish",
        environment={**DATABASE, "FLOW_SOURCES_TABLE": Ref(Kind.TABLE_NAME, "flow-sources")},
        database=True,
        reads=("database", "flow-sources"),
        writes=("flow-sources",),
    ),
)
MAPPINGS = (EventSource(stream="flows", function="stream.aggregate", on_failure="flows-failed"),)
WORKFLOWS = (Workflow(name="operations", tasks=("prepare", "fold", "retain", "publish"), every_minutes=5),)

# The collector's environment; whoever starts it adds what depends on its machine.
COLLECTOR: Mapping[str, str | Ref] = {
    "COLLECTOR_TENANT": "00000000-0000-7000-8000-000000000001",
    "COLLECTOR_STREAM": Ref(Kind.STREAM_NAME, "flows"),
    "COLLECTOR_SOURCES_TABLE": Ref(Kind.TABLE_NAME, "flow-sources"),
    "COLLECTOR_TEMPLATES_TABLE": Ref(Kind.TABLE_NAME, "templates"),
    "COLLECTOR_UNKNOWN_EXPORTERS": "accept",
    "COLLECTOR_NETFLOW_PORTS": "2055,4739",
    "COLLECTOR_SFLOW_PORTS": "6343",
    "COLLECTOR_HEALTH_PORT": "8080",
    "COLLECTOR_SPOOL": "/var/lib/flowlens/spool",
}
COLLECTOR_READS, COLLECTOR_WRITES = ("flow-sources", "templates"), ("flows", "templates")
# Its counters that mean loss, as its /metrics names them: flowlens_collector_<name>_total.
COLLECTOR_LOSSES = ("kernel_dropped", "rate_limited", "template_missing", "flows_spool_full")

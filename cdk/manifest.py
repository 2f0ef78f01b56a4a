"""The one list of what FlowLens runs on: read by the stacks (deploy) and by cdk.local (one machine).

Plain data, standard library only. An environment value is a literal or a Ref that each reader resolves in its own world.
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
    DATABASE_HOST = "database-host"


@dataclass(frozen=True, slots=True)
class Ref:
    """A value known only where the thing runs."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    name: str
    retention_hours: int = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    name: str
    partition_key: str
    sort_key: str | None = None
    expires: str | None = None  # TTL attribute


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
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
    """A Lambda. `name` is folder.file; its handler is functions.<name>.handler."""

    name: str
    memory: int = 512
    timeout: int = 60
    environment: Mapping[str, str | Ref] = field(default_factory=dict)
    database: bool = False
    reads: tuple[str, ...] = ()  # tables, secrets, "archive"
    writes: tuple[str, ...] = ()  # tables, secrets, streams, queues, "archive"

    @property
    def handler(self) -> str:
        return f"functions.{self.name}.handler"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """A Kinesis event source mapping."""

    stream: str
    function: str
    on_failure: str
    batch_size: int = 100
    window_seconds: int = 1
    parallel: int = 2
    retries: int = 5
    max_age_seconds: int = 86_400
    bisect: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A state machine: functions/<name>/workflow.asl.json; ${task} in it is the ARN of function <name>.<task>."""

    name: str
    tasks: tuple[str, ...]
    every_minutes: int | None = None


DATABASE = {"DATABASE_SECRET": Ref(Kind.SECRET_ID, "database")}

STREAMS = (Stream(name="flows"),)
TABLES = (Table(name="flow-sources", partition_key="tenant", sort_key="exporter"),)
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
        environment={**DATABASE, "ARCHIVE_URL": Ref(Kind.ARCHIVE_URL, "flows")},
        database=True,
        reads=("database",),
        writes=("archive",),
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
        timeout=300,
        environment={
            **DATABASE,
            "DATABASE_OWNER_SECRET": Ref(Kind.SECRET_ID, "database-owner"),
            "ADMIN_TOKEN_SECRET": Ref(Kind.SECRET_ID, "admin-token"),
        },
        database=True,
        reads=("database", "database-owner", "admin-token"),
        writes=("admin-token",),
    ),
    # The tasks of the operations workflow, every few minutes.
    Function(name="operations.prepare", environment={"DATABASE_OWNER_SECRET": Ref(Kind.SECRET_ID, "database-owner")},
             database=True, reads=("database-owner",)),  # partitions ahead of time
    Function(name="operations.fold", timeout=300, environment=DATABASE, database=True, reads=("database",)),
    Function(name="operations.retain", timeout=300, database=True, reads=("database-owner",),
             environment={"DATABASE_OWNER_SECRET": Ref(Kind.SECRET_ID, "database-owner"),
                          "MINUTES_RETENTION_DAYS": "8", "HOURS_RETENTION_DAYS": "400"}),
    Function(name="operations.publish", database=True, reads=("database",), writes=("flow-sources",),
             environment={**DATABASE, "FLOW_SOURCES_TABLE": Ref(Kind.TABLE_NAME, "flow-sources")}),
)
MAPPINGS = (EventSource(stream="flows", function="stream.aggregate", on_failure="flows-failed"),)
WORKFLOWS = (Workflow(name="operations", tasks=("prepare", "fold", "retain", "publish"), every_minutes=5),)

# The collector's environment; whoever starts it adds nothing that is not here.
COLLECTOR: Mapping[str, str | Ref] = {
    "COLLECTOR_TENANT": "00000000-0000-7000-8000-000000000001",
    "COLLECTOR_STREAM": Ref(Kind.STREAM_NAME, "flows"),
    "COLLECTOR_SOURCES_TABLE": Ref(Kind.TABLE_NAME, "flow-sources"),
    "COLLECTOR_UNKNOWN_EXPORTERS": "accept",
    "COLLECTOR_NETFLOW_PORTS": "2055,4739",
    "COLLECTOR_SFLOW_PORTS": "6343",
    "COLLECTOR_HEALTH_PORT": "8080",
    "COLLECTOR_SPOOL": "/var/lib/flowlens/spool",
}

"""The one list of what FlowLens runs on: read by the stacks (deploy) and by cdk.local (one machine).

Plain data, standard library only; what it is made of stands in cdk/declarations.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from cdk.declarations import EventSource, Function, Key, Kind, Queue, QueueSource, Ref, Secret, Stream, Table, Workflow
from cdk.log_format import FORMAT

# Beside the lists, what they are made of.
__all__ = ["EventSource", "Function", "Kind", "Queue", "QueueSource", "Ref", "Secret", "Stream", "Table", "Workflow"]

# What the functions count, in CloudWatch's words.
METRICS, SERVICE = "FlowLens", "flowlens"
FLOWS_COUNTED, DELTAS_REFUSED = "FlowsCounted", "DeltasRefused"
HEADS_SIGNED, TRAILS_BROKEN = "AuditHeadsSigned", "AuditTrailsBroken"
OVER_QUOTA, UNCOUNTED = "RequestsOverQuota", "QuotasUncounted"

DATABASE = {"DATABASE_SECRET": Ref(Kind.SECRET_ID, "database")}  # the application: row security holds
OWNER = {"DATABASE_OWNER_SECRET": Ref(Kind.SECRET_ID, "database-owner")}  # changes tables and partitions

STREAMS = (Stream(name="flows"), Stream(name="log-events"))
TABLES = (
    Table(name="flow-sources", partition_key="tenant", sort_key="exporter"),
    Table(name="throttles", partition_key="subject", sort_key="stretch", expires="expires", counts=True),
    Table(name="visit-marks", partition_key="feed", sort_key="log", expires="expires"),
    Table(name="templates", partition_key="source", sort_key="subject", expires="expires"),
)
_READ_SECONDS, _AGAIN_SECONDS = 300, 60
QUEUES = (
    # AWS advises six times the function's time. What waits for the database is tried for as long as the queue keeps it.
    Queue(name="flows-failed", visibility_seconds=6 * _AGAIN_SECONDS),
    Queue(name="flow-logs", visibility_seconds=6 * _READ_SECONDS, failed="flow-logs-failed"),
    Queue(name="flow-logs-failed"),
    # A visit is due again in five minutes: one that could not even fail by name is for people to see, for a day.
    Queue(name="visits", visibility_seconds=6 * _READ_SECONDS, failed="visits-failed", tries=2),
    Queue(name="visits-failed", retention_days=1),
    Queue(name="log-events-failed"),
)
UPLOADS = "uploads"  # what a function writes that lets people put files into our bucket of logs
READ_UPLOADS = "read-uploads"  # that removes them once they are read
LOGS = "log-buckets"  # what a function reads that reads objects of the buckets with flow logs
VPCS = "vpcs"  # what a function writes that makes and ends flow logs of VPCs, when any are chosen by tag, or all
FETCHED = "fetched"  # what a function writes that puts fetched logs into our bucket of logs
ROLES, READERS = "roles", "flowlens-read-"  # that takes on roles of other accounts; what their names begin with
LISTS, GROUPS = "log-lists", "log-groups"  # that lists those buckets, that reads events of the log groups
GEOGRAPHY = "geography"  # the folder beside the archive's flows where operators put databases of addresses
HEADS = "audit-heads"  # where signed heads of audit trails lie: a bucket of its own, in which nothing can be changed
KEYS = (Key(name="audit-signing"),)
_OUTBOUND: dict[str, str | Ref] = {
    "OUTBOUND_NETWORKS": Ref(Kind.OUTBOUND, "networks"),
    "OUTBOUND_AUTHORITIES": Ref(Kind.OUTBOUND, "authorities"),
}
_SEALED: dict[str, str | Ref] = {
    "HEADS_URL": Ref(Kind.HEADS_URL, HEADS),
    "SIGNING_KEY": Ref(Kind.KEY_ID, "audit-signing"),
}
_API_READS = ("database", "sealing", "factors", "origin", "audit-signing")
TENANT = "00000000-0000-7000-8000-000000000001"
_LOGS_READ: dict[str, str | Ref] = {
    **DATABASE,
    "FLOWS_STREAM": Ref(Kind.STREAM_NAME, "flows"),
    "LOG_BUCKETS": Ref(Kind.LOG_BUCKETS, LOGS),
    "LOG_TENANT": TENANT,
}
SECRETS = (
    # The database secrets also get host, port and dbname from whoever makes the database.
    Secret(name="database-owner", generate="password", template={"username": "flowlens"}),
    Secret(name="database", generate="password", template={"username": "flowlens_app"}),
    Secret(name="admin-token", generate="token"),
    Secret(name="sealing", generate="key"),  # what people's secrets are sealed with in the database
    Secret(name="origin", generate="key"),  # by which the API knows that it is CloudFront who asks
    Secret(name="factors", generate="key"),  # what the seeds of second factors are derived with
)
FUNCTIONS = (
    Function(
        name="stream.aggregate",
        memory=1769,
        timeout=900,  # most of it is patience with a database that is away
        concurrency=20,
        environment={**DATABASE, "ARCHIVE_URL": Ref(Kind.ARCHIVE_URL, "flows")},
        database=True,
        reads=("database", "flows"),
        writes=("archive", "flows-failed"),
    ),
    Function(
        name="objects.read",
        memory=1769,
        timeout=_READ_SECONDS,
        environment={**_LOGS_READ, "VISITS_TABLE": Ref(Kind.TABLE_NAME, "visit-marks")},
        database=True,
        reads=("database", LOGS, "flow-logs"),
        writes=("flows", READ_UPLOADS, "visit-marks"),
    ),
    Function(
        name="logs.read",
        memory=1024,
        timeout=120,
        environment=_LOGS_READ,
        database=True,
        reads=("database", "log-events"),
        writes=("flows", LOGS, "log-events-failed"),
    ),
    Function(
        name="logs.hear",
        memory=1024,
        environment=_LOGS_READ,
        database=True,
        on_failure="log-events-failed",
        reads=("database",),
        writes=("flows", LOGS, "log-events-failed"),
    ),
    Function(
        name="api.handler",
        memory=1024,
        timeout=29,
        environment={
            **DATABASE,
            "FLOW_SOURCES_TABLE": Ref(Kind.TABLE_NAME, "flow-sources"),
            "THROTTLES_TABLE": Ref(Kind.TABLE_NAME, "throttles"),
            "QUOTAS": Ref(Kind.CHOICE, "quotas"),
            "SEALING_SECRET": Ref(Kind.SECRET_ID, "sealing"),
            "OUTBOUND_FUNCTION": Ref(Kind.FUNCTION_NAME, "outbound.ask"),
            "VISIT_FUNCTION": Ref(Kind.FUNCTION_NAME, "outbound.visit"),  # looks where a feed is visited, for a trial
            "VISIT_ROLE": Ref(Kind.ROLE_ARN, "outbound.visit"),  # whom roles of other accounts are to trust
            "ORIGIN_SECRET": Ref(Kind.SECRET_ID, "origin"),
            "FACTORS_SECRET": Ref(Kind.SECRET_ID, "factors"),
            "FLOW_LOGS_QUEUE": Ref(Kind.QUEUE_URL, "flow-logs"),
            "LOG_EVENTS_STREAM": Ref(Kind.STREAM_NAME, "log-events"),  # where what clouds push waits to be read
            "VISITS_QUEUE": Ref(Kind.QUEUE_URL, "visits"),  # a cloud may say that a feed's place has something new
            "VISITS_TABLE": Ref(Kind.TABLE_NAME, "visit-marks"),
            "LOG_BUCKETS": Ref(Kind.LOG_BUCKETS, LOGS),  # a feed's trial reads one object, or the latest events
            "LOG_TENANT": TENANT,
            "GEOGRAPHY_URL": Ref(Kind.ARCHIVE_URL, GEOGRAPHY),
            **_SEALED,
        },
        database=True,
        reads=(*_API_READS, "visit-marks", LOGS, LISTS, GROUPS, GEOGRAPHY, HEADS),
        writes=("flow-sources", "throttles", "flow-logs", "log-events", "visits", UPLOADS),
        calls=("outbound.ask", "outbound.visit"),
    ),
    # Asks others what those inside the network want asked, which has no way out. It may do nothing in the account.
    Function(name="outbound.ask", timeout=24, environment=_OUTBOUND),
    # Goes to where feeds' logs lie, with what people gave for it. Inside the account it may put them into our bucket.
    Function(
        name="outbound.visit",
        memory=1024,
        timeout=_READ_SECONDS,
        environment={
            **_OUTBOUND,
            "VISITS_TABLE": Ref(Kind.TABLE_NAME, "visit-marks"),
            "LOG_BUCKETS": Ref(Kind.LOG_BUCKETS, LOGS),
            "FLOW_LOGS_QUEUE": Ref(Kind.QUEUE_URL, "flow-logs"),
            "SEALING_SECRET": Ref(Kind.SECRET_ID, "sealing"),
        },
        trusted=True,
        reads=("sealing", "visits", "visit-marks", ROLES),
        writes=("visit-marks", "flow-logs", FETCHED),
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
    # Nobody calls it but whoever may invoke it: the way back of a person whom no administrator can help.
    Function(name="deploy.regain", environment=DATABASE, database=True, reads=("database",)),
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
    Function(
        name="operations.sign",
        environment={**DATABASE, **_SEALED},
        database=True,
        reads=("database", HEADS, "audit-signing"),
        writes=(HEADS, "audit-signing"),
    ),
    Function(
        name="operations.recover",
        memory=1769,
        timeout=300,
        environment={**DATABASE, "ARCHIVE_URL": Ref(Kind.ARCHIVE_URL, "flows")},
        database=True,
        reads=("database", "archive"),
        writes=("archive",),
    ),
    Function(
        name="operations.subscribe",
        environment={
            "CHOSEN_VPCS": Ref(Kind.CHOSEN_VPCS, VPCS),
            "LOG_BUCKETS": Ref(Kind.LOG_BUCKETS, LOGS),
            "LOG_FORMAT": FORMAT,
            "DEPLOYMENT": Ref(Kind.DEPLOYMENT, SERVICE),
        },
        writes=(VPCS,),
    ),
    Function(
        name="operations.visit",
        environment={**DATABASE, "VISITS_QUEUE": Ref(Kind.QUEUE_URL, "visits")},
        database=True,
        reads=("database",),
        writes=("visits",),
    ),
    Function(
        name="stream.redeliver",
        memory=1769,
        timeout=_AGAIN_SECONDS,
        environment={**DATABASE, "ARCHIVE_URL": Ref(Kind.ARCHIVE_URL, "flows")},
        database=True,
        reads=("database", "flows", "flows-failed"),
        writes=("archive",),
    ),
)
MAPPINGS = (
    EventSource(stream="flows", function="stream.aggregate", on_failure="flows-failed"),
    EventSource(
        stream="log-events", function="logs.read", on_failure="log-events-failed", window_seconds=5, parallel=1
    ),
)
QUEUE_SOURCES = (
    QueueSource(queue="flow-logs", function="objects.read"),
    QueueSource(queue="visits", function="outbound.visit", batch_size=1, at_once=2),
    QueueSource(queue="flows-failed", function="stream.redeliver", at_once=2),
)
WORKFLOWS = (
    Workflow(
        name="operations",
        tasks=("prepare", "fold", "retain", "publish", "sign", "recover", "subscribe", "visit"),
        every_minutes=5,
    ),
)

# The collector's environment; whoever starts it adds what depends on its machine.
COLLECTOR: Mapping[str, str | Ref] = {
    "COLLECTOR_TENANT": TENANT,
    "COLLECTOR_STREAM": Ref(Kind.STREAM_NAME, "flows"),
    "COLLECTOR_SOURCES_TABLE": Ref(Kind.TABLE_NAME, "flow-sources"),
    "COLLECTOR_TEMPLATES_TABLE": Ref(Kind.TABLE_NAME, "templates"),
    "COLLECTOR_UNKNOWN_EXPORTERS": "accept",
    "COLLECTOR_NETFLOW_PORTS": "2055,4739",
    "COLLECTOR_SFLOW_PORTS": "6343",
    "COLLECTOR_HEALTH_PORT": "8080",
    "COLLECTOR_CAPTURE": "",  # no interface
    "COLLECTOR_SPOOL": "/var/lib/flowlens/spool",
}
COLLECTOR_READS, COLLECTOR_WRITES = ("flow-sources", "templates"), ("flows", "templates")
# Its counters that mean loss, as its /metrics names them: flowlens_collector_<name>_total.
COLLECTOR_LOSSES = ("kernel_dropped", "capture_dropped", "rate_limited", "template_missing", "flows_spool_full")

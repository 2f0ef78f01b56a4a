"""What both functions need that read log events."""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from flowlens.aws.stream import Stream
from flowlens.kit import memory
from flowlens.services.database import Database
from flowlens.services.events import Desk, Settled

from functions.logs.settings import settings


@cache
def database() -> Database:
    return Database(settings().database_secret)


@cache
def desk() -> Desk:
    memory.keep_freed()
    told = settings()
    bucket = told.log_buckets.partition(",")[0].strip()
    return Desk(database(), told.log_tenant, Stream(told.flows_stream), bucket)


def report(settled: Settled, logger: Logger, metrics: Metrics) -> None:
    """Counts and logs what became of deliveries."""
    tally = settled.shipped.tally
    metrics.add_metric(name="FlowsRead", unit=MetricUnit.Count, value=settled.shipped.flows)
    metrics.add_metric(name="LinesUnreadable", unit=MetricUnit.Count, value=tally.unreadable.total())
    metrics.add_metric(name="DeliveriesKept", unit=MetricUnit.Count, value=len(settled.kept))
    for why in settled.kept:
        logger.error("log events were kept to be read another time", extra={"why": why})
    logger.info("log events were read", extra={"counts": tally.counts, "unreadable": tally.examples})

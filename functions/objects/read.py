"""Reads the flow logs that S3 tells of onto the stream `flows`."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.aws.stream import Stream
from flowlens.kit import memory
from flowlens.kit.lines import line
from flowlens.model.errors import FlowLensError, Malformed
from flowlens.services.database import Database
from flowlens.services.objects import Shelf, take_in
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
metrics = Metrics()
tracer = Tracer()
_PATIENCE = 20.0  # seconds that a full stream may take to make room, well within the function's time


class Settings(BaseSettings):
    """What the manifest gives this function."""

    database_secret: str
    flows_stream: str
    log_buckets: str  # the names of those it may read, with commas; ours first
    log_tenant: UUID
    visits_table: str


@cache
def settings() -> Settings:
    return Settings()


@cache
def database() -> Database:
    return Database(settings().database_secret)


@cache
def shelf() -> Shelf:
    memory.keep_freed()
    told = settings()
    buckets = [name.strip() for name in told.log_buckets.split(",") if name.strip()]
    return Shelf(told.log_tenant, frozenset(buckets), Stream(told.flows_stream), buckets[0], told.visits_table)


processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """What is no flow log becomes a dead letter at once, with the reason; any other failure is tried again."""
    return process_partial_response(event, read, processor, context)


def read(record: SQSRecord) -> None:
    try:
        shipped = take_in(database()(), shelf(), record.body, patience=_PATIENCE)
    except FlowLensError as problem:
        metrics.add_metric(name="ObjectsFailed", unit=MetricUnit.Count, value=1)
        logger.error("an object was not read", extra={"why": str(problem)})
        if not isinstance(problem, Malformed):
            raise
        return
    metrics.add_metric(name="ObjectsRead", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="FlowsRead", unit=MetricUnit.Count, value=shipped.flows)
    metrics.add_metric(name="LinesUnreadable", unit=MetricUnit.Count, value=shipped.tally.unreadable.total())
    logger.info("an object was read", extra={"counts": shipped.tally.counts, "unreadable": shipped.tally.examples})

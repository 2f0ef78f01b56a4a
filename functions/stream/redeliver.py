"""Counts what the stream's mapping gave up: the batches that the queue `flows-failed` names, read from the stream."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.aws import archive
from flowlens.aws.shard import Shards
from flowlens.kit.lines import line
from flowlens.services import recovery
from flowlens.services.database import Database
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
metrics = Metrics()
tracer = Tracer()


class Settings(BaseSettings):
    """What the manifest gives this function."""

    database_secret: str
    archive_url: str


@cache
def settings() -> Settings:
    return Settings()


@cache
def database() -> Database:
    return Database(settings().database_secret)


@cache
def shards() -> Shards:
    return Shards()


processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """A batch that cannot be counted now stays in the queue; one that is counted already is counted no further."""
    return process_partial_response(event, redeliver, processor, context)


def redeliver(record: SQSRecord) -> None:
    metrics.add_metric(name="BatchesGivenUp", unit=MetricUnit.Count, value=1)
    done = recovery.redeliver(database()(), archive.at(settings().archive_url), shards(), record.body)
    metrics.add_metric(name="RecordsRedelivered", unit=MetricUnit.Count, value=done.records)
    metrics.add_metric(name="BatchesExpired", unit=MetricUnit.Count, value=int(done.expired))
    if done.expired:
        logger.error("records that were given up are gone from the stream", extra={"batch": record.body})

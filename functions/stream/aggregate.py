"""Counts the records of the stream `flows`: conversations, sources and what was lost."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamEvent, KinesisStreamRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.aws import archive
from flowlens.flows.kernel.text import base64_decoded
from flowlens.kit import memory
from flowlens.kit.lines import line
from flowlens.services import merging
from flowlens.services.database import Database
from flowlens.services.records import Desk, Settled, Uncounted
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
metrics = Metrics()
tracer = Tracer()
_RESERVE_MS = 60_000  # what settling a batch takes at most, many times over


class Settings(BaseSettings):
    """What the manifest gives this function."""

    database_secret: str
    archive_url: str


@cache
def settings() -> Settings:
    return Settings()


@cache
def archived() -> archive.Archive:
    return archive.at(settings().archive_url)


@cache
def database() -> Database:
    """This process's, made when the first event comes."""
    memory.keep_freed()
    return Database(settings().database_secret)


# A batch of which every record failed is still answered by name, so that only those records come again.
processor = BatchProcessor(event_type=EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """All records of a batch are counted together, in one transaction; then each answers for itself.

    What is counted is safe before anything is merged: a merge that fails fails the invocation, and comes again with it.
    """
    records = list(KinesisStreamEvent(event).records)
    metrics.add_metric(name="RecordsReceived", unit=MetricUnit.Count, value=len(records))
    payloads = [base64_decoded(record.kinesis.data) for record in records]

    def more() -> bool:
        return context.get_remaining_time_in_millis() > _RESERVE_MS

    # A database that is away for minutes costs no retry of the mapping, and no good record is given up for it.
    settled = database().patiently(lambda conn: Desk(conn, archived(), payloads).settle(), more)
    _report(settled)
    for tenant in sorted(settled.tenants):
        _report_merge(merging.merge_due(database()(), tenant))
    failed = {
        record.kinesis.sequence_number: error
        for record, error in zip(records, settled.errors, strict=True)
        if error is not None
    }

    def aggregate(record: KinesisStreamRecord) -> None:
        error = failed.get(record.kinesis.sequence_number)
        if error is not None:
            raise error

    return process_partial_response(event, aggregate, processor, context)


def _report(settled: Settled) -> None:
    for name, metric in (
        ("flows", "FlowsCounted"),
        ("repeated", "RecordsRepeated"),
        ("without_address", "FlowsWithoutAddress"),
        ("denied", "FlowsDenied"),
        ("clamped", "CountersClamped"),
    ):
        metrics.add_metric(name=metric, unit=MetricUnit.Count, value=settled.total(name))
    failures = [error for error in settled.errors if isinstance(error, Uncounted)]
    metrics.add_metric(name="RecordsFailed", unit=MetricUnit.Count, value=len(failures))
    for failure in failures:
        logger.error("a record was set aside", extra={"why": str(failure)})


def _report_merge(merged: merging.Outcome) -> None:
    metrics.add_metric(name="DeltasMerged", unit=MetricUnit.Count, value=merged.deltas)
    metrics.add_metric(name="FlowsBeyondMinutes", unit=MetricUnit.Count, value=merged.beyond)
    metrics.add_metric(name="DeltasRefused", unit=MetricUnit.Count, value=len(merged.refused))
    for refused in merged.refused:
        logger.error("the database refused what a record adds", extra={"why": refused})

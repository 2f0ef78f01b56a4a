"""Reads the flow logs that CloudWatch Logs puts on the stream `log-events`, onto the stream `flows`."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamEvent, KinesisStreamRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.kit.lines import line

from functions.logs.desk import desk, report

logger = Logger(json_serializer=line)
metrics = Metrics()
tracer = Tracer()
processor = BatchProcessor(event_type=EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """All deliveries of a batch are read together; one that could neither be read nor be kept comes again."""
    records = list(KinesisStreamEvent(event).records)
    settled = desk().settle([record.kinesis.data_as_bytes() for record in records])
    report(settled, logger, metrics)
    failed = {
        record.kinesis.sequence_number: error
        for record, error in zip(records, settled.errors, strict=True)
        if error is not None
    }

    def read(record: KinesisStreamRecord) -> None:
        error = failed.get(record.kinesis.sequence_number)
        if error is not None:
            raise error

    return process_partial_response(event, read, processor, context)

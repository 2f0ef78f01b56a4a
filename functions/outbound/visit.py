"""Goes to where a feed's logs lie, outside the network, and puts what is new there into our bucket."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.kit.lines import line
from flowlens.outbound.client import Client, Limits, Rules
from flowlens.services import errands, looks, visits
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
metrics = Metrics()
tracer = Tracer()
_RESERVE_MS = 60_000  # what fetching one log may take, and writing down what came of the visit


class Settings(BaseSettings):
    """What the manifest gives this function."""

    outbound_networks: str  # those that may be connected to though they are not public, with commas
    outbound_authorities: str  # certificates as PEM that are trusted besides the system's
    visits_table: str
    log_buckets: str  # ours first
    flow_logs_queue: str
    sealing_secret: str


_VISIT = Limits(total=30.0, octets=2 * visits.PIECE)
_LOOK = Limits(connect=3.0, total=7.0, octets=2 * visits.PIECE)  # somebody waits for it, no longer than for the API


@cache
def desk(limits: Limits = _VISIT) -> visits.Desk:
    told = Settings()
    rules = Rules.of(told.outbound_networks, authorities=told.outbound_authorities)
    client = Client(rules, limits)
    bucket = told.log_buckets.partition(",")[0].strip()
    return visits.Desk(told.visits_table, bucket, told.flow_logs_queue, told.sealing_secret, client.ask)


processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse | dict[str, Any]:
    """A message a feed. What a place refuses is written down by name and no failure: the next visit asks again.

    Or a look at one log, for a person who tries a feed.
    """
    if "look" in event:
        metrics.add_metric(name="LogsLookedAt", unit=MetricUnit.Count, value=1)
        return looks.take(event, desk(_LOOK))

    def more() -> bool:
        return context.get_remaining_time_in_millis() > _RESERVE_MS

    def go(record: SQSRecord) -> None:
        errand = errands.read(record.body)
        done = visits.visit(errand, desk(), more)
        metrics.add_metric(name="LogsFetched", unit=MetricUnit.Count, value=done.logs)
        metrics.add_metric(name="VisitsFailed", unit=MetricUnit.Count, value=int(bool(done.problem)))
        told = {"feed": errand.feed, "logs": done.logs, "waiting": done.waiting, "problem": done.problem}
        logger.info("a place was visited", extra=told)

    return process_partial_response(event, go, processor, context)

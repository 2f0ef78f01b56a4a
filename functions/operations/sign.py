"""The heads of the audit trails are signed, and put where they stay."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.aws import archive
from flowlens.kit.lines import line
from flowlens.services import heads
from flowlens.services.database import Database
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
metrics = Metrics()
tracer = Tracer()
_RESERVE_MS = 10_000


class Settings(BaseSettings):
    """What the manifest gives this function."""

    database_secret: str
    heads_url: str
    signing_key: str


@cache
def settings() -> Settings:
    return Settings()


@cache
def database() -> Database:
    return Database(settings().database_secret)


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """Says how many heads were signed. A trail that is not what was signed before is not: an alarm says so."""

    def more() -> bool:
        return context.get_remaining_time_in_millis() > _RESERVE_MS

    done = heads.sign(database()(), archive.at(settings().heads_url), settings().signing_key, more)
    for tenant, fault in done.broken.items():
        logger.error("an audit trail is broken", tenant=str(tenant), fault=fault)
    metrics.add_metric(name="AuditHeadsSigned", unit=MetricUnit.Count, value=done.heads)
    metrics.add_metric(name="AuditTrailsBroken", unit=MetricUnit.Count, value=len(done.broken))
    return {"signed": done.heads, "broken": len(done.broken)}

"""What is past its days, removed: partitions, rows that nothing touched, archived records."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.aws import archive
from flowlens.kit.lines import line
from flowlens.services import operations
from flowlens.services.database import Database
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
tracer = Tracer()


class Settings(BaseSettings):
    """What the manifest gives this function."""

    database_owner_secret: str
    archive_url: str
    minutes_retention_days: int
    hours_retention_days: int
    archive_retention_days: int


@cache
def settings() -> Settings:
    return Settings()


@cache
def database() -> Database:
    return Database(settings().database_owner_secret)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """Says how much of each was removed."""
    named, now = settings(), datetime.now(UTC)
    removed = operations.retain(
        database()(), now, minutes_days=named.minutes_retention_days, hours_days=named.hours_retention_days
    )
    archived = operations.expire(archive.at(named.archive_url), now, days=named.archive_retention_days)
    return {**removed, "archived": archived}

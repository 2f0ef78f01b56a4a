"""Partitions for the coming days, made before they are needed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.kit.lines import line
from flowlens.services import operations
from flowlens.services.database import Database
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
tracer = Tracer()


class Settings(BaseSettings):
    """What the manifest gives this function."""

    database_owner_secret: str


@cache
def settings() -> Settings:
    return Settings()


@cache
def database() -> Database:
    return Database(settings().database_owner_secret)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """Says how many partitions were made."""
    return {"made": operations.prepare(database()(), datetime.now(UTC))}

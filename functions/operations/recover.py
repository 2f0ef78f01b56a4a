"""Dead letters that somebody wants retried are tried again."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.aws import archive
from flowlens.kit.lines import line
from flowlens.services import recovery
from flowlens.services.database import Database
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
tracer = Tracer()
_RESERVE_MS = 60_000


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


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """Says how many were tried, and how many of them count now; what was not done is left for the next run."""

    def more() -> bool:
        return context.get_remaining_time_in_millis() > _RESERVE_MS

    tried, settled = recovery.retry(database()(), archive.at(settings().archive_url), more)
    return {"tried": tried, "settled": settled}

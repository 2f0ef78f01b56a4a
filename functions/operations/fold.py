"""Hours folded again where minutes were added to them."""

from __future__ import annotations

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
_RESERVE_MS = 60_000  # an hour of many conversations takes seconds to fold


class Settings(BaseSettings):
    """What the manifest gives this function."""

    database_secret: str


@cache
def settings() -> Settings:
    return Settings()


@cache
def database() -> Database:
    return Database(settings().database_secret)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """Merges, then folds while there is time; says how much of each, and how many hours are left for the next run."""

    def more() -> bool:
        return context.get_remaining_time_in_millis() > _RESERVE_MS

    merged = operations.merge(database()(), more)
    folded, left = operations.fold(database()(), more)
    return {"merged": merged, "folded": folded, "left": left}

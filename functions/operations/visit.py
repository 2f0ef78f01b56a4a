"""Feeds whose logs FlowLens fetches: a message for each, to the function that goes there."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.aws import queue
from flowlens.kit.lines import line
from flowlens.services import errands
from flowlens.services.database import Database
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
tracer = Tracer()


class Settings(BaseSettings):
    """What the manifest gives this function."""

    database_secret: str
    visits_queue: str


@cache
def settings() -> Settings:
    return Settings()


@cache
def database() -> Database:
    return Database(settings().database_secret)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """Says how many are visited."""
    tell = partial(queue.send, settings().visits_queue, reason="schedule")
    return {"visits": errands.send(database()(), tell)}

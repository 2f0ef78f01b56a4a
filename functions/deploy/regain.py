"""A link that gives an account back, for whoever runs the installation: invoked with {"email": …}, never by the API."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.kit.lines import line
from flowlens.services import links
from flowlens.services.database import Database
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
tracer = Tracer()


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
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:  # noqa: ARG001
    """The secret of the link, which works once and for ten minutes: open /welcome#link=<secret>."""
    made = links.to_regain(database()(), str(event.get("email", "")))
    return {"secret": made.secret, "expires_at": made.expires_at.isoformat()}

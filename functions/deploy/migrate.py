"""Makes the database ready for this version; invoked by a deployment, directly or as a custom resource."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.aws import secrets
from flowlens.kit.lines import line
from flowlens.services.deployment import administrator_token, deploy
from flowlens.store.connection import Connection, connect
from psycopg import OperationalError
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
tracer = Tracer()
_RESOURCE = "flowlens-database"
_RESERVE_MS = 120_000  # for the migration itself
_PAUSE_SECONDS = 2.0


class Settings(BaseSettings):
    """What the manifest gives this function."""

    database_secret: str
    database_owner_secret: str
    admin_token_secret: str


@cache
def settings() -> Settings:
    return Settings()


def _patiently(secret_id: str, context: LambdaContext) -> Connection:
    """A proxy that was made a moment ago takes some minutes until it reaches its database."""
    while True:
        try:
            return connect(secrets.fetch(secret_id))
        except OperationalError:
            if context.get_remaining_time_in_millis() < _RESERVE_MS:
                raise
            time.sleep(_PAUSE_SECONDS)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:
    """Answers as CloudFormation's provider framework expects; a deletion leaves the database as it is."""
    if event.get("RequestType") == "Delete":
        return {"PhysicalResourceId": event.get("PhysicalResourceId", _RESOURCE)}
    named = settings()
    token, made = administrator_token(secrets.fetch(named.admin_token_secret))
    if made:
        secrets.put(named.admin_token_secret, {"token": token})
    with _patiently(named.database_owner_secret, context) as conn:
        deployed = deploy(conn, secrets.fetch(named.database_secret), token, datetime.now(UTC))
    logger.info("the database is ready", extra=asdict(deployed))
    return {"PhysicalResourceId": _RESOURCE, "Data": asdict(deployed)}

"""Asks another system what a function inside the network, which has no way out, wants asked."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.kit.lines import line
from flowlens.model.errors import Refused, Unreachable
from flowlens.outbound import carried
from flowlens.outbound.client import Client, Limits, Rules
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
tracer = Tracer()


class Settings(BaseSettings):
    """What the manifest gives this function."""

    outbound_networks: str  # those that may be connected to though they are not public, with commas
    outbound_authorities: str  # certificates as PEM that are trusted besides the system's


@cache
def client() -> Client:
    given = Settings()
    rules = Rules.of(given.outbound_networks, authorities=given.outbound_authorities)
    return Client(rules, Limits(total=20.0))


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """The answer, or what came instead; questions and answers hold secrets, so the log has neither."""
    try:
        given = client().ask(carried.read_question(event))
    except (Refused, Unreachable) as problem:
        logger.info("a question had no answer", extra={"reason": problem.reason})
        return carried.failure(problem)
    logger.info("a question was answered", extra={"status": given.status, "octets": len(given.content)})
    return carried.answer(given)

"""Flow logs of VPCs that are chosen by tag, or all: new ones are subscribed, those that are chosen no more end."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.aws.subscriptions import Wanted, follow
from flowlens.kit.lines import line
from pydantic_settings import BaseSettings

logger = Logger(json_serializer=line)
tracer = Tracer()


class Settings(BaseSettings):
    """What the manifest gives this function."""

    chosen_vpcs: str  # all, or tag:key=value, with commas; empty: none
    log_buckets: str  # the first is where logs are delivered
    log_format: str
    deployment: str


@cache
def settings() -> Settings:
    return Settings()


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """Says how many were subscribed, ended and refused; asks AWS nothing when none is chosen."""
    told = settings()
    chosen = [one.strip() for one in told.chosen_vpcs.split(",") if one.strip()]
    if not chosen:
        return {"subscribed": 0, "ended": 0, "refused": 0}
    bucket = told.log_buckets.partition(",")[0].strip()
    done = follow(Wanted(chosen, bucket, told.log_format, told.deployment))
    if done.refused:
        logger.error("flow logs that AWS would not make or end", extra={"refused": done.refused})
    return {"subscribed": len(done.subscribed), "ended": len(done.ended), "refused": len(done.refused)}

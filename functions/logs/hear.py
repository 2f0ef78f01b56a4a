"""Reads the flow logs that CloudWatch Logs hands to us straight, onto the stream `flows`."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from flowlens.kit.lines import line

from functions.logs.desk import desk, report

logger = Logger(json_serializer=line)
metrics = Metrics()
tracer = Tracer()


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 (Lambda gives it)
    """Fails only when the delivery could neither be read nor be kept: then it is invoked again."""
    settled = desk().settle([b64decode(event["awslogs"]["data"])])
    report(settled, logger, metrics)
    for error in settled.errors:
        if error is not None:
            raise error

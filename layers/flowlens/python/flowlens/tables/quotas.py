"""Quotas in the table `throttles`: all counters of a tenant's minute in one item, so that a request takes one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection.base import Connection

from flowlens.model.errors import Unreachable

_REFUSED = "ConditionalCheckFailedException"
# DynamoDB takes a thousand writes a second of one item, and an item is a tenant's: who meets this asks that often.
_CROWDED = frozenset({"ProvisionedThroughputExceededException", "ThrottlingException"})


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether the points were taken from every counter, or from none; `counted` is where the counters stand."""

    taken: bool
    counted: Mapping[str, int]


@cache
def connection() -> Connection:
    """A counter that does not answer at once is away: nobody waits a second for it."""
    return Connection(connect_timeout_seconds=0.3, read_timeout_seconds=0.5, max_retry_attempts=0)


def take(table: str, subject: str, start: int, most: Mapping[str, int], points: int, *, seconds: int) -> Taken:
    """Adds `points` to each counter of the stretch that begins at `start`, unless one would go beyond its `most`.

    So what is refused takes from nobody. Where the item itself is asked too often, everything counts as used up.
    Unreachable when the table does not answer.
    """
    counters = {f"#c{n}": name for n, name in enumerate(most)}
    values = {":points": {"N": str(points)}, ":expires": {"N": str(start + 2 * seconds)}}
    values |= {f":m{n}": {"N": str(bound - points)} for n, bound in enumerate(most.values())}
    asked: dict[str, Any] = {
        "TableName": table,
        "Key": {"subject": {"S": subject}, "stretch": {"S": f"{seconds}/{start}"}},
        "UpdateExpression": f"ADD {', '.join(f'{c} :points' for c in counters)} SET #expires = :expires",
        "ConditionExpression": " AND ".join(
            f"(attribute_not_exists({c}) OR {c} <= :m{n})" for n, c in enumerate(counters)
        ),
        "ExpressionAttributeNames": {**counters, "#expires": "expires"},
        "ExpressionAttributeValues": values,
        "ReturnValues": "UPDATED_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    try:
        answer = connection().dispatch("UpdateItem", asked)
    except ClientError as error:
        code = error.response["Error"].get("Code")
        if code in _CROWDED:
            return Taken(taken=False, counted=dict(most))
        if code != _REFUSED:
            raise Unreachable("counter", str(error)) from error
        return Taken(taken=False, counted=_counted(_kept(error), most))
    except BotoCoreError as error:
        raise Unreachable("counter", str(error)) from error
    return Taken(taken=True, counted=_counted(answer.get("Attributes", {}), most))


def _kept(error: ClientError) -> Mapping[str, Any]:
    """What the item held; PynamoDB's own error leaves it out and names the SDK's as its cause."""
    cause = error.__cause__ if isinstance(error.__cause__, ClientError) else error
    response: Mapping[str, Any] = cause.response
    return dict(response.get("Item", {}))


def _counted(item: Mapping[str, Any], most: Mapping[str, int]) -> dict[str, int]:
    return {name: int(item[name]["N"]) if name in item else 0 for name in most}

"""Questions and answers as JSON, for the function outside the network that asks them for those inside."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from flowlens.model.errors import Malformed, Refused, Unreachable
from flowlens.outbound.client import Answer, Question


def question(asked: Question) -> dict[str, Any]:
    return {
        "url": asked.url,
        "method": asked.method,
        "headers": dict(asked.headers),
        "content": base64.b64encode(asked.content).decode(),
    }


def read_question(event: Mapping[str, Any]) -> Question:
    return Question(
        url=event["url"],
        method=event["method"],
        headers=event["headers"],
        content=base64.b64decode(event["content"], validate=True),
    )


def answer(given: Answer) -> dict[str, Any]:
    content = base64.b64encode(given.content).decode()
    return {"status": given.status, "headers": dict(given.headers), "content": content}


def failure(problem: Refused | Unreachable) -> dict[str, Any]:
    """What came of a question that has no answer."""
    kind = "refused" if isinstance(problem, Refused) else "unreachable"
    return {kind: problem.reason, "detail": str(problem).partition(": ")[2]}


def read_answer(told: Mapping[str, Any]) -> Answer:
    """Raises what the other side met: Refused or Unreachable. Malformed for what is neither."""
    detail = str(told.get("detail", ""))
    if "refused" in told:
        raise Refused(str(told["refused"]), detail)
    if "unreachable" in told:
        raise Unreachable(str(told["unreachable"]), detail)
    try:
        return Answer(int(told["status"]), told["headers"], base64.b64decode(told["content"], validate=True))
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("answer", "the function outside the network failed") from error

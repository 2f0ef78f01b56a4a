"""What a function does not name as failed is deleted from the queue; the rest stays and comes again."""

from __future__ import annotations

import json
from typing import Any

from cdk.local.errands import Errands, Surroundings, event
from cdk.local.runtime import Outcome
from cdk.manifest import QueueSource


class Queue:
    """As much of SQS as is asked for."""

    def __init__(self, *bodies: str) -> None:
        self.messages = [
            {"MessageId": f"m{n}", "ReceiptHandle": f"r{n}", "Body": body} for n, body in enumerate(bodies)
        ]

    def get_queue_url(self, **_: object) -> dict[str, str]:
        return {"QueueUrl": "url"}

    def receive_message(self, *, MaxNumberOfMessages: int, **_: object) -> dict[str, Any]:  # noqa: N803
        return {"Messages": self.messages[:MaxNumberOfMessages]}

    def delete_message(self, *, ReceiptHandle: str, **_: object) -> None:  # noqa: N803
        self.messages = [one for one in self.messages if one["ReceiptHandle"] != ReceiptHandle]

    @property
    def bodies(self) -> list[str]:
        return [one["Body"] for one in self.messages]


def look(queue: Queue, outcome: Outcome, batch: int = 10) -> list[dict[str, Any]]:
    """One look at the queue; the records that the function was given."""
    given: list[dict[str, Any]] = []

    def invoke(payload: bytes) -> Outcome:
        given.extend(json.loads(payload)["Records"])
        return outcome

    errands = Errands(QueueSource(queue="q", function="f", batch_size=batch), Surroundings(queue, invoke))
    errands._look()
    return given


def test_only_what_failed_stays() -> None:
    queue = Queue("a", "b", "c")
    answer = Outcome(json.dumps({"batchItemFailures": [{"itemIdentifier": "m1"}]}).encode(), failed=False)
    assert [record["body"] for record in look(queue, answer)] == ["a", "b", "c"]
    assert queue.bodies == ["b"]


def test_when_the_function_fails_all_stay() -> None:
    queue = Queue("a", "b")
    look(queue, Outcome(b"{}", failed=True))
    assert queue.bodies == ["a", "b"]


def test_no_more_than_a_batch_is_taken() -> None:
    queue = Queue("a", "b", "c")
    look(queue, Outcome(b"null", failed=False), batch=2)
    assert queue.bodies == ["c"]


def test_a_message_is_told_as_lambda_tells_it() -> None:
    (record,) = json.loads(event("flow-logs", Queue("a").messages))["Records"]
    assert (record["eventSource"], record["messageId"], record["body"]) == ("aws:sqs", "m0", "a")
    assert record["eventSourceARN"].endswith(":flow-logs")

"""All that wakes functions here by itself: streams, queues and the clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cdk import manifest
from cdk.local import aws, errands, triggers
from cdk.local.checkpoints import Checkpoints
from cdk.local.lambdas import LambdaService
from cdk.local.resources import deployed
from cdk.local.schedules import Ticker


class Wakers:
    """As the manifest lists them. `ready` says whether a function would find its database."""

    def __init__(self, endpoint: str, lambdas: LambdaService, checkpoints: Path, *, ready: Callable[[], bool]) -> None:
        kinesis, sqs = aws.client("kinesis", endpoint), aws.client("sqs", endpoint)
        kept = Checkpoints(checkpoints)
        self._pollers = [
            triggers.Poller(
                mapping,
                triggers.Surroundings(
                    kinesis=kinesis,
                    sqs=sqs,
                    invoke=lambdas.function(deployed(mapping.function)).invoke,
                    checkpoints=kept,
                    ready=ready,
                ),
            )
            for mapping in manifest.MAPPINGS
        ]
        self._errands = [
            errands.Errands(source, errands.Surroundings(sqs, lambdas.function(deployed(source.function)).invoke))
            for source in manifest.QUEUE_SOURCES
        ]
        self._ticker = Ticker(manifest.WORKFLOWS, aws.client("stepfunctions", endpoint))

    def start(self) -> None:
        for poller in self._pollers:
            poller.start()
        for one in self._errands:
            one.start()
        self._ticker.start()

    def rest(self) -> None:
        """The clock first: it would only make work."""
        self._ticker.stop(seconds=5)

    def stop(self) -> None:
        """What lies on the stream is counted; a message that nobody took stays on its queue."""
        for one in self._errands:
            one.stop(seconds=10)
        for poller in self._pollers:
            poller.drain(seconds=10)
            poller.stop(seconds=10)

    def status(self) -> dict[str, dict[str, float]]:
        """How far behind each stream is, and how many of its records were given up."""
        return {
            poller.mapping.stream: {"behind_seconds": round(poller.behind_seconds, 1), "buried": poller.buried}
            for poller in self._pollers
        }

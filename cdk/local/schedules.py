"""The clock: starts each workflow once in each of its periods, whatever restarts in between."""

from __future__ import annotations

import threading
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk.local.resources import workflow_arn
from cdk.manifest import Workflow

_TICK_SECONDS = 1.0
_FIRST_SECONDS = 10.0  # after a start, when there is more important work


class Ticker:
    """Executions are named after their period, so a period that was begun already is not begun again."""

    def __init__(self, workflows: tuple[Workflow, ...], stepfunctions: Any) -> None:
        self._workflows = workflows
        self._stepfunctions = stepfunctions
        self._begun: dict[str, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, seconds: float) -> None:
        self._stopping.set()
        self._thread.join(seconds)

    def tick(self, now: float) -> list[str]:
        """Starts what is due and returns the names of the executions."""
        started = []
        for workflow in self._workflows:
            if workflow.every_minutes is None:
                continue
            period = int(now // (60 * workflow.every_minutes))
            if self._begun.get(workflow.name) != period and self._start(workflow, period):
                self._begun[workflow.name] = period
                started.append(f"{workflow.name}-{period}")
        return started

    def _start(self, workflow: Workflow, period: int) -> bool:
        try:
            self._stepfunctions.start_execution(
                stateMachineArn=workflow_arn(workflow.name), name=f"{workflow.name}-{period}", input="{}"
            )
        except ClientError as refused:
            return bool(refused.response["Error"]["Code"] == "ExecutionAlreadyExists")
        except BotoCoreError:  # the emulation restarts: the next tick tries again
            return False
        return True

    def _run(self) -> None:
        self._stopping.wait(_FIRST_SECONDS)
        while not self._stopping.wait(_TICK_SECONDS):
            self.tick(time.time())

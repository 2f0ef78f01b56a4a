"""Step Functions: state machines really run, and their past does not fill the memory."""

from __future__ import annotations

from typing import Any

from moto.core.config import default_user_config
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

KEEP = 20  # finished executions of each state machine


def install() -> None:
    default_user_config["stepfunctions"]["execute_state_machine"] = True
    backend: Any = StepFunctionsParserBackend
    start = backend.start_execution

    def start_execution(self: Any, state_machine_arn: str, *args: Any, **named: Any) -> Any:
        execution = start(self, state_machine_arn, *args, **named)
        executions = self.describe_state_machine(state_machine_arn).executions
        finished = [one for one in executions if one.status != "RUNNING"]
        for old in finished[:-KEEP]:
            executions.remove(old)
        return execution

    backend.start_execution = start_execution

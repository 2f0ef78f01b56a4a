"""A workflow is begun once in each of its periods."""

from __future__ import annotations

import json

from cdk.local.resources import workflow_arn
from cdk.local.schedules import Ticker
from cdk.manifest import Workflow
from tests.unit.local.conftest import Emulation

EVERY_FIVE = Workflow(name="tidy", tasks=(), every_minutes=5)
NEVER = Workflow(name="on-demand", tasks=())
NOON = 1_767_268_800.0


def test_a_period_is_begun_once_whoever_asks(emulation: Emulation) -> None:
    stepfunctions = emulation.client("stepfunctions")
    passing = json.dumps({"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})
    role = "arn:aws:iam::123456789012:role/local"
    machine = stepfunctions.create_state_machine(name="tidy", roleArn=role, definition=passing)["stateMachineArn"]
    assert machine == workflow_arn("tidy")

    ticker = Ticker((EVERY_FIVE, NEVER), stepfunctions)
    assert ticker.tick(NOON) == ["tidy-5890896"]
    assert ticker.tick(NOON + 299) == []
    assert ticker.tick(NOON + 300) == ["tidy-5890897"]
    Ticker((EVERY_FIVE,), stepfunctions).tick(NOON + 301)  # another clock, as after a restart
    assert len(stepfunctions.list_executions(stateMachineArn=machine)["executions"]) == 2


def test_a_period_that_could_not_be_begun_is_tried_again(emulation: Emulation) -> None:
    ticker = Ticker((Workflow(name="absent", tasks=(), every_minutes=1),), emulation.client("stepfunctions"))
    assert ticker.tick(NOON) == []
    assert ticker.tick(NOON) == []

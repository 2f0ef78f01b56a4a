"""A state machine of the manifest: its tasks, its definition, its clock."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk import manifest
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.code import Layers
from cdk.constructs.holdings import allow
from cdk.constructs.journal import Journal
from cdk.constructs.task import Place, Task
from cdk.parts import ROOT

_NO_ARN = "X-Ray and the delivery of Step Functions' logs have no ARN to name; AWS documents both with every resource."


class Workflow(Construct):
    """functions/<name>/workflow.asl.json, as it stands there; the functions' ARNs are filled in when it is deployed."""

    def __init__(self, scope: Construct, declared: manifest.Workflow, *, place: Place, layers: Layers) -> None:
        super().__init__(scope, declared.name)
        functions = {function.name: function for function in manifest.FUNCTIONS}
        self.tasks = {
            task: Task(self, functions[f"{declared.name}.{task}"], place=place, layers=layers)
            for task in declared.tasks
        }
        arns = {name: task.function.function_arn for name, task in self.tasks.items()}
        definition = (ROOT / "functions" / declared.name / "workflow.asl.json").read_text()
        self.machine = sfn.StateMachine(
            self,
            "machine",
            definition_body=sfn.DefinitionBody.from_string(definition),
            definition_substitutions=arns,
            role=self._role(arns.values()),
            logs=sfn.LogOptions(
                destination=Journal(self, "log", days=place.log_days).group,
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
            tracing_enabled=True,
        )
        if declared.every_minutes:
            self._run_every(Duration.minutes(declared.every_minutes))

    def _role(self, functions: Iterable[str]) -> iam.Role:
        role = iam.Role(self, "role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        role.add_to_policy(allow(("lambda:InvokeFunction",), *functions))
        acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": _NO_ARN})
        return role

    def _run_every(self, period: Duration) -> scheduler.Schedule:
        start = targets.StepFunctionsStartExecution(
            self.machine, input=scheduler.ScheduleTargetInput.from_object({}), retry_attempts=2
        )
        return scheduler.Schedule(self, "clock", schedule=scheduler.ScheduleExpression.rate(period), target=start)

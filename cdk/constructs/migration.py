"""The database's tables, brought up to date by each deployment that changes the code."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration, Fn, Stack, triggers
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk import manifest
from cdk.constructs.code import Layers
from cdk.constructs.journal import Journal
from cdk.constructs.task import Place, Task

_NAME = "deploy.migrate"
_PROVIDER = "AWSCDK.TriggerCustomResourceProviderCustomResourceProvider"


class Migration(Construct):
    """Runs functions.deploy.migrate once `after` stands; when it fails, so does the deployment."""

    def __init__(self, scope: Construct, name: str, *, place: Place, layers: Layers, after: Construct) -> None:
        super().__init__(scope, name)
        declared = next(function for function in manifest.FUNCTIONS if function.name == _NAME)
        self.task = Task(self, declared, place=place, layers=layers)
        trigger = triggers.Trigger(
            self,
            "trigger",
            handler=self.task.function,
            timeout=Duration.seconds(declared.timeout),
            execute_after=[after],
        )
        self._tidy(trigger, place.log_days)

    def _tidy(self, trigger: triggers.Trigger, days: int) -> None:
        """CDK's own function that calls ours would log forever."""
        provider = Stack.of(self).node.find_child(_PROVIDER)
        function = cast(lambda_.CfnFunction, provider.node.find_child("Handler"))
        log = Journal(self, "log", days=days, group_name=Fn.join("", ["/aws/lambda/", function.ref]))
        trigger.node.add_dependency(log)

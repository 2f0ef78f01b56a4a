"""The API: one function behind a throttled front door."""

from __future__ import annotations

import json
from typing import cast

from aws_cdk import CfnOutput
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_apigatewayv2_integrations as integrations
from constructs import Construct

from cdk import manifest
from cdk.config import Settings
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.code import Layers
from cdk.constructs.journal import Journal
from cdk.constructs.task import Task
from cdk.parts import Parts
from cdk.stacks.data import Data
from cdk.stacks.ingest import Ingest
from cdk.stacks.room import Room

_NAME = "api.handler"
RATE, BURST = 200, 400  # requests a second, over all clients
_LOGGED = (
    "requestId",
    "requestTime",
    "identity.sourceIp",
    "httpMethod",
    "path",
    "protocol",
    "status",
    "responseLength",
    "responseLatency",
    "integrationErrorMessage",
    "error.message",
)


class Api(Room):
    """Every path below /api goes to the function, which answers for permissions, statuses and problems."""

    def __init__(
        self, scope: Construct, name: str, *, data: Data, ingest: Ingest, parts: Parts, settings: Settings
    ) -> None:
        super().__init__(scope, name, settings=settings)
        declared = {function.name: function for function in manifest.FUNCTIONS}
        layers = Layers(self, "layers", parts=parts)
        self.called = {  # that nothing else wakes
            name: Task(self, declared[name], place=data.place, layers=layers)
            for name in declared[_NAME].calls
            if name not in ingest.tasks
        }
        called = {name: task.function for name, task in {**ingest.tasks, **self.called}.items()}
        self.task = Task(self, declared[_NAME], place=data.place, layers=layers, called=called)
        self.http = http.HttpApi(
            self, "http", api_name=settings.service, description="FlowLens", create_default_stage=False
        )
        routes = self.http.add_routes(
            path="/api/{proxy+}",
            methods=[http.HttpMethod.ANY],
            integration=integrations.HttpLambdaIntegration("function", self.task.function),
        )
        for route in routes:
            acknowledge(
                route,
                {
                    "AwsSolutions-APIG4": "The API checks its own bearer tokens: each route declares its permission, "
                    "and a test fails the build on one that does not.",
                },
            )
        self._stage(settings)
        CfnOutput(self, "ApiUrl", value=f"{self.http.api_endpoint}/api/v1", description="The API")

    def _stage(self, settings: Settings) -> http.HttpStage:
        stage = http.HttpStage(
            self,
            "stage",
            http_api=self.http,
            stage_name="$default",
            auto_deploy=True,
            detailed_metrics_enabled=True,
            throttle=http.ThrottleSettings(rate_limit=RATE, burst_limit=BURST),
        )
        log = Journal(self, "access-log", days=settings.log_days).group
        cast(http.CfnStage, stage.node.default_child).access_log_settings = http.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps({name: f"$context.{name}" for name in _LOGGED})
        )
        return stage

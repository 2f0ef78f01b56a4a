"""A queue that wakes a function."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk import manifest
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.holdings import Holdings
from cdk.constructs.task import Task

_ASIDE = "A queue's mapping has no destination: the queue itself puts a message aside that failed too often."


class Errand(Construct):
    """A message that fails is tried again alone, and after some tries its queue puts it aside."""

    def __init__(self, scope: Construct, declared: manifest.QueueSource, *, task: Task, holdings: Holdings) -> None:
        super().__init__(scope, f"{declared.queue}-errand")
        self.mapping = lambda_.CfnEventSourceMapping(
            self,
            "mapping",
            function_name=task.function.function_arn,
            event_source_arn=holdings.queues[declared.queue].queue_arn,
            batch_size=declared.batch_size,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=declared.at_once),
        )
        acknowledge(self.mapping, {"Serverless-LambdaEventSourceMappingDestination": _ASIDE})
        self.mapping.node.add_dependency(task.role)  # Lambda reads the queue with it as soon as the mapping exists

"""A stream that wakes a function."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk import manifest
from cdk.constructs.holdings import Holdings
from cdk.constructs.task import Task


class Feed(Construct):
    """A record that fails is tried again alone, a finite number of times, then told to a queue: it holds nobody up."""

    def __init__(self, scope: Construct, declared: manifest.EventSource, *, task: Task, holdings: Holdings) -> None:
        super().__init__(scope, f"{declared.stream}-feed")
        self.mapping = lambda_.CfnEventSourceMapping(
            self,
            "mapping",
            function_name=task.function.function_arn,
            event_source_arn=holdings.streams[declared.stream].stream_arn,
            starting_position="TRIM_HORIZON",
            batch_size=declared.batch_size,
            maximum_batching_window_in_seconds=declared.window_seconds,
            parallelization_factor=declared.parallel,
            maximum_retry_attempts=declared.retries,
            maximum_record_age_in_seconds=declared.max_age_seconds,
            bisect_batch_on_function_error=declared.bisect,
            function_response_types=["ReportBatchItemFailures"],
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=holdings.queues[declared.on_failure].queue_arn
                )
            ),
        )
        self.mapping.node.add_dependency(task.role)  # Lambda reads the stream with it as soon as the mapping exists

"""Existing log groups with flow logs: subscribed straight, and those of other accounts through a destination."""

from __future__ import annotations

from aws_cdk import ArnFormat, Aws, CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.config import Settings
from cdk.constructs.holdings import Holdings, allow
from cdk.constructs.task import Task

_STREAM = "log-events"
_COLONS = ArnFormat.COLON_RESOURCE_NAME


class LogGroups(Construct):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html"""

    def __init__(self, scope: Construct, name: str, *, task: Task, holdings: Holdings, settings: Settings) -> None:
        super().__init__(scope, name)
        for number, group in enumerate(settings.log_groups):
            self._subscribe(number, group, task)
        if settings.flow_log_accounts:
            self._destine(holdings, settings)

    def _subscribe(self, number: int, group: str, task: Task) -> None:
        """CloudWatch Logs may call the function for this log group and no other."""
        permission = lambda_.CfnPermission(
            self,
            f"may-{number}",
            action="lambda:InvokeFunction",
            function_name=task.function.function_arn,
            principal="logs.amazonaws.com",
            source_account=Aws.ACCOUNT_ID,
            source_arn=Stack.of(self).format_arn(
                service="logs", resource="log-group", resource_name=f"{group}:*", arn_format=_COLONS
            ),
        )
        logs.CfnSubscriptionFilter(
            self,
            f"group-{number}",
            log_group_name=group,
            filter_pattern="",
            destination_arn=task.function.function_arn,
        ).add_dependency(permission)

    def _destine(self, holdings: Holdings, settings: Settings) -> None:
        """The named accounts may subscribe their log groups to our stream; nobody has a role in them."""
        stream = holdings.streams[_STREAM]
        role = iam.Role(
            self,
            "role",
            description="CloudWatch Logs puts log events of the named accounts on our stream",
            assumed_by=iam.ServicePrincipal(
                "logs.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": [Aws.ACCOUNT_ID, *settings.flow_log_accounts]}},
            ),
        )
        role.add_to_policy(allow(("kinesis:PutRecord",), stream.stream_arn))
        role.add_to_policy(allow(("kms:GenerateDataKey",), holdings.key.key_arn))
        name = f"{settings.service}-flow-logs"
        arn = Stack.of(self).format_arn(service="logs", resource="destination", resource_name=name, arn_format=_COLONS)
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": list(settings.flow_log_accounts)},
                    "Action": "logs:PutSubscriptionFilter",
                    "Resource": arn,
                }
            ],
        }
        logs.CfnDestination(
            self,
            "destination",
            destination_name=name,
            role_arn=role.role_arn,
            target_arn=stream.stream_arn,
            destination_policy=Stack.of(self).to_json_string(policy),
        ).node.add_dependency(role)
        CfnOutput(Stack.of(self), "LogDestination", value=arn, description="Where other accounts subscribe log groups")

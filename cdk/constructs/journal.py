"""A log group that forgets in time."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.config import LOG_DAYS


class Journal(Construct):
    """Logs hold neither flows nor secrets, so they are kept for days and encrypted by CloudWatch's own key."""

    def __init__(self, scope: Construct, name: str, *, days: int, group_name: str | None = None) -> None:
        super().__init__(scope, name)
        self.group = logs.LogGroup(
            self,
            "group",
            log_group_name=group_name,
            retention=logs.RetentionDays[LOG_DAYS[days]],
            removal_policy=RemovalPolicy.DESTROY,
        )

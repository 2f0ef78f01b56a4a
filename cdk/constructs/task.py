"""One Lambda of the manifest."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk import manifest
from cdk.constructs import code
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.holdings import ARCHIVE, Holdings, allow
from cdk.constructs.journal import Journal

# What every function gets besides its own environment, read by the libraries that want it.
SHARED = {
    "POWERTOOLS_METRICS_NAMESPACE": manifest.METRICS,
    "POWERTOOLS_LOG_LEVEL": "INFO",
    # The proxy's certificate is Amazon's own; botocore carries its root, so the name is checked as well.
    "PGSSLMODE": "verify-full",
    "PGSSLROOTCERT": "/opt/python/botocore/cacert.pem",
}
_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
_RUNTIME = "Python 3.13, for which the layers are built; supported by Lambda until June 2029."
_NO_ARN = (
    "X-Ray segments, and a function's network interfaces, have no ARN to name before they exist: AWS documents both "
    "with every resource."
)
_AWAITED = (
    "Nothing invokes it asynchronously: the stream's mapping has its own queue, and the API, the state machine and the "
    "deployment wait for its answer."
)
_ACCEPTED = {
    "AwsSolutions-L1": _RUNTIME,
    "Serverless-LambdaLatestVersion": _RUNTIME,
    "Serverless-LambdaDLQ": _AWAITED,
}
_ANY_KEY = "The function writes one new object for each flow record; their keys are the records' identities."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where functions run, and what they can be given."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    group: ec2.ISecurityGroup
    holdings: Holdings
    archive_export: str  # the name under which the archive's ARN leaves its stack
    log_days: int
    service: str  # what logs and metrics carry; stages in one account are told apart by it

    def environment(self, declared: manifest.Function) -> dict[str, str]:
        given = self.holdings.environment(declared.environment)
        return {**SHARED, "POWERTOOLS_SERVICE_NAME": self.service, **given}


class Task(Construct):
    """A function with its own role and log group: it may do what the manifest says, and nothing else."""

    def __init__(self, scope: Construct, declared: manifest.Function, *, place: Place, layers: code.Layers) -> None:
        super().__init__(scope, declared.name.replace(".", "-"))
        log = Journal(self, "log", days=place.log_days)
        self.role = self._role(declared, place, log)
        inside = declared.database
        self.function = lambda_.Function(
            self,
            "function",
            description=f"FlowLens {declared.name}",
            code=code.functions(),
            handler=declared.handler,
            runtime=code.RUNTIME,
            architecture=code.ARCHITECTURE,
            layers=layers.all,
            memory_size=declared.memory,
            timeout=Duration.seconds(declared.timeout),
            reserved_concurrent_executions=declared.concurrency,
            environment=place.environment(declared),
            log_group=log.group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            role=self.role,
            vpc=place.vpc if inside else None,
            vpc_subnets=place.subnets if inside else None,
            security_groups=[place.group] if inside else None,
        )
        acknowledge(self.function, _ACCEPTED)

    def _role(self, declared: manifest.Function, place: Place, log: Journal) -> iam.Role:
        role = iam.Role(self, "role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        role.add_to_policy(allow(("logs:CreateLogStream", "logs:PutLogEvents"), log.group.log_group_arn))
        if declared.database:
            role.add_to_policy(allow(_INTERFACES, "*"))
        for statement in place.holdings.rights(reads=declared.reads, writes=declared.writes):
            role.add_to_policy(statement)
        acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": _NO_ARN})
        if ARCHIVE in declared.writes:
            acknowledge(role, {f"AwsSolutions-IAM5[Resource::{place.archive_export}/flows/*]": _ANY_KEY})
        return role

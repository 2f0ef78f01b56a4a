"""One Lambda of the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk import manifest
from cdk.constructs import code
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.holdings import ARCHIVE, KEPT, Holdings, allow
from cdk.constructs.journal import Journal
from cdk.manifest import (
    FETCHED,
    GEOGRAPHY,
    GROUPS,
    HEADS,
    LOGS,
    READ_UPLOADS,
    READERS,
    ROLES,
    UPLOADS,
    VPCS,
    Kind,
    Ref,
)

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
_ANY_UPLOAD = "Each file that somebody uploads has a key of its own, below one prefix."
_NO_ARN = (
    "X-Ray segments, and a function's network interfaces, have no ARN to name before they exist: AWS documents both "
    "with every resource."
)
_AWAITED = (
    "What is given up goes to a queue: streams' mappings and log events have one each. The API, the state machine and "
    "the deployment wait for their answers."
)
_ACCEPTED = {
    "AwsSolutions-L1": _RUNTIME,
    "Serverless-LambdaLatestVersion": _RUNTIME,
    "Serverless-LambdaDLQ": _AWAITED,
}
_ANY_LOG = "AWS names the objects: the function reads whatever flow log is delivered into these buckets."
_ANY_VPC = "VPCs are chosen by their tags, or all; only flow logs that bear this deployment's tag are made or ended."
_ANY_STREAM = "A log group's ARN ends so: its log streams, one for each interface."
_ANY_DELIVERY = "It keeps log events there that it could not read; the keys are the digests of their bytes."
_ANY_FETCHED = "Fetched logs keep the names that they have where they lie, below one prefix."
_ANY_DEAD = "It reads what was set aside; the keys are the digests of the bytes."
_ANY_DATABASE = "It reads the databases of addresses that the operator put there, under names of their own."
_ANY_HEAD = "Each signed head has a key of its own, below its tenant's; none can be removed or changed."
_ANY_ROLE = (
    "Whose logs are read is known when people set feeds up; each such role must trust us, with an id of its feed."
)
_ANY_KEY = "The function writes one new object for each flow record; their keys are the records' identities."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where functions run, and what they can be given."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    group: ec2.ISecurityGroup
    holdings: Holdings
    heads_export: str  # the same of the bucket with signed heads
    archive_export: str  # the name under which the archive's ARN leaves its stack
    log_names: tuple[str, ...]  # the same of the buckets with flow logs
    log_days: int
    service: str  # what logs and metrics carry; stages in one account are told apart by it

    def environment(self, declared: manifest.Function, called: Mapping[str, lambda_.IFunction]) -> dict[str, str]:
        given = {
            name: called[value.name].function_name
            if isinstance(value, Ref) and value.kind is Kind.FUNCTION_NAME
            else self.holdings.value(value)
            for name, value in declared.environment.items()
        }
        return {**SHARED, "POWERTOOLS_SERVICE_NAME": self.service, **given}


class Task(Construct):
    """A function with its own role and log group: it may do what the manifest says, and nothing else."""

    def __init__(
        self,
        scope: Construct,
        declared: manifest.Function,
        *,
        place: Place,
        layers: code.Layers,
        called: Mapping[str, lambda_.IFunction] | None = None,
    ) -> None:
        """`called` are the functions that it calls, by their names in the manifest."""
        super().__init__(scope, declared.name.replace(".", "-"))
        log = Journal(self, "log", days=place.log_days)
        called = called or {}
        self.role = self._role(declared, place, log)
        for name in declared.calls:
            self.role.add_to_policy(allow(("lambda:InvokeFunction",), called[name].function_arn))
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
            environment=place.environment(declared, called),
            log_group=log.group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            role=self.role,
            vpc=place.vpc if inside else None,
            vpc_subnets=place.subnets if inside else None,
            security_groups=[place.group] if inside else None,
        )
        acknowledge(self.function, _ACCEPTED)
        if declared.on_failure:
            self._bury(place.holdings.queues[declared.on_failure].queue_arn)

    def _bury(self, queue: str) -> None:
        """An event that nobody waits for is tried twice more, then told to the queue."""
        lambda_.CfnEventInvokeConfig(
            self,
            "events",
            function_name=self.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=queue)
            ),
        ).node.add_dependency(self.role)

    def _role(self, declared: manifest.Function, place: Place, log: Journal) -> iam.Role:
        name = place.holdings.role_name(declared.name) if declared.trusted else None
        role = iam.Role(self, "role", role_name=name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        role.add_to_policy(allow(("logs:CreateLogStream", "logs:PutLogEvents"), log.group.log_group_arn))
        if declared.database:
            role.add_to_policy(allow(_INTERFACES, "*"))
        for statement in place.holdings.rights(reads=declared.reads, writes=declared.writes):
            role.add_to_policy(statement)
        self._answer(role, declared, place)
        return role

    def _answer(self, role: iam.Role, declared: manifest.Function, place: Place) -> None:
        """Why some of its rights have a wildcard."""
        reads, writes, held = declared.reads, declared.writes, place.holdings
        here = "arn:<AWS::Partition>:{}:<AWS::AccountId>:{}"
        vpcs = [here.format("ec2:*", f"{kind}/*") for kind in ("vpc", "vpc-flow-log") if held.chosen_vpcs]
        streams = [here.format("logs:<AWS::Region>", f"log-group:{name}:*") for name in held.log_groups]
        wild: list[tuple[bool, list[str], str]] = [
            (True, ["*"], _NO_ARN),
            (ARCHIVE in writes, [f"{place.archive_export}/flows/*"], _ANY_KEY),
            (ARCHIVE in reads, [f"{place.archive_export}/flows/dead/*"], _ANY_DEAD),
            (GEOGRAPHY in reads, [f"{place.archive_export}/{GEOGRAPHY}/*"], _ANY_DATABASE),
            (HEADS in reads, [f"{place.heads_export}/*"], _ANY_HEAD),
            (VPCS in writes, vpcs, _ANY_VPC),
            (GROUPS in reads, streams, _ANY_STREAM),
            (UPLOADS in writes or READ_UPLOADS in writes, [f"{place.log_names[0]}/uploads/*"], _ANY_UPLOAD),
            (FETCHED in writes, [f"{place.log_names[0]}/{FETCHED}/*"], _ANY_FETCHED),
            (LOGS in writes, [f"{place.log_names[0]}/{KEPT}*"], _ANY_DELIVERY),
            (LOGS in reads, [f"{name}/*" for name in place.log_names], _ANY_LOG),
            (ROLES in reads, [f"arn:<AWS::Partition>:iam::*:role/{READERS}*"], _ANY_ROLE),
        ]
        for concerned, resources, why in wild:
            if concerned:
                acknowledge(role, {f"AwsSolutions-IAM5[Resource::{one}]": why for one in resources})

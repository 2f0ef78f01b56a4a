"""Where things run: a network with no way to the Internet, and who in it may speak to whom."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk.config import Settings
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.journal import Journal
from cdk.stacks.room import Room

POSTGRES = ec2.Port.tcp(5432)
HTTPS = ec2.Port.tcp(443)
_SERVICES = {
    "kinesis": ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS,
    "secrets": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "queues": ec2.InterfaceVpcEndpointAwsService.SQS,
    "logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "ec2": ec2.InterfaceVpcEndpointAwsService.EC2,
    "kms": ec2.InterfaceVpcEndpointAwsService.KMS,
    "lambda": ec2.InterfaceVpcEndpointAwsService.LAMBDA_,
}

_OWN_BLOCK = "The rule names the network's own block, which cdk-nag cannot read: it is known only when deployed."


class Network(Room):
    """`vpc` and `subnets` are ours or the operator's; the security groups are always ours."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings) -> None:
        super().__init__(scope, name, settings=settings)
        self.subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        self.vpc = self._operators(settings) if settings.vpc_id else self._own(settings)
        self.balancer = self._group("balancer", "the load balancer of the collectors")
        self.collectors = self._group("collectors", "the collectors")
        self.functions = self._group("functions", "functions that use the database")
        self._conversations()

    def _operators(self, settings: Settings) -> ec2.IVpc:
        """Described, not looked up, so that a synthesis needs no account."""
        return ec2.Vpc.from_vpc_attributes(
            self,
            "vpc",
            vpc_id=str(settings.vpc_id),
            vpc_cidr_block=settings.vpc_cidr,
            availability_zones=list(settings.vpc_zones),
            isolated_subnet_ids=list(settings.vpc_subnets),
        )

    def _own(self, settings: Settings) -> ec2.Vpc:
        vpc = ec2.Vpc(
            self,
            "vpc",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="private", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20)
            ],
            gateway_endpoints={
                "s3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "dynamodb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
            restrict_default_security_group=False,
        )
        vpc.add_flow_log(
            "conversations",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                Journal(self, "flow-log", days=settings.log_days).group
            ),
        )
        self._open_services(vpc)
        return vpc

    def _open_services(self, vpc: ec2.Vpc) -> None:
        group = self._group("endpoints", "the private addresses of AWS services", vpc)
        for name, service in _SERVICES.items():
            vpc.add_interface_endpoint(name, service=service, subnets=self.subnets, security_groups=[group], open=False)
        group.add_ingress_rule(ec2.Peer.ipv4(vpc.vpc_cidr_block), HTTPS, "from inside the network")
        acknowledge(group, {"AwsSolutions-EC23": _OWN_BLOCK})

    def _group(self, name: str, whom: str, vpc: ec2.IVpc | None = None) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, name, vpc=vpc or self.vpc, description=f"FlowLens: {whom}", allow_all_outbound=False
        )

    def _conversations(self) -> None:
        """HTTPS may go anywhere: without a way out of the network, the only places it reaches are AWS's endpoints."""
        for group in (self.functions, self.collectors):
            group.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "AWS services")
        inside = ec2.Peer.ipv4(self.vpc.vpc_cidr_block)
        self.functions.add_egress_rule(inside, POSTGRES, "the database's proxy")

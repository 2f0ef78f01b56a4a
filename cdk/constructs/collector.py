"""One collector: an instance that is replaced when it fails, and a spool that is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Duration, Fn, RemovalPolicy, Size, Stack, Tags
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from cdk import manifest
from cdk.config import Settings
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.holdings import Holdings, allow

_BOOT = Path(__file__).with_name("collector.sh")
_STOP_SECONDS = 120
_DRAIN_SECONDS = 100
_GIB = 1 << 30
# Only where packets are captured; the processes that listen give it up again.
_SEES_PACKETS = "AmbientCapabilities=CAP_NET_RAW\nCapabilityBoundingSet=CAP_NET_RAW"
_SPARE_GIB = 2  # of the volume, for the file system and its logs
_ROLE_TAG = "flowlens:role"
_ANY_INSTANCE = "arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*"
_TAGGED = "An instance's id is not known before it exists; the condition admits those with the collectors' tag only."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outfit:
    """What all collectors share."""

    vpc: ec2.IVpc
    group: ec2.ISecurityGroup
    holdings: Holdings
    packages: assets.Asset
    program: assets.Asset
    log: logs.ILogGroup
    settings: Settings

    def environment(self) -> Mapping[str, str]:
        """The manifest's, what depends on the machine, and the region, which its SDK does not find by itself."""
        return {
            **self.holdings.environment(manifest.COLLECTOR),
            "COLLECTOR_UNKNOWN_EXPORTERS": self.settings.unknown_exporters,
            "COLLECTOR_SPOOL_MAX_BYTES": str((self.settings.spool_gib - _SPARE_GIB) * _GIB),
            "COLLECTOR_DRAIN_SECONDS": str(_DRAIN_SECONDS),
            "COLLECTOR_CAPTURE": ",".join(self.settings.collector_capture),
            "AWS_DEFAULT_REGION": Stack.of(self.group).region,
        }


class Collector(Construct):
    """A group of exactly one instance with a volume of its own in the same zone, which the next instance takes over."""

    def __init__(self, scope: Construct, name: str, *, subnet: ec2.ISubnet, outfit: Outfit) -> None:
        super().__init__(scope, name)
        self._outfit = outfit
        self.volume = self._volume(subnet, outfit.holdings.key)
        self.role = self._role()
        self.group = autoscaling.AutoScalingGroup(
            self,
            "group",
            vpc=outfit.vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=[subnet]),
            launch_template=self._template(),
            min_capacity=1,
            max_capacity=1,
            health_checks=autoscaling.HealthChecks.with_additional_checks(
                additional_types=[autoscaling.AdditionalHealthCheckType.ELB], grace_period=Duration.minutes(5)
            ),
            # The old one goes first: it holds the volume.
            update_policy=autoscaling.UpdatePolicy.rolling_update(max_batch_size=1, min_instances_in_service=0),
        )
        Tags.of(self.group).add(_ROLE_TAG, "collector")
        acknowledge(
            self.group,
            {
                "AwsSolutions-AS3": "A group of one does not scale; an alarm counts the collectors that answer.",
                "AwsSolutions-EC28": "The load balancer asks each collector every ten seconds whether it is well.",
            },
        )

    def _volume(self, subnet: ec2.ISubnet, key: kms.IKey) -> ec2.Volume:
        return ec2.Volume(
            self,
            "spool",
            availability_zone=subnet.availability_zone,
            size=Size.gibibytes(self._outfit.settings.spool_gib),
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            encrypted=True,
            encryption_key=key,
            removal_policy=RemovalPolicy.SNAPSHOT,
        )

    def _template(self) -> ec2.LaunchTemplate:
        outfit = self._outfit
        return ec2.LaunchTemplate(
            self,
            "template",
            instance_type=ec2.InstanceType(outfit.settings.collector_type),
            machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
            role=self.role,
            security_group=outfit.group,
            require_imdsv2=True,
            http_put_response_hop_limit=1,
            user_data=ec2.UserData.custom(self._boot()),
            block_devices=[
                ec2.BlockDevice(
                    device_name="/dev/xvda",
                    volume=ec2.BlockDeviceVolume.ebs(16, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3),
                )
            ],
        )

    def _boot(self) -> str:
        outfit = self._outfit
        environment = outfit.environment()
        return Fn.sub(
            _BOOT.read_text(),
            {
                "Region": Stack.of(self).region,
                "Volume": self.volume.volume_id,
                "Bucket": outfit.program.s3_bucket_name,
                "Packages": outfit.packages.s3_object_key,
                "Program": outfit.program.s3_object_key,
                "Environment": "\n".join(f"{name}={value}" for name, value in environment.items()),
                "LogGroup": outfit.log.log_group_name,
                "Capabilities": _SEES_PACKETS if outfit.settings.collector_capture else "",
                "StopSeconds": str(_STOP_SECONDS),
                "HealthPort": environment["COLLECTOR_HEALTH_PORT"],
                "Service": outfit.settings.service,
                "Metrics": manifest.METRICS,
                "Losses": "|".join(manifest.COLLECTOR_LOSSES),
            },
        )

    def _role(self) -> iam.Role:
        outfit = self._outfit
        stack = Stack.of(self)
        role = iam.Role(self, "role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        for statement in outfit.holdings.rights(reads=manifest.COLLECTOR_READS, writes=manifest.COLLECTOR_WRITES):
            role.add_to_policy(statement)
        for asset in (outfit.packages, outfit.program):
            role.add_to_policy(allow(("s3:GetObject",), asset.bucket.arn_for_objects(asset.s3_object_key)))
        role.add_to_policy(
            allow(("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"), outfit.log.log_group_arn)
        )
        instances = stack.format_arn(service="ec2", resource="instance", resource_name="*")
        volume = stack.format_arn(service="ec2", resource="volume", resource_name=self.volume.volume_id)
        role.add_to_policy(allow(("ec2:AttachVolume",), volume))
        role.add_to_policy(
            iam.PolicyStatement(  # for the volume, which EC2 opens with our key
                actions=["kms:CreateGrant"],
                resources=[outfit.holdings.key.key_arn],
                conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["ec2:AttachVolume"],
                resources=[instances],
                conditions={"StringEquals": {f"aws:ResourceTag/{_ROLE_TAG}": "collector"}},
            )
        )
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::{_ANY_INSTANCE}]": _TAGGED})
        return role

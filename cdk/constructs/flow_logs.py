"""Flow logs of VPCs: the bucket they are delivered to, whom it hears, and who is told of each new object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.config import Settings
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.archive import exported
from cdk.log_format import FORMAT

_KEPT_DAYS = 14  # as long as a failure may wait on its queue; what is read is in the archive by then
_UNLOGGED = "A log of who read logs of flows: FlowLens alone reads it, and the archive has an access log of its own."


class FlowLogs(Construct):
    """VPCs are subscribed by id here, by tag by operations.subscribe. Other accounts deliver here by themselves."""

    def __init__(
        self, scope: Construct, name: str, *, queues: Mapping[str, sqs.Queue], key: kms.Key, settings: Settings
    ) -> None:
        super().__init__(scope, name)
        self._accounts = [Aws.ACCOUNT_ID, *settings.flow_log_accounts]
        self._existing = settings.log_buckets
        self.bucket = self._bucket(settings)
        self._hear()
        existing = [
            s3.Bucket.from_bucket_name(self, f"bucket-{n}", bucket) for n, bucket in enumerate(settings.log_buckets)
        ]
        self.buckets: Sequence[s3.IBucket] = [self.bucket, *existing]
        self._tell(queues, key, [self.bucket.bucket_name, *settings.log_buckets])
        for vpc in settings.vpc_ids:
            self._subscribe(vpc)

    @property
    def names(self) -> tuple[str, ...]:
        """What cdk-nag calls the buckets in other stacks."""
        return exported(self.bucket), *(f"arn:<AWS::Partition>:s3:::{name}" for name in self._existing)

    def _bucket(self, settings: Settings) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,  # with a key, each delivering account would need a right to it
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            event_bridge_enabled=False,  # CDK's way wants a function of its own; the resource has a property
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(_KEPT_DAYS),
                    noncurrent_version_expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=RemovalPolicy.RETAIN if settings.lasting else RemovalPolicy.DESTROY,
        )
        made = bucket.node.default_child
        if isinstance(made, s3.CfnBucket):
            made.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
            )
        acknowledge(bucket, {"AwsSolutions-S1": _UNLOGGED})
        return bucket

    def _hear(self) -> None:
        """https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html"""
        delivery = iam.ServicePrincipal("delivery.logs.amazonaws.com")
        from_us = {"aws:SourceAccount": self._accounts}
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="DeliveryWrites",
                principals=[delivery],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"AWSLogs/{account}/*") for account in self._accounts],
                conditions={"StringEquals": {**from_us, "s3:x-amz-acl": "bucket-owner-full-control"}},
            )
        )
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="DeliveryLooks",
                principals=[delivery],
                actions=["s3:GetBucketAcl"],
                resources=[self.bucket.bucket_arn],
                conditions={"StringEquals": from_us},
            )
        )

    def _tell(self, queues: Mapping[str, sqs.Queue], key: kms.Key, buckets: Sequence[str]) -> None:
        """EventBridge puts each new object on the queue; where it cannot, on the one for failures."""
        queue, failed = queues["flow-logs"], queues["flow-logs-failed"]
        rule = events.CfnRule(
            self,
            "rule",
            description="New flow logs",
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": list(buckets)}},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="queue",
                    arn=queue.queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=failed.queue_arn),
                )
            ],
        )
        courier = iam.ServicePrincipal("events.amazonaws.com")
        for told in (queue, failed):
            told.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="EventsTell",
                    principals=[courier],
                    actions=["sqs:SendMessage"],
                    resources=[told.queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
                )
            )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="EventsReachTheirQueue",
                principals=[courier],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],  # in a key's own policy: this key
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )

    def _subscribe(self, vpc: str) -> None:
        ec2.CfnFlowLog(
            self,
            vpc,
            resource_id=vpc,
            resource_type="VPC",
            traffic_type="ALL",
            log_destination_type="s3",
            log_destination=self.bucket.bucket_arn,
            log_format=FORMAT,
            max_aggregation_interval=60,
            destination_options={"FileFormat": "parquet", "HiveCompatiblePartitions": False, "PerHourPartition": False},
        ).node.add_dependency(self.bucket)

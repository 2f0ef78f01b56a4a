"""What is kept: the database, the archive, the stream, tables, queues and secrets, and the key over all of it."""

from __future__ import annotations

from aws_cdk import ArnFormat, CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk import manifest
from cdk.config import Settings
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.archive import Archive, exported
from cdk.constructs.code import Layers
from cdk.constructs.database import Database
from cdk.constructs.flow_logs import FlowLogs
from cdk.constructs.holdings import Holdings
from cdk.constructs.migration import Migration
from cdk.constructs.seal import Seal
from cdk.constructs.secret import generated
from cdk.constructs.task import Place, Task
from cdk.parts import Parts
from cdk.stacks.network import Network
from cdk.stacks.room import Room

_COLONS = ArnFormat.COLON_RESOURCE_NAME
_ACCOUNTS = ("database-owner", "database")


class Data(Room):
    """Ends with the migration, so that whoever comes after finds the tables."""

    def __init__(self, scope: Construct, name: str, *, network: Network, parts: Parts, settings: Settings) -> None:
        super().__init__(scope, name, settings=settings)
        self._settings = settings
        self._removal = RemovalPolicy.RETAIN if settings.lasting else RemovalPolicy.DESTROY
        self.key = self._key()
        self.archive = Archive(self, "archive", key=self.key, settings=settings)
        self.seal = Seal(self, "seal", access=self.archive.access, settings=settings)
        self.streams = {declared.name: self._stream(declared) for declared in manifest.STREAMS}
        self.tables = {declared.name: self._table(declared) for declared in manifest.TABLES}
        self.queues: dict[str, sqs.Queue] = {}
        for declared in sorted(
            manifest.QUEUES, key=lambda queue: queue.failed is not None
        ):  # those that others name first
            self.queues[declared.name] = self._queue(declared)
        self.flow_logs = FlowLogs(self, "logs", queues=self.queues, key=self.key, settings=settings)
        self.database = self._database(network)
        others = [declared for declared in manifest.SECRETS if declared.name not in _ACCOUNTS]
        self.secrets = {
            **self.database.secrets,
            **{declared.name: generated(self, declared, key=self.key) for declared in others},
        }
        self.place = self._place(network)
        layers = Layers(self, "layers", parts=parts)
        Migration(self, "migration", place=self.place, layers=layers, after=self.database)
        self.regain = self._regain(layers)
        self._say()

    def _regain(self, layers: Layers) -> Task:
        """Gives an account back; only whoever may invoke it by its name gets at it."""
        declared = next(function for function in manifest.FUNCTIONS if function.name == "deploy.regain")
        task = Task(self, declared, place=self.place, layers=layers)
        CfnOutput(
            self, "RegainFunction", value=task.function.function_name, description="Gives an account back: sign-in.md"
        )
        return task

    def _database(self, network: Network) -> Database:
        return Database(
            self,
            "database",
            accounts=[declared for declared in manifest.SECRETS if declared.name in _ACCOUNTS],
            vpc=network.vpc,
            subnets=network.subnets,
            clients=network.functions,
            key=self.key,
            settings=self._settings,
        )

    def _place(self, network: Network) -> Place:
        return Place(
            vpc=network.vpc,
            subnets=network.subnets,
            group=network.functions,
            log_days=self._settings.log_days,
            service=self._settings.service,
            archive_export=self.archive.export,
            heads_export=exported(self.seal.bucket),
            log_names=self.flow_logs.names,
            holdings=Holdings(
                key=self.key,
                streams=self.streams,
                tables=self.tables,
                queues=self.queues,
                secrets=self.secrets,
                archive=self.archive.bucket,
                heads=self.seal.bucket,
                signing=self.seal.keys,
                logs=self.flow_logs.buckets,
                chosen_vpcs=self._settings.chosen_vpcs,
                deployment=self._settings.service,
                choices={"quotas": " ".join(self._settings.quotas)},
                log_groups={
                    name: self.format_arn(
                        service="logs", resource="log-group", resource_name=f"{name}:*", arn_format=_COLONS
                    )
                    for name in self._settings.log_groups
                },
            ),
        )

    def _key(self) -> kms.Key:
        key = kms.Key(
            self,
            "key",
            description=f"FlowLens {self._settings.stage}: everything it keeps",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsReachTheirTopic",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],  # in a key's own policy: this key
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        return key

    def _stream(self, declared: manifest.Stream) -> kinesis.Stream:
        stream = kinesis.Stream(
            self,
            declared.name,
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            retention_period=Duration.hours(declared.retention_hours),
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=self.key,
            removal_policy=self._removal,
        )
        acknowledge(
            stream,
            {"AwsSolutions-KDS3": "Our own key says who may read; a few records a second make its requests cheap."},
        )
        return stream

    def _table(self, declared: manifest.Table) -> dynamodb.Table:
        text = dynamodb.AttributeType.STRING
        return dynamodb.Table(
            self,
            declared.name,
            partition_key=dynamodb.Attribute(name=declared.partition_key, type=text),
            sort_key=dynamodb.Attribute(name=declared.sort_key, type=text) if declared.sort_key else None,
            time_to_live_attribute=declared.expires,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self._settings.lasting,
            removal_policy=self._removal,
        )

    def _queue(self, declared: manifest.Queue) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            declared.name,
            retention_period=Duration.days(declared.retention_days),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(declared.visibility_seconds),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=declared.tries, queue=self.queues[declared.failed])
            if declared.failed
            else None,
            removal_policy=self._removal,
        )
        if declared.failed:
            return queue
        acknowledge(
            queue,
            dict.fromkeys(
                ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"),
                "It is the dead-letter queue: what lands in it was given up elsewhere, and an alarm watches it.",
            ),
        )
        return queue

    def _say(self) -> None:
        logs = self.flow_logs.bucket.bucket_arn
        CfnOutput(self, "FlowLogBucket", value=logs, description="Where to deliver VPC flow logs, as AWS asks for it")
        databases = f"s3://{self.archive.bucket.bucket_name}/{manifest.GEOGRAPHY}/"
        CfnOutput(self, "GeographyFolder", value=databases, description="Where to put databases of addresses (.mmdb)")
        heads = self.seal.bucket.bucket_name
        CfnOutput(self, "AuditHeads", value=heads, description="The bucket with signed heads of audit trails")
        token = self.secrets["admin-token"].secret_arn
        CfnOutput(self, "AdminTokenSecret", value=token, description="The first administrator's token")
        CfnOutput(
            self,
            "AdminTokenCommand",
            value=f"aws secretsmanager get-secret-value --secret-id {token} --query SecretString --output text",
            description="Prints it",
        )

"""Raw flows, as Parquet, for as long as the operator wants them."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.config import Settings

_LOG_DAYS = 90
_OVERWRITTEN = s3.LifecycleRule(noncurrent_version_expiration=Duration.days(1))


class Archive(Construct):
    """A bucket that nobody but our roles reads, over TLS only, and a second one that says who did."""

    def __init__(self, scope: Construct, name: str, *, key: kms.IKey, settings: Settings) -> None:
        super().__init__(scope, name)
        self.access = s3.Bucket(
            self,
            "access",
            encryption=s3.BucketEncryption.S3_MANAGED,  # S3 delivers access logs to no other
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[_forget(_LOG_DAYS)],
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.bucket = s3.Bucket(
            self,
            "bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=self.access,
            server_access_logs_prefix="archive/",
            lifecycle_rules=[_forget(settings.retention_days, "flows/"), _OVERWRITTEN],  # what lies beside them stays
            removal_policy=RemovalPolicy.RETAIN,
        )

    @property
    def export(self) -> str:
        """The name under which other stacks import the bucket's ARN."""
        return exported(self.bucket)


def exported(bucket: s3.Bucket) -> str:
    """The name under which other stacks import a bucket's ARN."""
    stack = Stack.of(bucket)
    imported: dict[str, str] = stack.resolve(stack.export_value(bucket.bucket_arn))
    return imported["Fn::ImportValue"]


def _forget(days: int, prefix: str | None = None) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        prefix=prefix,
        expiration=Duration.days(days),
        noncurrent_version_expiration=Duration.days(1),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )

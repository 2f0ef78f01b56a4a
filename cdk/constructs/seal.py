"""Signed heads of audit trails: the key that signs them, and the bucket where nobody can change them."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk import manifest
from cdk.config import Settings

ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"


class Seal(Construct):
    """Both outlive the stacks at every stage: what was signed must stay checkable."""

    def __init__(self, scope: Construct, name: str, *, access: s3.IBucket, settings: Settings) -> None:
        super().__init__(scope, name)
        self.keys = {declared.name: self._key(declared.name, settings) for declared in manifest.KEYS}
        self.bucket = self._bucket(access, settings)

    def _key(self, name: str, settings: Settings) -> kms.Key:
        key = kms.Key(
            self,
            name,
            description=f"FlowLens {settings.stage}: {name}",
            key_spec=kms.KeySpec.RSA_3072,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=RemovalPolicy.RETAIN,
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="SignsOneWayOnly",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["kms:Sign"],
                resources=["*"],  # in a key's own policy: this key
                conditions={"StringNotEquals": {"kms:SigningAlgorithm": ALGORITHM}},
            )
        )
        return key

    def _bucket(self, access: s3.IBucket, settings: Settings) -> s3.Bucket:
        """Hashes are no secret, and must be readable when the key over the data is gone: S3's own encryption."""
        days = Duration.days(settings.audit_lock_days)
        lock = s3.ObjectLockRetention.compliance if settings.audit_lock == "compliance" else _governance
        return s3.Bucket(
            self,
            "bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            object_lock_enabled=True,
            object_lock_default_retention=lock(days),
            server_access_logs_bucket=access,
            server_access_logs_prefix="audit-heads/",
            removal_policy=RemovalPolicy.RETAIN,
        )


def _governance(days: Duration) -> s3.ObjectLockRetention:
    return s3.ObjectLockRetention.governance(days)

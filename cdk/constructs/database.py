"""Aurora Postgres behind a proxy, and the accounts that reach it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy, SecretValue
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk import manifest
from cdk.config import Settings
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.journal import Journal
from cdk.constructs.secret import generated

NAME = "flowlens"
PORT = 5432
_OWNER = "database-owner"
_ENGINE = rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_17_7)
_PARAMETERS = {"rds.force_ssl": "1", "log_statement": "ddl"}
_PASSING = "Only a stage called prod outlives its stacks; a snapshot stays."


class Database(Construct):
    """Everyone, the owner too, goes through the proxy: one certificate, and connections shared among functions.

    A proxy needs the logins before it has an address, and a client needs the address with the login: so each account
    is a generated login, known to the proxy, and a secret of the manifest's name that adds where to connect.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        accounts: Sequence[manifest.Secret],
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        clients: ec2.ISecurityGroup,
        key: kms.IKey,
        settings: Settings,
    ) -> None:
        super().__init__(scope, name)
        self._key, self._vpc, self._subnets, self._settings = key, vpc, subnets, settings
        self._name = settings.service
        logins = {account.name: generated(self, account, key=key, name=f"{account.name}-login") for account in accounts}
        self.cluster = self._cluster(logins[_OWNER])
        log = f"/aws/rds/cluster/{self._name}/postgresql"
        self.cluster.node.add_dependency(Journal(self, "log", days=settings.log_days, group_name=log))
        self.proxy = self._proxy(list(logins.values()), clients)
        self.secrets = {account.name: self._address(account, logins[account.name]) for account in accounts}

    def _cluster(self, owner: secretsmanager.Secret) -> rds.DatabaseCluster:
        settings = self._settings
        cluster = rds.DatabaseCluster(
            self,
            "cluster",
            cluster_identifier=self._name,
            engine=_ENGINE,
            credentials=rds.Credentials.from_secret(owner),
            default_database_name=NAME,
            writer=rds.ClusterInstance.serverless_v2("writer", publicly_accessible=False),
            readers=[rds.ClusterInstance.serverless_v2("reader", publicly_accessible=False, scale_with_writer=True)],
            serverless_v2_min_capacity=settings.database_min_acu,
            serverless_v2_max_capacity=settings.database_max_acu,
            vpc=self._vpc,
            vpc_subnets=self._subnets,
            security_groups=[self._group("cluster-group", "the database")],
            parameter_group=rds.ParameterGroup(self, "parameters", engine=_ENGINE, parameters=_PARAMETERS),
            storage_encrypted=True,
            storage_encryption_key=self._key,
            iam_authentication=True,
            backup=rds.BackupProps(retention=Duration.days(settings.backup_days)),
            copy_tags_to_snapshot=True,
            cloudwatch_logs_exports=["postgresql"],
            deletion_protection=settings.lasting,
            removal_policy=RemovalPolicy.RETAIN if settings.lasting else RemovalPolicy.SNAPSHOT,
        )
        if not settings.lasting:
            acknowledge(cluster, {"AwsSolutions-RDS10": _PASSING})
        return cluster

    def _proxy(self, logins: list[secretsmanager.ISecret], clients: ec2.ISecurityGroup) -> rds.DatabaseProxy:
        log = Journal(self, "proxy-log", days=self._settings.log_days, group_name=f"/aws/rds/proxy/{self._name}")
        group = self._group("proxy-group", "the proxy of the database")
        group.add_ingress_rule(clients, ec2.Port.tcp(PORT), "functions")
        proxy = rds.DatabaseProxy(  # opens its own way to the cluster
            self,
            "proxy",
            db_proxy_name=self._name,
            proxy_target=rds.ProxyTarget.from_cluster(self.cluster),
            secrets=logins,
            client_password_auth_type=rds.ClientPasswordAuthType.POSTGRES_SCRAM_SHA_256,
            require_tls=True,
            vpc=self._vpc,
            vpc_subnets=self._subnets,
            security_groups=[group],
        )
        proxy.node.add_dependency(log)
        return proxy

    def _group(self, name: str, whom: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, name, vpc=self._vpc, description=f"FlowLens: {whom}", allow_all_outbound=False)

    def _address(self, account: manifest.Secret, login: secretsmanager.Secret) -> secretsmanager.Secret:
        """The login with the proxy's address. The password is a dynamic reference: no template ever holds it."""
        known = {**account.template, "host": self.proxy.endpoint, "port": str(PORT), "dbname": NAME}
        secret = secretsmanager.Secret(
            self,
            account.name,
            description=f"FlowLens: where and as whom to reach the database ({account.name})",
            encryption_key=self._key,
            secret_object_value={
                **{name: SecretValue.unsafe_plain_text(value) for name, value in known.items()},
                account.generate: login.secret_value_from_json(account.generate),
            },
        )
        acknowledge(secret, {"AwsSolutions-SMG4": "Follows its login; see there."})
        return secret

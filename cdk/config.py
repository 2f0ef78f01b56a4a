"""What whoever deploys may choose: one typed object, read from CDK context (`-c stage=demo`, or cdk.json)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_network
from typing import Any

# What CloudWatch Logs offers, and CDK's word for it.
LOG_DAYS = {
    7: "ONE_WEEK",
    14: "TWO_WEEKS",
    30: "ONE_MONTH",
    60: "TWO_MONTHS",
    90: "THREE_MONTHS",
    180: "SIX_MONTHS",
    365: "ONE_YEAR",
    731: "TWO_YEARS",
}
Networks = tuple[str, ...]
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


class BadSetting(ValueError):
    """A context value that FlowLens cannot be deployed with; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The defaults are a production deployment of middle size."""

    stage: str = "prod"  # several can live in one account; prod keeps its data when its stacks are deleted
    vpc_id: str | None = None  # an existing network instead of our own, with the three below
    vpc_cidr: str | None = None
    vpc_subnets: tuple[str, ...] = ()  # private ones that reach AWS, by endpoints or a gateway; one in each zone
    vpc_zones: tuple[str, ...] = ()
    domain_name: str | None = None  # of the site; needs certificate_arn
    certificate_arn: str | None = None  # in us-east-1, for CloudFront
    exporter_cidrs: Networks = _PRIVATE  # who may send to the collectors
    unknown_exporters: str = "accept"  # or hold: their flows wait for someone's approval
    collector_capture: tuple[str, ...] = ()  # interfaces of the collectors whose packets become flows too
    collectors: int = 2
    collector_type: str = "c7g.large"
    spool_gib: int = 100
    database_min_acu: float = 0.5
    database_max_acu: float = 16
    backup_days: int = 14
    retention_days: int = 30  # of the raw flows in the archive
    log_days: int = 30
    alert_email: str | None = None
    audit_lock: str = "compliance"  # or governance, which whoever has a special right can lift
    audit_lock_days: int = 365  # for which signed heads of audit trails cannot be removed
    web_acl: str = "own"  # made by us, which works in us-east-1 alone; or the ARN of one there; or none
    quotas: tuple[str, ...] = ()  # name=points: what a person, a token or a tenant may ask in a minute; or off
    flow_log_vpcs: tuple[str, ...] = ()  # existing VPCs whose flow logs we subscribe: ids, tag:key=value, or all
    flow_log_accounts: tuple[str, ...] = ()  # other accounts whose flow logs may be delivered into our bucket
    log_groups: tuple[str, ...] = ()  # existing log groups with flow logs, of this account and region
    log_buckets: tuple[str, ...] = ()  # existing buckets with flow logs, which tell EventBridge of their objects

    def __post_init__(self) -> None:
        for wrong, message in self._faults():
            if wrong:
                raise BadSetting(message)

    @property
    def lasting(self) -> bool:
        """Whether data and the things that hold it outlive the stacks."""
        return self.stage == "prod"

    @property
    def service(self) -> str:
        """What names, logs and metrics of this deployment carry."""
        return f"flowlens-{self.stage}"

    @property
    def vpc_ids(self) -> tuple[str, ...]:
        """VPCs to subscribe that are named."""
        return tuple(one for one in self.flow_log_vpcs if one.startswith("vpc-"))

    @property
    def chosen_vpcs(self) -> tuple[str, ...]:
        """VPCs to subscribe that are looked for, again and again: all, or those with a tag."""
        return tuple(one for one in self.flow_log_vpcs if not one.startswith("vpc-"))

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> Settings:
        """Our keys are plain words in camel case; CDK's own contain a colon, a slash or an at sign."""
        known = {_camel(f.name): (f.name, str(f.type)) for f in fields(cls)}
        ours = {key: value for key, value in context.items() if key.replace("_", "").isalnum()}
        if unknown := sorted(set(ours) - set(known)):
            raise BadSetting(f"no setting is called {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        given: dict[str, Any] = {}
        for key, value in ours.items():
            name, kind = known[key]
            given[name] = _read(key, kind, value)
        return cls(**given)

    def check_region(self, region: str | None) -> None:
        """The CDK command says where it deploys to; a synthesis alone goes nowhere."""
        if region not in (None, "us-east-1") and self.web_acl == "own":
            raise BadSetting(
                f"webAcl: a web ACL for CloudFront is of us-east-1, and this goes to {region}: run make shield once "
                "and give webAcl the ARN that it prints, or say webAcl=none"
            )

    def _half_a_network(self) -> bool:
        said = (self.vpc_id, self.vpc_cidr, self.vpc_subnets, self.vpc_zones)
        return any(said) and not (all(said) and len(self.vpc_subnets) == len(self.vpc_zones) >= 2)

    def _faults(self) -> list[tuple[bool, str]]:
        return [
            (not re.fullmatch(r"[a-z][a-z0-9]{0,11}", self.stage), "stage: 1 to 12 lower-case letters and digits"),
            (bool(self.domain_name) != bool(self.certificate_arn), "domainName and certificateArn: both or none"),
            (
                bool(self.certificate_arn) and ":us-east-1:" not in str(self.certificate_arn),
                "certificateArn: CloudFront wants a certificate of us-east-1",
            ),
            (bool(self.vpc_id) and not str(self.vpc_id).startswith("vpc-"), "vpcId: begins with vpc-"),
            (
                self._half_a_network(),
                "vpcId, vpcCidr, vpcSubnets and vpcZones: all or none, with two zones or more and a subnet in each",
            ),
            (not self.exporter_cidrs, "exporterCidrs: at least one network"),
            (self.unknown_exporters not in {"accept", "hold"}, "unknownExporters: accept or hold"),
            (
                not all(re.fullmatch(r"[A-Za-z0-9_.-]{1,15}", one) for one in self.collector_capture),
                "collectorCapture: names of interfaces, such as ens5",
            ),
            (not 1 <= self.collectors <= 20, "collectors: 1 to 20"),
            (
                not re.fullmatch(r"[a-z]+\d+g[a-z]*\.\w+", self.collector_type),
                "collectorType: a Graviton type (c7g.large)",
            ),
            (not 10 <= self.spool_gib <= 16_000, "spoolGib: 10 to 16000"),
            (
                not 0.5 <= self.database_min_acu <= self.database_max_acu <= 256,
                "databaseMinAcu, databaseMaxAcu: 0.5 to 256",
            ),
            (not 1 <= self.backup_days <= 35, "backupDays: 1 to 35"),
            (not 1 <= self.retention_days <= 3650, "retentionDays: 1 to 3650"),
            (self.log_days not in LOG_DAYS, f"logDays: one of {', '.join(map(str, LOG_DAYS))}"),
            (bool(self.alert_email) and "@" not in str(self.alert_email), "alertEmail: an e-mail address"),
            (
                not re.fullmatch(r"own|none|arn:[a-z-]+:wafv2:us-east-1:\d{12}:global/webacl/.+", self.web_acl),
                "webAcl: own, none, or the ARN of a global web ACL, which are of us-east-1",
            ),
            (self.audit_lock not in {"compliance", "governance"}, "auditLock: compliance or governance"),
            (not 1 <= self.audit_lock_days <= 3650, "auditLockDays: 1 to 3650"),
            (
                self.quotas != ("off",) and not all(re.fullmatch(r"[a-z-]+=\d{2,9}", one) for one in self.quotas),
                "quotas: name=points, such as tenant=12000, or off",
            ),
            *self._log_faults(),
        ]

    def _log_faults(self) -> list[tuple[bool, str]]:
        return [
            (
                not all(re.fullmatch(r"vpc-[0-9a-f]{8,17}|tag:[^=,*]+=[^,*]+|all", one) for one in self.flow_log_vpcs),
                "flowLogVpcs: ids of VPCs, tag:key=value, or all",
            ),
            (
                not all(re.fullmatch(r"\d{12}", one) for one in self.flow_log_accounts),
                "flowLogAccounts: twelve digits each",
            ),
            (
                not all(re.fullmatch(r"[A-Za-z0-9_./#-]{1,512}", one) for one in self.log_groups),
                "logGroups: names of log groups",
            ),
            (
                not all(re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", one) for one in self.log_buckets),
                "logBuckets: names of buckets",
            ),
        ]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _listed(value: object) -> list[str]:
    words = value if isinstance(value, list) else str(value).split(",")
    return [word.strip() for word in map(str, words) if word.strip()]


def _number(kind: type[int] | type[float], value: Any) -> float:
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a {'whole ' if kind is int else ''}number") from None


_READERS: Mapping[str, Callable[[Any], object]] = {
    "str": str,
    "str | None": str,
    "int": lambda value: _number(int, value),
    "float": lambda value: _number(float, value),
    "tuple[str, ...]": lambda value: tuple(_listed(value)),
    "Networks": lambda value: tuple(str(ip_network(one)) for one in _listed(value)),
}


def _read(key: str, kind: str, value: object) -> object:
    """The command line gives text, cdk.json gives JSON values."""
    try:
        return _READERS[kind](value)
    except (TypeError, ValueError) as fault:
        raise BadSetting(f"{key}: {fault}") from fault

"""The roles of the house, which every tenant begins with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flowlens.access.permissions import Permission
from flowlens.model.errors import Invalid

# The tenant of those who run the installation: it has members, roles and an audit trail as any other, and no flows.
PLATFORM = UUID("00000000-0000-7000-8000-000000000000")


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the house; `key` never changes, what it permits may with each version."""

    key: str
    name: str
    note: str
    permissions: frozenset[Permission]


_SEES = frozenset({Permission.TOPOLOGY_READ, Permission.DEPENDENCIES_READ, Permission.ASSETS_READ})
_RUNS = frozenset({Permission.SOURCES_READ, Permission.OPERATIONS_READ})
_VIEWER = _SEES | {Permission.ALERTS_READ, Permission.VIEWS_WRITE, Permission.TOKENS_WRITE}
_ANALYST = _VIEWER | _RUNS | {Permission.VIEWS_SHARE, Permission.DATA_EXPORT, Permission.ALERTS_ACKNOWLEDGE}
_OPERATOR = _ANALYST | {
    Permission.ASSETS_WRITE,
    Permission.DATA_IMPORT,
    Permission.SOURCES_WRITE,
    Permission.ALERTS_WRITE,
    Permission.DISCOVERY_READ,
    Permission.DISCOVERY_RUN,
    Permission.DISCOVERY_PROPOSE,
    Permission.CREDENTIALS_READ,
}
_CUSTODIAN = frozenset(
    {
        Permission.DISCOVERY_READ,
        Permission.DISCOVERY_APPROVE,
        Permission.CREDENTIALS_READ,
        Permission.CREDENTIALS_WRITE,
        Permission.TOKENS_WRITE,
    }
)
_ADMINISTRATOR = _OPERATOR | {
    Permission.CHANNELS_WRITE,
    Permission.USERS_READ,
    Permission.USERS_WRITE,
    Permission.ROLES_WRITE,
    Permission.PROVIDERS_WRITE,
    Permission.AUDIT_READ,
    Permission.AUDIT_VERIFY,
    Permission.RETENTION_PROPOSE,
}
_AUDITOR = _SEES | _RUNS | {Permission.USERS_READ, Permission.AUDIT_READ, Permission.AUDIT_VERIFY}
_PLATFORM = frozenset(
    {
        Permission.TENANTS_READ,
        Permission.TENANTS_WRITE,
        Permission.TENANTS_ENTER,
        Permission.USERS_READ,
        Permission.USERS_WRITE,
        Permission.AUDIT_READ,
        Permission.AUDIT_VERIFY,
        Permission.RETENTION_APPROVE,
        Permission.TOKENS_WRITE,
    }
)

VIEWER = Role("viewer", "Viewer", "Sees the map, the assets and their dependencies.", _VIEWER)
ANALYST = Role("analyst", "Analyst", "Sees everything that flows tell, exports it and acknowledges alerts.", _ANALYST)
OPERATOR = Role(
    "operator", "Operator", "Says what assets are, enrols exporters, imports and runs discovery.", _OPERATOR
)
CUSTODIAN = Role(
    "credential-custodian",
    "Credential custodian",
    "Keeps the credentials of discovery and approves targets.",
    _CUSTODIAN,
)
ADMINISTRATOR = Role(
    "administrator",
    "Administrator",
    "All that an operator may, and who may what; keeps no credentials.",
    _ADMINISTRATOR,
)
AUDITOR = Role("auditor", "Auditor", "Sees everything, the audit trail too, and changes nothing.", _AUDITOR)
MONITOR = Role("monitor", "Monitor", "Reads health and metrics: for machines that watch this one.", _RUNS)
PLATFORM_ADMINISTRATOR = Role(
    "platform-administrator", "Platform administrator", "Makes tenants, and sees nothing of what they hold.", _PLATFORM
)

OF_TENANTS: tuple[Role, ...] = (VIEWER, ANALYST, OPERATOR, CUSTODIAN, ADMINISTRATOR, AUDITOR, MONITOR)
OF_PLATFORM: tuple[Role, ...] = (PLATFORM_ADMINISTRATOR,)


def of_house(tenant: UUID) -> tuple[Role, ...]:
    """The roles that a tenant begins with."""
    return OF_PLATFORM if tenant == PLATFORM else OF_TENANTS


def possible(tenant: UUID) -> list[str]:
    """What a role of this tenant can permit."""
    return sorted(frozenset[str]().union(*(role.permissions for role in of_house(tenant))))


def check(tenant: UUID, permissions: Iterable[str]) -> list[str]:
    """Permissions as a role of this tenant keeps them; Invalid names one that it cannot have."""
    known = possible(tenant)
    wanted = sorted(set(permissions))
    unknown = [permission for permission in wanted if permission not in known]
    if unknown:
        raise Invalid(f"no role here can have {unknown[0][:80]!r}: there are {', '.join(known)}")
    return wanted

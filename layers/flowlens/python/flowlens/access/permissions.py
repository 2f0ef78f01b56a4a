"""What an actor may do, by name."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """`resource:action`; roles and tokens keep these strings, so a name never changes its meaning."""

    TOPOLOGY_READ = "topology:read"
    DEPENDENCIES_READ = "dependencies:read"
    ASSETS_READ = "assets:read"
    ASSETS_WRITE = "assets:write"  # what is said of assets, and the CIDR rules
    DATA_IMPORT = "data:import"
    DATA_EXPORT = "data:export"
    VIEWS_WRITE = "views:write"  # one's own
    VIEWS_SHARE = "views:share"
    SOURCES_READ = "sources:read"
    SOURCES_WRITE = "sources:write"  # exporters are enrolled with it
    OPERATIONS_READ = "operations:read"
    ALERTS_READ = "alerts:read"
    ALERTS_ACKNOWLEDGE = "alerts:acknowledge"
    ALERTS_WRITE = "alerts:write"
    CHANNELS_WRITE = "channels:write"  # where alerts go: webhooks and the like
    DISCOVERY_READ = "discovery:read"
    DISCOVERY_RUN = "discovery:run"
    DISCOVERY_PROPOSE = "discovery:propose"
    DISCOVERY_APPROVE = "discovery:approve"
    CREDENTIALS_READ = "credentials:read"  # that they exist; nobody reads their values
    CREDENTIALS_WRITE = "credentials:write"
    TOKENS_WRITE = "tokens:write"  # one's own
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    ROLES_WRITE = "roles:write"
    PROVIDERS_WRITE = "providers:write"  # identity providers
    AUDIT_READ = "audit:read"
    AUDIT_VERIFY = "audit:verify"
    RETENTION_PROPOSE = "retention:propose"
    RETENTION_APPROVE = "retention:approve"
    TENANTS_READ = "tenants:read"
    TENANTS_WRITE = "tenants:write"
    TENANTS_ENTER = "tenants:enter"  # by a break-glass grant that ends by itself


ALL: tuple[str, ...] = tuple(sorted(Permission))

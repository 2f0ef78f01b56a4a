"""A database made ready for this version: schema, partitions, default tenant, the application's password, a token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowlens.access import tokens as access
from flowlens.access.roles import ADMINISTRATOR, PLATFORM
from flowlens.aws.secrets import Secret
from flowlens.model.errors import Invalid
from flowlens.services import members
from flowlens.services.migrations import migrate
from flowlens.services.operations import each_tenant, establish, prepare
from flowlens.store import roles, tokens
from flowlens.store.connection import Connection, tenant_transaction

DEFAULT_TENANT = UUID("00000000-0000-7000-8000-000000000001")
_APPLICATION = "flowlens_app"


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was missing and is there now."""

    migrations: int
    partitions: int


def deploy(conn: Connection, application: Secret, token: str, now: datetime) -> Deployed:
    """As the owner. May be done again at any time: what is there stays."""
    if application["username"] != _APPLICATION:
        raise Invalid(f"the application connects as {_APPLICATION}, for row security is written for it")
    migrations = migrate(conn)
    with conn.transaction():
        roles.set_password(conn, _APPLICATION, str(application["password"]))
    partitions = prepare(conn, now)
    establish(conn, DEFAULT_TENANT, "Default")
    establish(conn, PLATFORM, "Platform")
    for tenant in each_tenant(conn):
        with tenant_transaction(conn, tenant):
            members.seed(conn, tenant)
    may = sorted(ADMINISTRATOR.permissions)
    with tenant_transaction(conn, DEFAULT_TENANT):
        tokens.record(conn, DEFAULT_TENANT, name="first administrator", digest=access.digest(token), permissions=may)
    return Deployed(migrations, partitions)


def administrator_token(secret: Secret) -> tuple[str, bool]:
    """The token in the secret, and whether it had to be made of a generated value."""
    value = str(secret["token"])
    token = access.adopt(value)
    return token, token != value

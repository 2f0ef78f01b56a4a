"""Members of a tenant, the tenants of a person, and what somebody may do where."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from flowlens.access import limits, rights, roles
from flowlens.access.rights import Rights
from flowlens.access.roles import Role
from flowlens.model.errors import Invalid, NotFound
from flowlens.services.pages import Page, cut, decode
from flowlens.store import audit, grants, members
from flowlens.store.connection import Connection, person_transaction, tenant_transaction
from flowlens.store.grants import Given
from flowlens.store.members import Held, Member, Person, Tenant

_MAX_EMAIL, _MAX_NAME = 254, 100


def email_of(text: str) -> str:
    """An address as it is kept and found: without its case. Invalid says what is none."""
    email = text.strip().lower()
    name, at, domain = email.rpartition("@")
    if not (name and at and domain) or len(email) > _MAX_EMAIL or not email.isprintable() or " " in email:
        raise Invalid("email: an address such as ada@example.com")
    return email


def name_of(text: str) -> str:
    name = text.strip()
    if len(name) > _MAX_NAME or not name.isprintable():
        raise Invalid(f"name: at most {_MAX_NAME} printable characters")
    return name


def page(conn: Connection, tenant: UUID, *, limit: int, cursor: str | None = None) -> Page[Member]:
    """In the order of their addresses."""
    key = decode(cursor, str)
    with tenant_transaction(conn, tenant) as conn:
        found = members.page(conn, tenant, limit=limit + 1, after=str(key[0]) if key else None)
    return cut(found, limit, lambda member: (member.email,))


def person(conn: Connection, *, user: UUID | None = None, email: str | None = None) -> Person | None:
    """Whoever has this id or this address (as `email_of` keeps it), in whichever tenants they are."""
    with person_transaction(conn, user=user, email=email) as conn:
        return members.person(conn, user=user, email=email)


def tenants_of(conn: Connection, user: UUID) -> list[Tenant]:
    """The tenants that a person may enter, by name."""
    with person_transaction(conn, user=user) as conn:
        return members.tenants_of(conn, user)


def is_elsewhere(conn: Connection, user: UUID, tenant: UUID) -> bool:
    """Whether another tenant relies on this person being who they are: none but they themselves changes that then."""
    with person_transaction(conn, user=user) as conn:
        return members.elsewhere(conn, user, tenant)


def rights_of(conn: Connection, tenant: UUID, user: UUID, *, waiting: bool = False) -> Rights:
    """What a person may do in a tenant at this moment; nothing when they are no member, or disabled.

    `waiting`: of one who was invited, what they may once they accept.
    """
    with tenant_transaction(conn, tenant) as conn:
        return held(conn, tenant, user, waiting=waiting)


def held(conn: Connection, tenant: UUID, user: UUID, *, waiting: bool = False) -> Rights:
    """The same, inside a transaction of the tenant."""
    return rights_from(members.rights_of(conn, tenant, user, waiting=waiting))


def rights_from(grants: Iterable[Held]) -> Rights:
    return rights.of((permissions, limits.read(kept)) for permissions, kept in grants)


def enrol(
    conn: Connection, tenant: UUID, *, email: str, name: str, role: Role, by: str, accepted: bool = False
) -> UUID:
    """A member with a role of the house, everywhere in the tenant: how a tenant gets its first administrator.

    A person whom another tenant knows stays the same person: only their own act is `accepted`. A tenant's first
    administrator keeps its credentials too, for nobody grants what they lack: they appoint a custodian, and lay it
    down. What administrators give goes through services/grants.
    """
    email, name = email_of(email), name_of(name)
    with tenant_transaction(conn, tenant) as conn, person_transaction(conn, email=email) as conn:
        known = members.person(conn, email=email)
        user = known.id if known else uuid4()
        if known is None:
            members.create_person(conn, user, email=email, name=name)
        members.join(conn, tenant, user, accepted=accepted, name=name)
        number = grants.role_of_house(conn, tenant, role.key)
        if number is None:
            raise NotFound(f"the role {role.key} in this tenant")
        grants.give(conn, tenant, Given(user, number, by, {}))
        custodian = grants.role_of_house(conn, tenant, roles.CUSTODIAN.key)
        if role is roles.ADMINISTRATOR and custodian and not grants.holders(conn, tenant, roles.CUSTODIAN.permissions):
            grants.give(conn, tenant, Given(user, custodian, by, {}))
        detail = {"email": email, "role": role.key}
        audit.record(conn, tenant, actor=by, action="members.enrol", target=f"user:{user}", detail=detail)
    return user


def seed(conn: Connection, tenant: UUID) -> None:
    """The roles of the house, as this version knows them. Inside a transaction of the tenant."""
    for role in roles.of_house(tenant):
        grants.seed_role(
            conn, tenant, key=role.key, name=role.name, note=role.note, permissions=map(str, role.permissions)
        )

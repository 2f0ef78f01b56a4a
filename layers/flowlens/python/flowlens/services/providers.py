"""Identity providers of a tenant: one transaction and one audit line per change, and what a test of one finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from flowlens.access import certificates
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.model.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from flowlens.services import audit, sealed, vouching
from flowlens.services.outside import Outside
from flowlens.services.vouching import Step, Wanted, Ways
from flowlens.store import grants
from flowlens.store import providers as store
from flowlens.store.connection import Connection, actor_transaction, door_transaction, tenant_transaction
from flowlens.store.providers import Fields, Provider

if TYPE_CHECKING:
    from flowlens.access.saml_metadata import Described

_MAX = {"name": 60, "issuer": 1024, "client_id": 300, "secret": 500}


def every(conn: Connection, actor: Actor) -> list[Provider]:
    with actor_transaction(conn, actor) as conn:
        return store.every(conn, actor.tenant)


def read(conn: Connection, actor: Actor, id: UUID) -> Provider:
    with actor_transaction(conn, actor) as conn:
        return _one(conn, actor, id)


def create(conn: Connection, actor: Actor, sealing: str, what: tuple[str, str], wanted: Wanted) -> Provider:
    """`what` is kind and issuer. Conflict when there is one of this name.

    Whoever it will vouch for may do here what they are granted.
    """
    _check_whole(actor)
    id, kind = uuid4(), what[0]
    issuer = vouching.kind(kind).issuer(_text("issuer", what[1].strip()))
    with actor_transaction(conn, actor) as conn:
        fields = _fields(conn, actor, _Subject(id, kind, None), wanted, sealing)
        if not store.create(conn, actor.tenant, id, (kind, issuer), fields):
            raise Conflict(f"there is a provider called {fields.name} already")
        detail = {"kind": kind, "issuer": issuer, **_said(fields)}
        audit.note(conn, actor, "provider.create", f"provider {id}", detail)
        return _one(conn, actor, id)


def update(conn: Connection, actor: Actor, sealing: str, based: tuple[UUID, int | None], wanted: Wanted) -> Provider:
    """`based` is the provider and the version that was read. What is disabled ends the sessions it vouched for."""
    _check_whole(actor)
    id, version = based
    with actor_transaction(conn, actor) as conn:
        before = _hold(conn, actor, id, version)
        fields = _fields(conn, actor, _Subject(id, before.kind, before.secret), wanted, sealing)
        if store.name_taken(conn, actor.tenant, id, fields.name):
            raise Conflict(f"there is a provider called {fields.name} already")
        store.update(conn, actor.tenant, id, fields)
        ended = 0 if fields.enabled else store.end_sessions(conn, actor.tenant, id)
        detail = {**_said(fields), "sessions_ended": ended, "secret_changed": wanted.secret is not None}
        audit.note(conn, actor, "provider.update", f"provider {id}", detail)
        return _one(conn, actor, id)


def delete(conn: Connection, actor: Actor, id: UUID, version: int | None) -> None:
    """Its people stay members; they sign in another way, or with a link."""
    _check_whole(actor)
    with actor_transaction(conn, actor) as conn:
        before = _hold(conn, actor, id, version)
        store.delete(conn, actor.tenant, id)
        detail = {"name": before.name, "issuer": before.issuer, "people": before.people}
        audit.note(conn, actor, "provider.delete", f"provider {id}", detail)


def describe(conn: Connection, actor: Actor, outside: Outside, *, url: str | None, xml: str | None) -> Described:
    """What SAML metadata say, of this address or these; nothing of it is kept."""
    from flowlens.access import saml_metadata  # here, because few requests need an XML parser
    from flowlens.services.vouching import saml

    _check_whole(actor)
    if (url is None) == (xml is None):
        raise Invalid("the metadata: either their address or themselves")
    found = saml.metadata(outside, url) if url is not None else saml_metadata.read((xml or "").encode())
    with actor_transaction(conn, actor) as conn:
        audit.note(conn, actor, "provider.describe", "provider", {"url": url, "issuer": found.issuer})
    return found


def ours(conn: Connection, id: UUID) -> bytes:
    """What a SAML provider wants to know of us, which is no secret; NotFound for any other."""
    from flowlens.access import saml_metadata
    from flowlens.services.vouching import saml

    with door_transaction(conn, id) as conn:
        doors = store.at_the_door(conn)
    if not doors:
        raise NotFound(f"provider {id}")
    with tenant_transaction(conn, doors[0].tenant) as conn:
        found = store.every(conn, doors[0].tenant, id=id)
    if not found or found[0].kind != "saml":
        raise NotFound(f"provider {id}")
    agreed = saml.party(found[0])
    return saml_metadata.ours(agreed.entity, agreed.receiver)


def examine(conn: Connection, actor: Actor, ways: Ways, id: UUID, redirect: str) -> list[Step]:
    """What a test finds, until it meets what is wrong; nobody is signed in."""
    provider = read(conn, actor, id)
    steps = list(vouching.kind(provider.kind).examine(ways, provider, redirect))
    with actor_transaction(conn, actor) as conn:
        audit.note(conn, actor, "provider.test", f"provider {id}", {"right": all(step.right for step in steps)})
    return steps


def _check_whole(actor: Actor) -> None:
    if not actor.rights.everywhere(Permission.PROVIDERS_WRITE):
        raise Forbidden("a provider vouches for people everywhere, and you may change providers in some places only")


@dataclass(frozen=True, slots=True)
class _Subject:
    """Of which provider fields are, and the secret that it has."""

    id: UUID
    kind: str
    secret: bytes | None


def _fields(conn: Connection, actor: Actor, of: _Subject, wanted: Wanted, sealing: str) -> Fields:
    algorithm, saml = vouching.kind(of.kind).settled(wanted)
    if wanted.role is not None:
        found = grants.roles(conn, actor.tenant, id=wanted.role)
        if not found:
            raise NotFound(f"role {wanted.role}")
        beyond = sorted(name for name in found[0].permissions if not actor.rights.everywhere(name))
        if beyond:
            raise Forbidden(f"nobody grants what they lack: you do not have {', '.join(beyond)} everywhere")
    secret = of.secret
    if wanted.secret is not None:
        text = wanted.secret and _text("secret", wanted.secret)
        secret = sealed.seal(sealing, text, belongs=vouching.belongs(of.id)) if text else None
    return Fields(
        name=_text("name", wanted.name.strip()),
        client_id=_text("client_id", wanted.client_id.strip()),
        secret=secret,
        algorithm=algorithm,
        saml=saml,
        enabled=wanted.enabled,
        shown=wanted.shown,
        role=wanted.role,
    )


def _text(name: str, text: str) -> str:
    if not 0 < len(text) <= _MAX[name] or not text.isprintable():
        raise Invalid(f"{name}: 1 to {_MAX[name]} printable characters")
    return text


def _one(conn: Connection, actor: Actor, id: UUID) -> Provider:
    found = store.every(conn, actor.tenant, id=id)
    if not found:
        raise NotFound(f"provider {id}")
    return found[0]


def _hold(conn: Connection, actor: Actor, id: UUID, version: int | None) -> Provider:
    now = store.hold(conn, actor.tenant, id)
    if now is None:
        raise NotFound(f"provider {id}")
    if version not in (None, now):
        raise Stale(now)
    return _one(conn, actor, id)


def _said(fields: Fields) -> dict[str, object]:
    """What the trail keeps of it: that there is a secret, and no more of it."""
    kept = replace(fields, secret=None)
    return {
        "name": kept.name, "client_id": kept.client_id, "algorithm": kept.algorithm, "enabled": kept.enabled,
        "shown": kept.shown, "role": kept.role, "has_secret": fields.secret is not None,
        **({"saml": _told(kept.saml)} if kept.saml is not None else {}),
    }  # fmt: skip


def _told(saml: Mapping[str, Any]) -> dict[str, Any]:
    """Certificates by what people compare."""
    pinned = [certificates.pin(certificates.read(one)).sha256 for one in saml["certificates"]]
    return {**saml, "certificates": pinned}

"""Identity providers of the tenant."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Response
from flowlens.access import certificates
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import providers as service
from flowlens.services.vouching import Wanted

from functions.api.answers import expected, strong
from functions.api.deps import Conn, Landing, OnTheWay, may
from functions.api.shapes.providers import Examination, NewProvider, Provider, Providers, ProviderText
from functions.api.shapes.saml import Certificate, MetadataAsked, MetadataFound

router = APIRouter(prefix="/identity-providers", tags=["Members"])
Reader = Annotated[Actor, may(Permission.USERS_READ)]
Tester = Annotated[Actor, may(Permission.USERS_READ, Permission.PROVIDERS_WRITE)]
Writer = Annotated[Actor, may(Permission.USERS_READ, Permission.PROVIDERS_WRITE, fresh=True)]
ProviderId = Annotated[UUID, Path()]
IfMatch = Annotated[str | None, Header(max_length=200, description="the ETag that the change is based on: required")]


def _wanted(said: ProviderText) -> Wanted:
    return Wanted(
        name=said.name,
        client_id=said.client_id,
        secret=said.secret.get_secret_value() if said.secret is not None else None,
        algorithm=said.algorithm,
        enabled=said.enabled,
        shown=said.shown,
        role=said.role_id,
        saml=said.saml.model_dump() if said.saml is not None else None,
    )


@router.get("", response_model=Providers)
def list_providers(conn: Conn, reader: Reader) -> object:
    """All of the tenant's, by name."""
    return {"items": [Provider.of(one) for one in service.every(conn, reader)]}


@router.post("", response_model=Provider, status_code=201)
def create_provider(said: NewProvider, response: Response, conn: Conn, writer: Writer, ways: OnTheWay) -> object:
    """Lets people sign in at an identity provider. What it vouches for counts in this tenant alone."""
    made = service.create(conn, writer, ways.sealing, (said.kind, said.issuer), _wanted(said))
    response.headers["location"] = f"/api/v1/identity-providers/{made.id}"
    response.headers["etag"] = strong(made.version)
    return Provider.of(made)


@router.post("/metadata", response_model=MetadataFound)
def read_provider_metadata(asked: MetadataAsked, conn: Conn, tester: Tester, ways: OnTheWay) -> object:
    """What the metadata of a SAML provider say, for a form to show; nothing of it is kept."""
    found = service.describe(conn, tester, ways.outside, url=asked.url, xml=asked.xml)
    pins = [Certificate.of(certificates.written(one)) for one in found.certificates]
    return {"issuer": found.issuer, "sign_on": found.sign_on, "certificates": pins}


@router.get("/{provider_id}", response_model=Provider)
def read_provider(provider_id: ProviderId, response: Response, conn: Conn, reader: Reader) -> object:
    """One provider."""
    found = service.read(conn, reader, provider_id)
    response.headers["etag"] = strong(found.version)
    return Provider.of(found)


@router.patch("/{provider_id}", response_model=Provider)
def update_provider(
    provider_id: ProviderId,
    said: ProviderText,
    response: Response,
    conn: Conn,
    writer: Writer,
    ways: OnTheWay,
    if_match: IfMatch = None,
) -> object:
    """Says anew what holds of it; all but its kind and issuer."""
    made = service.update(conn, writer, ways.sealing, (provider_id, expected(if_match)), _wanted(said))
    response.headers["etag"] = strong(made.version)
    return Provider.of(made)


@router.delete("/{provider_id}", status_code=204)
def delete_provider(provider_id: ProviderId, conn: Conn, writer: Writer, if_match: IfMatch = None) -> None:
    """Ends the sessions that it vouched for. Its people stay members."""
    service.delete(conn, writer, provider_id, expected(if_match))


@router.post("/{provider_id}/test", response_model=Examination)
def test_provider(provider_id: ProviderId, conn: Conn, tester: Tester, ways: OnTheWay, landing: Landing) -> object:
    """Asks the provider for what it says of itself, and whether it knows us; nobody is signed in."""
    steps = service.examine(conn, tester, ways, provider_id, landing)
    return {"right": all(step.right for step in steps), "steps": steps}

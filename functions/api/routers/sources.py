"""Flow sources."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import sources as service
from flowlens.store.sources import Fields

from functions.api.answers import expected, strong
from functions.api.deps import Conn, may
from functions.api.settings import settings
from functions.api.shapes.fields import SmallId
from functions.api.shapes.sources import NewSource, Source, SourceFilter, SourceNames, SourcePage, SourcePatch

router = APIRouter(prefix="/sources", tags=["Flow sources"])
Reader = Annotated[Actor, may(Permission.SOURCES_READ)]
Writer = Annotated[Actor, may(Permission.SOURCES_WRITE)]
SourceId = Annotated[SmallId, Path()]
IfMatch = Annotated[str | None, Header(max_length=200, description="the ETag that the change is based on: required")]


def register() -> service.Register:
    """Where collectors learn what was decided about exporters."""
    from flowlens.services.collectors import Collectors  # here, because only those who write need DynamoDB's client

    return Collectors(settings().flow_sources_table)


Register = Annotated[service.Register, Depends(register)]


def _fields(said: NewSource | SourcePatch) -> Fields:
    return Fields(name=said.name, note=said.note, space=said.address_space_id, state=said.state)


@router.get("", response_model=SourcePage)
def list_sources(which: Annotated[SourceFilter, Query()], conn: Conn, reader: Reader) -> object:
    """Every exporter that was seen or is expected, with its status and its losses by name."""
    return service.page(conn, reader, **which.model_dump())


@router.post("", response_model=Source, status_code=201)
def create_source(new: NewSource, response: Response, conn: Conn, writer: Writer, collectors: Register) -> object:
    """Announces an exporter before its first datagram, so that it is named, placed and accepted from the start."""
    made = service.create(conn, writer, collectors, str(new.exporter), _fields(new))
    response.headers["location"] = f"/api/v1/sources/{made.id}"
    response.headers["etag"] = strong(made.version)
    return made


@router.get("/{source_id}", response_model=Source)
def read_source(source_id: SourceId, response: Response, conn: Conn, reader: Reader) -> object:
    """One exporter."""
    found = service.read(conn, reader, source_id)
    response.headers["etag"] = strong(found.version)
    return found


@router.get("/{source_id}/names", response_model=SourceNames)
def list_source_names(source_id: SourceId, conn: Conn, reader: Reader) -> object:
    """What an exporter calls its interfaces, routing instances, applications and hosts; the first thousand."""
    return {"items": service.names(conn, reader, source_id, limit=1000)}


@router.patch("/{source_id}", response_model=Source)
def update_source(
    source_id: SourceId,
    patch: SourcePatch,
    response: Response,
    conn: Conn,
    writer: Writer,
    collectors: Register,
    if_match: IfMatch = None,
) -> object:
    """Names, places, accepts, holds or refuses an exporter.

    Another address space concerns flows that arrive from then on; what was counted before stays where it was counted.
    Collectors follow a new state within seconds.
    """
    based = service.Based(source_id, expected(if_match))
    changed = service.update(conn, writer, collectors, based, _fields(patch))
    response.headers["etag"] = strong(changed.version)
    return changed


@router.delete("/{source_id}", status_code=204)
def delete_source(
    source_id: SourceId, conn: Conn, writer: Writer, collectors: Register, if_match: IfMatch = None
) -> None:
    """Forgets an exporter and its counters. Flows that were counted stay; if it sends again, it is unknown again."""
    service.delete(conn, writer, collectors, service.Based(source_id, expected(if_match)))

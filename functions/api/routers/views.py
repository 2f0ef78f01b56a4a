"""Saved views of the map and dashboards."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.model.errors import Invalid
from flowlens.services import views as service
from flowlens.store.views import Fields, State

from functions.api.answers import expected, strong
from functions.api.deps import Conn, may
from functions.api.shapes.fields import SmallId
from functions.api.shapes.views import Audiences, NewView, View, ViewFilter, ViewPage, ViewPatch

router = APIRouter(prefix="/views", tags=["Views"])
Reader = Annotated[Actor, may(Permission.TOPOLOGY_READ)]
Writer = Annotated[Actor, may(Permission.TOPOLOGY_READ, Permission.VIEWS_WRITE)]
ViewId = Annotated[SmallId, Path()]
IfMatch = Annotated[str | None, Header(max_length=200, description="the ETag that the change is based on: required")]


@router.get("", response_model=ViewPage)
def list_views(which: Annotated[ViewFilter, Query()], conn: Conn, reader: Reader) -> object:
    """Your views and dashboards, and those that are shared with you."""
    return service.page(conn, reader, **which.model_dump())


@router.post("", response_model=View, status_code=201)
def create_view(new: NewView, response: Response, conn: Conn, writer: Writer) -> object:
    """Keeps a view by name; what was exported of one can be sent as it is."""
    kind = "map" if new.map is not None else "dashboard"
    fields = Fields(name=new.name, note=new.note, audience=new.audience, state=_state(new))
    made = service.create(conn, writer, kind, fields)
    response.headers["location"] = f"/api/v1/views/{made.listed.id}"
    return _tagged(response, made)


@router.get("/audiences", response_model=Audiences)
def list_audiences(conn: Conn, reader: Reader) -> object:
    """Whom a view can be shown to: everyone, and each role."""
    return {"items": service.audiences(conn, reader)}


@router.get("/{view_id}", response_model=View)
def read_view(view_id: ViewId, response: Response, conn: Conn, reader: Reader) -> object:
    """One view, with what it names and is gone."""
    return _tagged(response, service.read(conn, reader, view_id))


@router.patch("/{view_id}", response_model=View)
def update_view(
    view_id: ViewId, patch: ViewPatch, response: Response, conn: Conn, writer: Writer, if_match: IfMatch = None
) -> object:
    """Renames a view, shares it, or keeps another state. Of another's view it needs `views:share`."""
    fields = Fields(name=patch.name, note=patch.note, audience=patch.audience, state=_state(patch))
    kind = "map" if patch.map is not None else "dashboard" if patch.dashboard is not None else None
    if patch.map is not None and patch.dashboard is not None:
        raise Invalid("give either map or dashboard")
    return _tagged(response, service.update(conn, writer, service.Based(view_id, expected(if_match)), fields, kind))


@router.delete("/{view_id}", status_code=204)
def delete_view(view_id: ViewId, conn: Conn, writer: Writer, if_match: IfMatch = None) -> None:
    """Forgets a view."""
    service.delete(conn, writer, service.Based(view_id, expected(if_match)))


def _state(said: NewView | ViewPatch) -> State | None:
    state = said.map or said.dashboard
    return None if state is None else state.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _tagged(response: Response, found: service.Read) -> dict[str, object]:
    response.headers["etag"] = strong(found.listed.version)
    states = {kind: found.state if found.listed.kind == kind else None for kind in ("map", "dashboard")}
    return {**asdict(found.listed), **states, "gone": found.gone}

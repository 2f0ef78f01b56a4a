"""Assets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import assets as service
from flowlens.services import dependencies, descriptions, sightings

from functions.api.answers import expected, strong
from functions.api.deps import Conn, may
from functions.api.shapes.assets import AssetDetail, AssetFilter, AssetHistory, AssetPage, AssetPatch
from functions.api.shapes.dependencies import AssetDependencyFilter, DependencyPage
from functions.api.shapes.fields import BigId
from functions.api.shapes.sightings import Sightings

router = APIRouter(prefix="/assets", tags=["Assets"])
Reader = Annotated[Actor, may(Permission.ASSETS_READ)]
Writer = Annotated[Actor, may(Permission.ASSETS_READ, Permission.ASSETS_WRITE)]
DependencyReader = Annotated[Actor, may(Permission.ASSETS_READ, Permission.DEPENDENCIES_READ)]
AssetId = Annotated[BigId, Path()]
IfMatch = Annotated[str | None, Header(max_length=200, description="the ETag that the change is based on: required")]


@router.get("", response_model=AssetPage)
def list_assets(which: Annotated[AssetFilter, Query()], conn: Conn, reader: Reader) -> object:
    """Every address that was an end of a flow."""
    return service.page(conn, reader, **which.model_dump())


@router.get("/{asset_id}", response_model=AssetDetail)
def read_asset(asset_id: AssetId, response: Response, conn: Conn, reader: Reader) -> object:
    """One asset, why it is classified as it is, and how much lies upstream and downstream of it."""
    return _tagged(response, service.read(conn, reader, asset_id))


@router.patch("/{asset_id}", response_model=AssetDetail)
def describe_asset(
    asset_id: AssetId, patch: AssetPatch, response: Response, conn: Conn, writer: Writer, if_match: IfMatch = None
) -> object:
    """Names an asset and says what it is; that goes before any CIDR rule. What was said before stays in its history."""
    said = descriptions.Patch(name=patch.name, note=patch.note, attributes=patch.attributes)
    descriptions.describe(conn, writer, asset_id, expected(if_match), said)
    return _tagged(response, service.read(conn, writer, asset_id))


@router.get("/{asset_id}/history", response_model=AssetHistory)
def read_asset_history(asset_id: AssetId, conn: Conn, reader: Reader) -> object:
    """Who said what of an asset, and when."""
    return {"items": descriptions.history(conn, reader, asset_id)}


@router.get("/{asset_id}/sightings", response_model=Sightings)
def list_asset_sightings(asset_id: AssetId, conn: Conn, reader: Reader) -> object:
    """What logs and captures say of an asset's address: names, instances, services."""
    return {"items": sightings.of_asset(conn, reader, asset_id)}


def _tagged(response: Response, found: service.Described) -> service.Described:
    response.headers["etag"] = strong(found.version)
    return found


@router.get("/{asset_id}/dependencies", response_model=DependencyPage)
def list_asset_dependencies(
    asset_id: AssetId, which: Annotated[AssetDependencyFilter, Query()], conn: Conn, reader: DependencyReader
) -> object:
    """What one asset depends on, and what depends on it."""
    return dependencies.page_of_asset(conn, reader, asset_id, **which.model_dump())

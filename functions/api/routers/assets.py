"""Assets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import assets as service
from flowlens.services import dependencies

from functions.api.deps import Conn, may
from functions.api.shapes.assets import AssetDetail, AssetFilter, AssetPage
from functions.api.shapes.dependencies import AssetDependencyFilter, DependencyPage
from functions.api.shapes.fields import BigId

router = APIRouter(prefix="/assets", tags=["Assets"])
Reader = Annotated[Actor, may(Permission.ASSETS_READ)]
DependencyReader = Annotated[Actor, may(Permission.ASSETS_READ, Permission.DEPENDENCIES_READ)]
AssetId = Annotated[BigId, Path()]


@router.get("", response_model=AssetPage)
def list_assets(which: Annotated[AssetFilter, Query()], conn: Conn, reader: Reader) -> object:
    """Every address that was an end of a flow."""
    return service.page(conn, reader, **which.model_dump())


@router.get("/{asset_id}", response_model=AssetDetail)
def read_asset(asset_id: AssetId, conn: Conn, reader: Reader) -> object:
    """One asset, and how much lies upstream and downstream of it."""
    return service.read(conn, reader, asset_id)


@router.get("/{asset_id}/dependencies", response_model=DependencyPage)
def list_asset_dependencies(
    asset_id: AssetId, which: Annotated[AssetDependencyFilter, Query()], conn: Conn, reader: DependencyReader
) -> object:
    """What one asset depends on, and what depends on it."""
    return dependencies.page_of_asset(conn, reader, asset_id, **which.model_dump())

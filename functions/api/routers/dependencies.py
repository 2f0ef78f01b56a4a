"""Dependencies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import dependencies as service
from flowlens.services import sightings

from functions.api.deps import Conn, may
from functions.api.shapes.dependencies import DependencyDetail, DependencyFilter, DependencyPage, Volumes, VolumeWindow
from functions.api.shapes.fields import BigId
from functions.api.shapes.sightings import Sightings

router = APIRouter(prefix="/dependencies", tags=["Dependencies"])
Reader = Annotated[Actor, may(Permission.DEPENDENCIES_READ)]
DependencyId = Annotated[BigId, Path()]


@router.get("", response_model=DependencyPage)
def list_dependencies(which: Annotated[DependencyFilter, Query()], conn: Conn, reader: Reader) -> object:
    """Who uses what, the newest first."""
    return service.page(conn, reader, **which.model_dump())


@router.get("/{dependency_id}", response_model=DependencyDetail)
def read_dependency(dependency_id: DependencyId, conn: Conn, reader: Reader) -> object:
    """One dependency with its evidence, when it was valid, and which sources saw it."""
    return service.read(conn, reader, dependency_id)


@router.get("/{dependency_id}/sightings", response_model=Sightings)
def list_dependency_sightings(dependency_id: DependencyId, conn: Conn, reader: Reader) -> object:
    """What logs and captures say of a dependency: the way its packets take, what stood between, names asked for."""
    return {"items": sightings.of_dependency(conn, reader, dependency_id)}


@router.get("/{dependency_id}/volumes", response_model=Volumes)
def read_volumes(
    dependency_id: DependencyId, window: Annotated[VolumeWindow, Query()], conn: Conn, reader: Reader
) -> object:
    """How much one dependency carried, per minute or hour."""
    asked = service.Window.of(step=window.step.value, start=window.from_, end=window.to, now=datetime.now(UTC))
    return service.volumes(conn, reader, dependency_id, asked)

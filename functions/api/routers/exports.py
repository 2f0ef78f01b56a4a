"""Exports of any size, as parts that follow one another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import exports as service
from flowlens.services import map_files

from functions.api.deps import Conn, may
from functions.api.shapes.exports import AssetExport, DependencyExport, Export, MapExport, RuleExport

router = APIRouter(prefix="/exports", tags=["Exports"])
AssetReader = Annotated[Actor, may(Permission.ASSETS_READ, Permission.DATA_EXPORT)]
DependencyReader = Annotated[Actor, may(Permission.DEPENDENCIES_READ, Permission.DATA_EXPORT)]
MapReader = Annotated[Actor, may(Permission.TOPOLOGY_READ, Permission.DEPENDENCIES_READ, Permission.DATA_EXPORT)]
_TYPES = {service.CSV: "text/csv; charset=utf-8", service.LINES: "application/x-ndjson"}
_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "address,name\r\n10.1.2.3,billing-db-1\r\n"},
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"address":"10.1.2.3","name":"billing-db-1"}\n',
            },
        },
        "headers": {
            "x-next-cursor": {
                "description": "the cursor of the part that follows; absent after the last one",
                "schema": {"type": "string"},
            }
        },
    }
}

_MAP_TYPES = {
    map_files.CSV: "text/csv; charset=utf-8",
    map_files.JSON: "application/json",
    map_files.GRAPHML: "application/graphml+xml",
}
_ROWS = {"schema": {"type": "integer"}}
_MAP_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "client,server,port\r\n10.1.2.3,10.2.0.1,443\r\n"},
            "application/json": {  # of several parts none is a value by itself
                "schema": {"description": "an object, once all parts are joined"},
                "example": {"about": {"group": "network"}, "links": [], "nodes": []},
            },
            "application/graphml+xml": {
                "schema": {"type": "string"},
                "example": '<edge source="10.1.0.0/16@1" target="internet@1"></edge>\n',
            },
        },
        "headers": {
            "x-next-cursor": {
                "description": "the cursor of the part that follows; absent after the last one",
                "schema": {"type": "string"},
            },
            "x-rows-done": {"description": "links and nodes up to the end of this part", **_ROWS},
            "x-rows-total": {"description": "links and nodes of the whole file", **_ROWS},
        },
    }
}


@router.get("/map", response_class=Response, responses=_MAP_ANSWERS)
def export_map(which: Annotated[MapExport, Query()], conn: Conn, reader: MapReader) -> Response:
    """Every link of a view of the map, then every node, in parts that joined are one file.

    Later parts are of the time of the first one; where rules changed meanwhile they are refused.
    """
    view = which.asked(datetime.now(UTC))
    part = map_files.part(conn, reader, view, form=which.form, cursor=which.cursor)
    headers = {
        "content-disposition": f'attachment; filename="map.{which.form}"',
        "x-rows-done": str(part.done),
        "x-rows-total": str(part.total),
    }
    if part.next_cursor is not None:
        headers["x-next-cursor"] = part.next_cursor
    return Response(part.body, media_type=_MAP_TYPES[which.form], headers=headers)


@router.get("/assets", response_class=Response, responses=_ANSWERS)
def export_assets(which: Annotated[AssetExport, Query()], conn: Conn, reader: AssetReader) -> Response:
    """What people said of each asset, 20,000 a part; the file imports again unchanged."""
    part = service.assets_file(conn, reader, form=which.form, cursor=which.cursor, effective=which.effective)
    return _answer("assets", which, part)


@router.get("/classification-rules", response_class=Response, responses=_ANSWERS)
def export_classification_rules(which: Annotated[RuleExport, Query()], conn: Conn, reader: AssetReader) -> Response:
    """All CIDR rules; the file imports again unchanged."""
    return _answer("classification-rules", which, service.rules_file(conn, reader, form=which.form))


@router.get("/dependencies", response_class=Response, responses=_ANSWERS)
def export_dependencies(which: Annotated[DependencyExport, Query()], conn: Conn, reader: DependencyReader) -> Response:
    """Dependencies with what they carried in all, 20,000 a part, the newest first."""
    return _answer(
        "dependencies", which, service.dependencies_file(conn, reader, form=which.form, cursor=which.cursor, q=which.q)
    )


def _answer(name: str, which: Export, part: service.Part) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.{which.form}"'}
    if part.next_cursor is not None:
        headers["x-next-cursor"] = part.next_cursor
    return Response(part.body, media_type=_TYPES[which.form], headers=headers)

"""Exports of any size, as parts that follow one another."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import exports as service

from functions.api.deps import Conn, may
from functions.api.shapes.exports import AssetExport, DependencyExport, Export, RuleExport

router = APIRouter(prefix="/exports", tags=["Exports"])
AssetReader = Annotated[Actor, may(Permission.ASSETS_READ, Permission.DATA_EXPORT)]
DependencyReader = Annotated[Actor, may(Permission.DEPENDENCIES_READ, Permission.DATA_EXPORT)]
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

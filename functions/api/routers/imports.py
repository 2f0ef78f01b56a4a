"""Imports of assets and CIDR rules: a file in parts, a preview, and all of it at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.assets.attributes import check
from flowlens.services import imports as service

from functions.api.deps import Conn, may
from functions.api.shapes.fields import SmallId
from functions.api.shapes.imports import (
    Import,
    ImportList,
    ImportPreview,
    ImportSettings,
    ImportUndo,
    ImportWish,
    NewImport,
    SelectedAssets,
)

router = APIRouter(prefix="/imports", tags=["Imports"])
Reader = Annotated[Actor, may(Permission.ASSETS_READ)]
Importer = Annotated[Actor, may(Permission.ASSETS_WRITE, Permission.DATA_IMPORT)]
ImportId = Annotated[SmallId, Path()]
Part = Annotated[int, Path(ge=1, le=service.MAX_PARTS)]
_FILE = {
    "requestBody": {
        "required": True,
        "description": "at most 3 MB",
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"},
                "example": "address,name,owner\r\n10.1.2.3,billing-db-1,Billing\r\n",
            }
        },
    }
}


async def _content(request: Request) -> bytes:
    """Whatever the caller calls it: a browser says of a CSV what the machine's registry says."""
    return await request.body()


Content = Annotated[bytes, Depends(_content)]


@router.get("", response_model=ImportList)
def list_imports(conn: Conn, reader: Reader) -> object:
    """Who imported what, and whether it was undone."""
    return {"items": service.every(conn, reader)}


@router.post("", response_model=Import, status_code=201)
def create_import(new: NewImport, conn: Conn, importer: Importer) -> object:
    """Then send the file's parts, look at the preview, and apply it. What is not applied is forgotten after a day."""
    return service.begin(conn, importer, kind=new.kind, name=new.name)


@router.post("/selection", response_model=Import, status_code=201)
def change_selected_assets(selected: SelectedAssets, conn: Conn, importer: Importer) -> object:
    """Says the same of several assets at once; it can be undone as an import can."""
    said = {name: None if value is None else check({name: value})[name] for name, value in selected.attributes.items()}
    check(dict.fromkeys(said, "x"))
    return service.change_selected(conn, importer, selected.ids, said)


@router.put("/{import_id}/parts/{part}", status_code=204, openapi_extra=_FILE)
def put_import_part(import_id: ImportId, part: Part, content: Content, conn: Conn, importer: Importer) -> None:
    """A part of the file, counted from 1: CSV with a header, a JSON list of objects, or a JSON object a line."""
    service.put(conn, importer, import_id, part, content)


@router.post("/{import_id}/preview", response_model=ImportPreview)
def preview_import(import_id: ImportId, settings: ImportSettings, conn: Conn, importer: Importer) -> object:
    """What would change, and what is wrong, by row. Nothing is written."""
    return service.preview(conn, importer, import_id, settings.columns, clear=settings.clear)


@router.post("/{import_id}/apply", response_model=Import)
def apply_import(import_id: ImportId, wish: ImportWish, conn: Conn, importer: Importer) -> object:
    """All that was previewed, or nothing."""
    return service.apply(conn, importer, import_id, service.Wish(**wish.model_dump()))


@router.post("/{import_id}/undo", response_model=Import)
def undo_import(import_id: ImportId, how: ImportUndo, conn: Conn, importer: Importer) -> object:
    """Says again what was said before, of all that nobody changed since."""
    return service.undo(conn, importer, import_id, keep_changed=how.keep_changed)

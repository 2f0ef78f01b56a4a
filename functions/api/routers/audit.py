"""The audit trail."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.aws import archive
from flowlens.services import audit as service
from flowlens.services import heads
from flowlens.store.audit import Wanted

from functions.api.deps import Conn, may
from functions.api.settings import settings
from functions.api.shapes.audit import AuditCheck, AuditExport, AuditFilter, AuditPage, AuditSigning

router = APIRouter(prefix="/audit", tags=["Audit"])
Reader = Annotated[Actor, may(Permission.AUDIT_READ)]
Verifier = Annotated[Actor, may(Permission.AUDIT_VERIFY)]
_LINES = "application/x-ndjson"
_HEADS = '{"head": {"number": 1, "hash": "5f70bf18…", …}, "signature": "kR0r…"}\n'
_EXAMPLE = '{"trail": {…}}\n{"event": {…}, "hash": "5f70bf18…"}\n{"head": {"number": 1, "hash": "5f70bf18…"}}\n'


@router.get("", response_model=AuditPage)
def list_audit_events(which: Annotated[AuditFilter, Query()], conn: Conn, reader: Reader) -> object:
    """Who did what, and who tried what they may not."""
    wanted = Wanted(actor=which.actor, action=which.action, part=which.q, start=which.from_, end=which.to)
    return service.page(conn, reader, wanted, limit=which.limit, cursor=which.cursor)


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"content": {_LINES: {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
)
def export_audit_events(which: Annotated[AuditExport, Query()], conn: Conn, reader: Reader) -> Response:
    """At most 5,000 events, a line each, as `flowlens audit verify` reads them; the export is itself an event."""
    body = service.export(conn, reader, after=which.after)
    name = f'attachment; filename="audit-trail-{which.after}.jsonl"'
    return Response(body, media_type=_LINES, headers={"content-disposition": name})


@router.get("/check", response_model=AuditCheck)
def check_audit_trail(conn: Conn, verifier: Verifier) -> object:
    """Goes along the whole chain and says where it is broken, if it is."""
    return service.verify(conn, verifier)


@router.get("/signing", response_model=AuditSigning)
def read_audit_signing(conn: Conn, verifier: Verifier) -> object:
    """How far the trail is signed, and with which key."""
    return heads.standing(conn, verifier, settings().signing_key)


@router.get(
    "/heads",
    response_class=Response,
    responses={200: {"content": {_LINES: {"schema": {"type": "string"}, "example": _HEADS}}}},
)
def export_audit_heads(conn: Conn, reader: Reader) -> Response:
    """The 100 newest signed heads, a line each, for `flowlens audit verify --heads`: take them before the trail."""
    body = heads.export(conn, reader, archive.at(settings().heads_url))
    return Response(
        body, media_type=_LINES, headers={"content-disposition": 'attachment; filename="audit-heads.jsonl"'}
    )

"""The audit trail."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Instant, Line, Out, Paged, Search, Time

_EVENT: JsonDict = {
    "number": 4711,
    "at": "2026-11-23T10:04:12.123456Z",
    "actor": "ada@example.com",
    "action": "source.update",
    "target": "source 7",
    "name": "edge-router",
    "named": "rack 4",
    "detail": {"name": "rack 4", "state": "accepted"},
    "hash": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
}


class AuditFilter(Paged):
    """Which events; what is absent asks for any."""

    actor: Search | None = Field(default=None, description="part of who did it")
    action: Annotated[Line, Field(min_length=1, max_length=60)] | None = Field(
        default=None, description="how the action begins: `source.`, `denied`"
    )
    q: Search | None = Field(default=None, description="part of anything in the event")
    from_: Instant | None = Field(default=None, alias="from")
    to: Instant | None = None


class AuditEvent(Out):
    """Who did what, when. `hash` is over the event and the hash of the one before."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EVENT]})

    number: int = Field(description="without gaps in a tenant")
    at: Time
    actor: str
    action: str
    target: str
    name: str | None = Field(description="what the target is called now; null when it is gone, or has no name")
    named: str | None = Field(description="what it was called then, where the event says so")
    detail: dict[str, JsonValue]
    hash: str


class AuditPage(Out):
    """Events, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EVENT], "next_cursor": "WzQ3MTFd"}]})

    items: list[AuditEvent]
    next_cursor: str | None = Field(description="absent (null) on the last page")


class AuditExport(In):
    """From where on."""

    after: int = Field(default=0, ge=0, le=2**63 - 1, description="the number of the last event that you have")


class AuditCheck(Out):
    """What a check of the whole chain found."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"events": 4710, "head": _EVENT["hash"], "anchored": 4700, "fault": "event 4711 is missing"}]
        }
    )

    events: int = Field(description="how many were found whole")
    head: str = Field(description="the hash of the last event")
    anchored: int = Field(description="the last event whose hash was signed and put where nobody can change it")
    fault: str | None = Field(description="the first thing that is wrong; null when nothing is")


class AuditSigning(Out):
    """How far the trail is out of everybody's reach."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "signed": 4700,
                    "signed_at": "2026-11-23T10:04:12Z",
                    "unsigned": 10,
                    "overdue": False,
                    "key": "-----BEGIN PUBLIC KEY-----\nMIIBojANBgkqhkiG9w0BAQEFAAOCAY8A…\n-----END PUBLIC KEY-----\n",
                }
            ]
        }
    )

    signed: int = Field(description="the last event whose hash was signed; 0 when none was")
    signed_at: Time | None = Field(description="when it was")
    unsigned: int = Field(description="events that came after it")
    overdue: bool = Field(description="whether the first of them waits for longer than 20 minutes")
    key: str = Field(description="the public key of the signatures, as PEM: keep it where you keep what you trust")

"""Files of flows that people upload."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from flowlens.store.uploads import MAX_OCTETS
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Line, Out, Time


class UploadState(StrEnum):
    """How far an upload is."""

    EXPECTED = "expected"
    READ = "read"
    REFUSED = "refused"


_UPLOAD: JsonDict = {
    "id": 7,
    "name": "office.pcapng",
    "octets": 1_204_224,
    "actor": "administrator",
    "state": "read",
    "created_at": "2026-11-26T08:15:00Z",
    "read_at": "2026-11-26T08:15:09Z",
    "reason": "",
    "detail": "",
    "format": "pcap",
    "lines": 4120,
    "flows": 318,
    "counts": {"lines": 4120, "flows": 318, "not_ip": 12},
    "unreadable": {},
    "examples": {},
    "first_flow": "2026-11-26T08:01:00Z",
    "last_flow": "2026-11-26T08:11:40Z",
}


class NewUpload(In):
    """A file that is about to be sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "office.pcapng", "octets": 1_204_224}]})

    name: Annotated[Line, Field(min_length=1, max_length=200, description="what people call it: the file's name")]
    octets: int = Field(ge=1, le=2**53, description=f"its size; at most {MAX_OCTETS}")


class Upload(Out):
    """A file that somebody uploads, and what was understood of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_UPLOAD]})

    id: int
    name: str
    octets: int
    actor: str
    state: UploadState
    created_at: Time
    read_at: Time | None = Field(description="when it was read or refused")
    reason: str = Field(description="why it was refused, by name; empty when it was not")
    detail: str
    format: str = Field(description="by what it was read: pcap, aws_vpc, …")
    lines: int = Field(description="lines of a log; packets of a capture")
    flows: int
    counts: dict[str, int] = Field(description="lines or packets by what became of them")
    unreadable: dict[str, int] = Field(description="lines that could not be read, by reason")
    examples: dict[str, list[str]] = Field(description="up to three such lines by reason")
    first_flow: Time | None = Field(description="when its first flow began")
    last_flow: Time | None = Field(description="when its last flow ended")


class UploadList(Out):
    """The last hundred, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_UPLOAD]}]})

    items: list[Upload]


class UploadTicket(Out):
    """How the file is sent: a POST of multipart/form-data to `url` with these fields, then the field `file`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "upload": {**_UPLOAD, "state": "expected", "format": "", "lines": 0, "flows": 0},
                    "url": "/uploads",
                    "fields": {"key": "uploads/00000000-0000-7000-8000-000000000001/7", "policy": "eyJleHBpcmF0…"},
                    "expires_at": "2026-11-26T08:25:00Z",
                }
            ]
        }
    )

    upload: Upload
    url: str = Field(description="where the pages are, outside of the API; a token is neither needed nor looked at")
    fields: dict[str, str]
    expires_at: Time

"""Dead letters."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Line, Out, Paged, Time

_LETTER: JsonDict = {
    "id": 12,
    "kind": "object",
    "name": "s3://flow-logs/AWSLogs/notes.txt#1",
    "source": None,
    "epoch": None,
    "record": None,
    "reason": "file_format",
    "detail": "not one of aws_vpc, azure_nsg by its first line",
    "location": "s3://flow-logs/AWSLogs/notes.txt#1",
    "at": "2026-11-23T10:04:12Z",
    "state": "open",
    "version": 1,
}
_SHOWN: JsonDict = {name: value for name, value in _LETTER.items() if value is not None}


class LetterState(StrEnum):
    """What was decided."""

    OPEN = "open"
    RETRYING = "retrying"
    IGNORED = "ignored"


class DeadLetterFilter(Paged):
    """Which dead letters."""

    state: LetterState | None = Field(default=None, description="any when absent")


class DeadLetter(Out):
    """A record that could not be counted, or a log that could not be read."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    id: int
    kind: str = Field(description="`record` of the stream, `object` of a bucket")
    name: str = Field(description="of an object: bucket, key and version")
    source: UUID | None = Field(default=None, description="of a record: its identity, with epoch and record")
    epoch: int | None = None
    record: int | None = None
    reason: str
    detail: str
    location: str = Field(description="where its bytes are")
    at: Time = Field(description="when it failed last")
    state: LetterState
    version: int = Field(description="the ETag's number, for If-Match")


class DeadLetterPage(Out):
    """Dead letters, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SHOWN], "next_cursor": "WzFd"}]})

    items: list[DeadLetter]
    next_cursor: str | None = Field(description="absent (null) on the last page")


_GROUP: JsonDict = {
    "kind": "record",
    "reason": "record_digest",
    "state": "open",
    "letters": 3,
    "first_at": "2026-11-23T10:00:00Z",
    "last_at": "2026-11-23T10:04:12Z",
}
_ALL: JsonDict = {"kind": "record", "reason": "record_digest"}


class LetterKind(StrEnum):
    """What failed: a record of the stream, an object of a bucket, a batch of log events."""

    RECORD = "record"
    OBJECT = "object"
    LOGS = "logs"


class DeadLetterGroup(Out):
    """All of one kind, reason and state."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_GROUP]})

    kind: LetterKind
    reason: str
    state: LetterState
    letters: int = Field(description="how many")
    first_at: Time
    last_at: Time


class DeadLetterGroups(Out):
    """The newest first."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [{"items": [_GROUP]}]})

    items: list[DeadLetterGroup]


class DeadLetterSelection(In):
    """All of a kind, and of one reason if one is named, that are not ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ALL]})

    kind: LetterKind
    reason: Annotated[Line, Field(min_length=1, max_length=200)] | None = None


class DecidedLetters(Out):
    """How many are in another state now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"changed": 3}]})

    changed: int

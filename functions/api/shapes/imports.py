"""Imports of assets and CIDR rules."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from functions.api.shapes.classification import Name, Value
from functions.api.shapes.fields import BigId, In, Line, Out, Time


class ImportKind(StrEnum):
    """What a file is about."""

    ASSETS = "assets"
    RULES = "classification_rules"


class ImportState(StrEnum):
    """How far an import is."""

    UPLOADING = "uploading"
    APPLIED = "applied"
    UNDONE = "undone"


_IMPORT: JsonDict = {
    "id": 3,
    "kind": "assets",
    "name": "cmdb-export.csv",
    "state": "applied",
    "actor": "administrator",
    "changed": 412,
    "kept": 0,
    "created_at": "2026-11-22T08:15:00Z",
    "applied_at": "2026-11-22T08:16:00Z",
    "undone_at": "2026-11-22T09:00:00Z",
}


class NewImport(In):
    """A file that is about to be sent in parts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "assets", "name": "cmdb-export.csv"}]})

    kind: ImportKind
    name: Annotated[Line, Field(min_length=1, max_length=200, description="what people call it: the file's name")]


class Import(Out):
    """A file that somebody imports, or a selection that somebody changed at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [_IMPORT]})

    id: int
    kind: ImportKind
    name: str
    state: ImportState
    actor: str
    changed: int = Field(description="assets or rules that it changed")
    kept: int = Field(description="of these, how many others had changed since and kept that when it was undone")
    created_at: Time
    applied_at: Time | None
    undone_at: Time | None


class ImportList(Out):
    """The last hundred, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_IMPORT]}]})

    items: list[Import]


_COLUMNS = (
    "what columns mean, by their name: `address`, `network`, `address_space`, `name`, `note`, an attribute; null to"
    " leave one out. Columns that are not named here mean what they are called"
)


class ImportSettings(In):
    """How the file is to be read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"columns": {"IP": "address", "Internal id": None}}]})

    columns: dict[Annotated[Line, Field(max_length=200)], Name | None] = Field(
        default_factory=dict, max_length=200, description=_COLUMNS
    )
    clear: bool = Field(
        default=False, description="an empty cell takes away what is said, instead of leaving it as it is"
    )


class ImportWish(ImportSettings):
    """What is to be applied."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"digest": "5f70bf18a086007016e948b04aed3b82"}]})

    digest: Annotated[
        Line, Field(min_length=32, max_length=32, description="the preview's, which was read with the same settings")
    ]
    skip_wrong: bool = Field(default=False, description="leave wrong rows out, instead of refusing the file")


class ImportUndo(In):
    """How to undo."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"keep_changed": True}]})

    keep_changed: bool = Field(default=False, description="keep what others changed since, instead of refusing")


class ColumnMeaning(Out):
    """What a column means."""

    column: str
    means: str | None = Field(description="null: it is left out")


class ImportChange(Out):
    """What a row would change."""

    row: int
    subject: str = Field(description="the address or the network")
    new: bool = Field(description="nothing was said of it before")
    fields: dict[str, tuple[str, str]] = Field(description="what is said, and what would be; empty is nothing")


class ImportFault(Out):
    """What is wrong, and where."""

    row: int = Field(description="a line of CSV, or an item of JSON, from 1; 0 is the whole file")
    column: str
    detail: str


class ImportPreview(Out):
    """What applying the file would do. The first 200 changes and faults are listed, and all are counted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "columns": [{"column": "IP", "means": "address"}, {"column": "Env", "means": "environment"}],
                    "rows": 414,
                    "new": 400,
                    "changed": 12,
                    "unchanged": 0,
                    "unseen": 1,
                    "wrong": 1,
                    "changes": [
                        {"row": 2, "subject": "10.1.2.3", "new": True, "fields": {"environment": ["", "production"]}}
                    ],
                    "faults": [{"row": 7, "column": "IP", "detail": "'10.1.2.300' is no address"}],
                    "digest": "5f70bf18a086007016e948b04aed3b82",
                }
            ]
        }
    )

    columns: list[ColumnMeaning]
    rows: int
    new: int
    changed: int
    unchanged: int
    unseen: int = Field(description="rows of addresses that no flow has shown yet, which are left out")
    wrong: int = Field(description="faults")
    changes: list[ImportChange]
    faults: list[ImportFault]
    digest: str = Field(description="to apply exactly this")


class SelectedAssets(In):
    """The same said of several assets."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ids": [17, 18], "attributes": {"owner": "Billing"}}]})

    ids: list[BigId] = Field(min_length=1, max_length=5_000)
    attributes: dict[Name, Value | None] = Field(
        min_length=1, max_length=40, description="said of each asset itself, before any rule; null takes one away"
    )

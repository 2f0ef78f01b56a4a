"""Exports."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from functions.api.shapes.fields import Cursor, In, Search
from functions.api.shapes.topology import MapView


class ExportForm(StrEnum):
    """How a file is written."""

    CSV = "csv"
    LINES = "jsonl"


class MapForm(StrEnum):
    """How the whole map is written."""

    CSV = "csv"
    JSON = "json"
    GRAPHML = "graphml"


class Export(In):
    """A file."""

    form: ExportForm = Field(default=ExportForm.CSV, description="CSV, or a JSON object a line")


class RuleExport(Export):
    """A file of CIDR rules."""


class AssetExport(Export):
    """A part of a file of assets."""

    cursor: Cursor | None = Field(default=None, description="`x-next-cursor` of the part before")
    effective: bool = Field(
        default=False, description="with what holds of each asset, rules included, in columns that an import leaves out"
    )


class DependencyExport(Export):
    """A part of a file of dependencies."""

    cursor: Cursor | None = Field(default=None, description="`x-next-cursor` of the part before")
    q: Search | None = Field(default=None, description="only dependencies that this query holds of")


class MapExport(MapView):
    """A part of a file of the whole map of a view."""

    form: MapForm = Field(default=MapForm.CSV, description="CSV has links alone; JSON and GraphML nodes too")
    cursor: Cursor | None = Field(default=None, description="`x-next-cursor` of the part before")

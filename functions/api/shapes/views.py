"""Saved views of the map and dashboards."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Instant, Line, Out, Paged, Query, SmallId, Text, Time

_COORDINATE = Field(ge=-10_000_000, le=10_000_000, allow_inf_nan=False)
_NODE = Field(min_length=1, max_length=450)
Node = Annotated[Line, _NODE]
Name = Annotated[Line, Field(min_length=1, max_length=100, examples=["What billing depends on"])]
Note = Annotated[Text, Field(max_length=2000)]
Audience = Annotated[list[Annotated[Line, Field(min_length=1, max_length=100)]], Field(max_length=50)]


class ViewKind(StrEnum):
    """What it shows."""

    MAP = "map"
    DASHBOARD = "dashboard"


class Pin(In):
    """Where someone put a node, in the map's own units."""

    x: Annotated[float, _COORDINATE]
    y: Annotated[float, _COORDINATE]


class MapState(In):
    """What a map shows: the same names and values as in the address of its page. What is absent is as usual."""

    g: Annotated[Line, Field(min_length=1, max_length=500)] | None = Field(default=None, description="grouped by")
    rules: Literal["then"] | None = None
    open: list[Node] = Field(default=[], max_length=50, description="opened networks and groups")
    space: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        default=None, description="one address space; 0 is all of them, however many"
    )
    q: Query | None = None
    at: Instant | None = None
    from_: Instant | None = Field(default=None, alias="from")
    to: Instant | None = None
    last: Literal["15m", "1h", "6h", "1d", "7d"] | None = None
    cmp: bool | None = None
    links: int | None = Field(default=None, ge=0, le=100_000)
    tab: Literal["list"] | None = None
    sel: Node | None = None
    focus: Node | None = Field(default=None, description="only what lies within some hops of this node")
    hops: int | None = Field(default=None, ge=1, le=6)
    way: Literal["up", "down"] | None = None
    x: Annotated[float, _COORDINATE] | None = None
    y: Annotated[float, _COORDINATE] | None = None
    k: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None
    pins: dict[Node, Pin] = Field(default={}, max_length=2000, description="by node: where it was put")


class WidgetKind(StrEnum):
    """What a widget tells."""

    MAP = "map"
    COUNTS = "counts"
    TRAFFIC = "traffic"
    TALKERS = "talkers"
    NEW_DEPENDENCIES = "new_dependencies"
    SOURCES = "sources"


class Widget(In):
    """A part of a dashboard; they stand in the order of the list."""

    kind: WidgetKind
    title: Annotated[Line, Field(max_length=100)] = ""
    wide: bool = Field(default=False, description="as wide as two")
    view: SmallId | None = Field(default=None, description="of a map: the saved view that it shows")
    q: Query | None = Field(default=None, description="only what this query holds of")


class DashboardState(In):
    """What a dashboard shows."""

    widgets: list[Widget] = Field(max_length=24)


_STATE: JsonDict = {"g": "environment", "q": "app=billing", "last": "1d", "pins": {"10.1.2.3@1": {"x": 10, "y": 20}}}
_LISTED: JsonDict = {
    "id": 3,
    "kind": "map",
    "name": "What billing depends on",
    "note": "For the weekly review",
    "owner_name": "administrator",
    "mine": True,
    "audience": ["all"],
    "version": 1,
    "created_at": "2026-11-23T10:00:00Z",
    "changed_at": "2026-11-23T10:00:00Z",
}


class NewView(In):
    """A view to keep: the state of a map, or of a dashboard."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "What billing depends on", "map": _STATE}]})

    name: Name
    note: Note = ""
    audience: Audience = Field(default=[], description="who else sees it: keys of audiences; nobody if empty")
    map: MapState | None = None
    dashboard: DashboardState | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.map is None) == (self.dashboard is None):
            raise ValueError("give either map or dashboard")
        return self


class ViewPatch(In):
    """What changes; what is absent stays as it is. The kind stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"audience": ["all"]}]})

    name: Name | None = None
    note: Note | None = None
    audience: Audience | None = None
    map: MapState | None = None
    dashboard: DashboardState | None = None


class ViewFilter(Paged):
    """Which views."""

    kind: ViewKind | None = None


class ListedView(Out):
    """A view in a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LISTED]})

    id: int
    kind: ViewKind
    name: str
    note: str
    owner_name: str
    mine: bool = Field(description="you made it")
    audience: list[str]
    version: int = Field(description="it is the ETag")
    created_at: Time
    changed_at: Time


class OneAudience(Out):
    """Everyone, or whoever holds a role."""

    key: str
    name: str


class ViewPage(Out):
    """Your views and those that others share with you, in the order they were made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_LISTED], "next_cursor": "WzNd"}]})

    items: list[ListedView]
    next_cursor: str | None


class Audiences(Out):
    """Whom a view can be shown to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [{"key": "all", "name": "Everyone"}]}]})

    items: list[OneAudience]


class Gone(Out):
    """Something that the view names and that is not there any more."""

    what: Literal["attribute", "space", "node", "value", "query"]
    name: str
    said: str


class View(ListedView):
    """A view with what it shows; one of `map` and `dashboard` is null."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_LISTED | {"map": _STATE, "dashboard": None, "gone": []}]}
    )

    map: MapState | None = None
    dashboard: DashboardState | None = None
    gone: list[Gone] = Field(description="what it names and is not there any more; at most 100")

"""The topology, as columns."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from flowlens.services.seeing import View
from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from functions.api.shapes.dependencies import Evidence
from functions.api.shapes.fields import In, Instant, Line, Out, Query, SmallId, Time
from functions.api.shapes.places import PLACE, Place


class NodeKind(StrEnum):
    """What a node is."""

    HOST = "host"
    NETWORK = "network"
    INTERNET = "internet"
    GROUP = "group"
    RESTRICTED = "restricted"


class Rules(StrEnum):
    """Which rules classify."""

    NOW = "now"
    THEN = "then"


class Way(StrEnum):
    """Along which direction one walks."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


Group = Annotated[Line, Field(min_length=1, max_length=400, examples=["network"])]


class MapView(In):
    """What of the topology."""

    at: Instant | None = Field(default=None, description="as it was at this instant; now when neither is given")
    from_: Instant | None = Field(default=None, alias="from", description="begin of a window; volumes are the window's")
    to: Instant | None = Field(default=None, description="end of the window; now when absent")
    group: Group = Field(
        default="network",
        description="`network`: internal addresses by the longest prefix that gives at most 50 boxes, which address"
        " spaces share, all others as one box, the Internet; `none`: one node per asset; or an attribute"
        " (`environment`, `site`, `tag:backup`, …): assets that have the same value of it; or several, joined by"
        " commas, from the outermost in: an opened group shows those of the next attribute in it. Of more than 50"
        " groups those of the fewest assets are one, which opens too",
    )
    rules: Rules = Field(
        default=Rules.NOW, description="`now`: classified by the rules of now; `then`: by those of the time shown"
    )
    expand: list[Place] = Field(
        default=[], max_length=50, description="networks, groups or node ids shown as their assets; may be repeated"
    )
    space: SmallId | None = Field(default=None, description="only this address space")
    q: Query | None = Field(default=None, description="only dependencies that this query holds of")
    focus: Place | None = Field(default=None, description="only what lies within `hops` of this: " + PLACE)
    hops: int = Field(default=1, ge=1, le=6, description="how far from the focus")
    way: Way = Field(default=Way.BOTH, description="from the focus: `up` what it depends on, `down` what depends on it")

    def asked(self, now: datetime) -> View:
        """As the services understand it."""
        return View(
            now=now,
            at=self.at,
            start=self.from_,
            end=self.to,
            group=self.group,
            rules_then=self.rules == "then",
            expand=tuple(self.expand),
            space=self.space,
            q=self.q,
            focus=self.focus,
            hops=self.hops,
            way=self.way.value,
        )

    @model_validator(mode="after")
    def _one_kind_of_time(self) -> Self:
        if self.at is not None and (self.from_ is not None or self.to is not None):
            raise ValueError("give either at, or from and to")
        if self.to is not None and self.from_ is None:
            raise ValueError("a window needs from")
        return self


class TopologyView(MapView):
    """Which topology."""

    limit: int = Field(default=500, ge=1, le=25_000, description="how many edges at most, the strongest first")


class Nodes(Out):
    """One entry per node in every column."""

    id: list[str] = Field(description="stable over time and zoom; usable as client=, server= and expand=")
    label: list[str]
    kind: list[NodeKind]
    address_space_id: list[int]
    asset_id: list[int | None] = Field(description="null for a box")
    assets: list[int] = Field(description="how many assets of this view are inside; 1 for a host")
    internal: list[bool]
    value: list[str | None] = Field(description="of the innermost attribute that it is grouped by; null for none")
    within: list[list[str]] = Field(description="the ids of the opened groups that it lies in, the outermost first")
    folded: list[int] = Field(
        description="how many groups are folded into it: where there would be more than 50 boxes, those of the fewest"
        " assets are one, which opens like any other; 0 for all others"
    )


class Edges(Out):
    """One entry per edge in every column; edges run from client to server. A box's edge to itself is inside it."""

    source: list[int] = Field(description="position of the client's node")
    target: list[int] = Field(description="position of the server's node")
    dependencies: list[int] = Field(description="how many dependencies this edge stands for")
    dependency_id: list[int | None] = Field(description="null when it stands for several")
    protocol: list[int | None] = Field(description="null when they differ")
    port: list[int | None] = Field(description="null when they differ")
    service: list[str | None] = Field(description="null when unknown or they differ")
    octets: list[int] = Field(description="both directions, estimated")
    packets: list[int] = Field(description="both directions, estimated")
    flows: list[int]
    evidence: list[Evidence] = Field(description="the strongest of any flow")
    first_seen: list[Time]
    last_seen: list[Time]


class LeftOut(Out):
    """What the bound on edges left out; shown and left out add up to the totals."""

    nodes: int
    edges: int
    dependencies: int
    octets: int
    packets: int
    flows: int


class Hidden(Out):
    """What the query and the focus hid; with the totals it adds up to all there is."""

    dependencies: int
    octets: int
    packets: int
    flows: int


class Totals(Out):
    """The whole view, before the bound on edges."""

    nodes: int
    edges: int
    assets: int
    dependencies: int
    octets: int
    packets: int
    flows: int


_EXAMPLE: JsonDict = {
    "as_of": "2026-11-23T10:04:30Z",
    "from": "2026-11-23T09:00:00Z",  # FastAPI drops nulls from examples, so this one has a window
    "to": "2026-11-23T10:05:00Z",
    "group": "network",
    "nodes": {
        "id": ["10.1.0.0/16@1", "10.2.0.0/16@1", "internet@1"],
        "label": ["10.1.0.0/16", "10.2.0.0/16", "Internet"],
        "kind": ["network", "network", "internet"],
        "address_space_id": [1, 1, 1],
        "asset_id": [None, None, None],
        "assets": [120, 36, 48],
        "internal": [True, True, False],
        "value": ["Berlin", "Oslo", "Rome"],
        "within": [[], [], []],
        "folded": [0, 0, 0],
    },
    "edges": {
        "source": [0, 0],
        "target": [1, 2],
        "dependencies": [212, 1],
        "dependency_id": [None, 4711],
        "protocol": [6, 6],
        "port": [None, 443],
        "service": [None, "https"],
        "octets": [91234567, 81234],
        "packets": [81234, 912],
        "flows": [4512, 12],
        "evidence": ["flags", "flags"],
        "first_seen": ["2026-11-22T08:15:00Z", "2026-11-23T09:15:00Z"],
        "last_seen": ["2026-11-23T10:04:12Z", "2026-11-23T10:01:44Z"],
    },
    "left_out": {"nodes": 0, "edges": 0, "dependencies": 0, "octets": 0, "packets": 0, "flows": 0},
    "totals": {
        "nodes": 3,
        "edges": 2,
        "assets": 204,
        "dependencies": 213,
        "octets": 91315801,
        "packets": 82146,
        "flows": 4524,
    },
    "hidden": {"dependencies": 0, "octets": 0, "packets": 0, "flows": 0},
    "change": "9f86d081884c7d65",
}


class Topology(Out):
    """Nodes and the edges between them. Without a window the volumes are those since each dependency was first seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    as_of: Time = Field(description="when this was read, or the instant asked for")
    from_: Annotated[Time | None, Field(serialization_alias="from", validation_alias="from")] = Field(
        description="begin of the window, rounded down to the roll-up's step"
    )
    to: Time | None = Field(description="end of the window, rounded up to the roll-up's step")
    group: str
    nodes: Nodes
    edges: Edges
    left_out: LeftOut
    totals: Totals
    hidden: Hidden
    change: str = Field(description="differs when the answer would; opaque")

"""The map."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import comparing, paths, timeline
from flowlens.services import topology as service
from flowlens.services.seeing import View
from flowlens.topology.places import parse

from functions.api.answers import columns, knows, unchanged
from functions.api.deps import Conn, may
from functions.api.shapes.paths import Path, PathAsked
from functions.api.shapes.timeline import Comparison, ComparisonAsked, Timeline, TimelineWindow
from functions.api.shapes.topology import Topology, TopologyView

router = APIRouter(prefix="/topology", tags=["Map"])
Reader = Annotated[Actor, may(Permission.TOPOLOGY_READ)]
IfNoneMatch = Annotated[
    str | None, Header(max_length=2000, include_in_schema=False, description="the ETag of what the caller has")
]
DependencyReader = Annotated[Actor, may(Permission.TOPOLOGY_READ, Permission.DEPENDENCIES_READ)]


@router.get("", response_model=Topology)
def read_topology(
    view: Annotated[TopologyView, Query()], conn: Conn, reader: Reader, if_none_match: IfNoneMatch = None
) -> Response:
    """Who talks to whom: now, at an instant or over a window; grouped by network or host by host."""
    asked = replace(view.asked(datetime.now(UTC)), limit=view.limit)
    prepared = service.prepare(conn, reader, asked)
    if knows(if_none_match, prepared.change):
        return unchanged(prepared.change)
    return columns(prepared.answer().document(), change=prepared.change)


@router.get("/timeline", response_model=Timeline)
def read_timeline(window: Annotated[TimelineWindow, Query()], conn: Conn, reader: Reader) -> object:
    """How much was carried when, and when dependencies came and went: what stands under the map's time."""
    asked = timeline.Asked(now=datetime.now(UTC), start=window.from_, end=window.to, space=window.space, q=window.q)
    return timeline.read(conn, reader, asked)


@router.get("/comparison", response_model=Comparison)
def compare_topology(asked: Annotated[ComparisonAsked, Query()], conn: Conn, reader: DependencyReader) -> object:
    """Two times side by side, as lists: added, removed, changed and moved."""
    after = View(
        now=datetime.now(UTC),
        at=asked.at,
        start=asked.from_,
        end=asked.to,
        group=asked.group,
        rules_then=asked.rules == "then",
        space=asked.space,
        q=asked.q,
    )
    before = replace(after, at=asked.before_at, start=asked.before_from, end=asked.before_to)
    return comparing.compare(conn, reader, before, after, limit=asked.limit)


@router.get("/path", response_model=Path)
def find_path(asked: Annotated[PathAsked, Query()], conn: Conn, reader: DependencyReader) -> object:
    """The shortest way from one place to another: what the first depends on, or what depends on it, or any."""
    view = View(
        now=datetime.now(UTC),
        at=asked.at,
        group=asked.group,
        rules_then=asked.rules == "then",
        expand=tuple(asked.expand),
        space=asked.space,
        q=asked.q,
    )
    return paths.between(conn, reader, view, (parse(asked.from_), parse(asked.to)), hops=asked.hops)

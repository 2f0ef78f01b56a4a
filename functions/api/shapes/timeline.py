"""The time under the map, and two times side by side."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from functions.api.shapes.fields import In, Instant, Out, Query, SmallId, Time
from functions.api.shapes.topology import Group, Rules


class TimelineWindow(In):
    """Which time, and which dependencies."""

    from_: Instant = Field(alias="from")
    to: Instant | None = Field(default=None, description="now when absent")
    space: SmallId | None = Field(default=None, description="only this address space")
    q: Query | None = Field(default=None, description="only dependencies that this query holds of")


class Timeline(Out):
    """One entry per step in every column; at most 200 steps."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "step_seconds": 3600,
                    "t": ["2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"],
                    "octets": [91234567, 81234],
                    "flows": [4512, 12],
                    "added": [3, 0],
                    "gone": [0, 1],
                }
            ]
        }
    )

    step_seconds: int
    t: list[Time]
    octets: list[int] = Field(description="both directions, estimated")
    flows: list[int]
    added: list[int] = Field(description="dependencies seen for the first time, or again after a silence")
    gone: list[int] = Field(description="dependencies that fell silent")


class ComparisonAsked(In):
    """Two times: an instant or a window, and what it is compared with."""

    at: Instant | None = Field(default=None, description="an instant; now when no time is given")
    from_: Instant | None = Field(default=None, alias="from", description="begin of a window")
    to: Instant | None = Field(default=None, description="end of the window; now when absent")
    before_at: Instant | None = Field(default=None, description="the instant that it is compared with")
    before_from: Instant | None = Field(default=None, description="begin of the window that it is compared with")
    before_to: Instant | None = Field(default=None, description="end of that window")
    group: Group = Field(default="none", description="attributes whose changes make an asset moved")
    rules: Rules = Rules.THEN
    space: SmallId | None = None
    q: Query | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = Field(default=200, description="how many of each at most")

    @model_validator(mode="after")
    def _two_of_a_kind(self) -> Self:
        if self.at is not None and (self.from_ is not None or self.to is not None):
            raise ValueError("give either at, or from and to")
        if self.to is not None and self.from_ is None:
            raise ValueError("a window needs from")
        window = self.from_ is not None
        if window != (self.before_from is not None and self.before_to is not None):
            raise ValueError("a window is compared with before_from and before_to, an instant with before_at")
        if window == (self.before_at is not None):
            raise ValueError("an instant is compared with before_at, a window with before_from and before_to")
        return self


class Difference(Out):
    """A dependency that is in one of both times, or carries another amount."""

    id: int
    client: str
    server: str
    address_space_id: int
    protocol: int
    port: int
    service: str | None
    octets_before: int
    octets: int


class Moved(Out):
    """An asset that is in another group than it was."""

    asset_id: int
    address: str
    address_space_id: int
    attribute: str
    before: str | None
    after: str | None


class ComparisonCounts(Out):
    """How many there are of each, listed or not."""

    added: int
    removed: int
    changed: int
    moved: int


_DIFFERENCE: JsonDict = {
    "id": 4711,
    "client": "10.1.2.3",
    "server": "10.2.0.1",
    "address_space_id": 1,
    "protocol": 6,
    "port": 443,
    "service": "https",
    "octets_before": 0,
    "octets": 81234,
}


class Comparison(Out):
    """What came, what went, what carries twice as much or half of it (in windows), what is in another group."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "added": [_DIFFERENCE],
                    "removed": [],
                    "changed": [],
                    "moved": [],
                    "counts": {"added": 1, "removed": 0, "changed": 0, "moved": 0},
                }
            ]
        }
    )

    added: list[Difference] = Field(description="the strongest first")
    removed: list[Difference] = Field(description="the strongest first")
    changed: list[Difference]
    moved: list[Moved]
    counts: ComparisonCounts

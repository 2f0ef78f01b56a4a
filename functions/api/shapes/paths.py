"""The way between two places."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from functions.api.shapes.fields import In, Instant, Out, Query, SmallId
from functions.api.shapes.places import PLACE, Place
from functions.api.shapes.topology import Group, Rules, Way


class PathAsked(In):
    """From where to where, and in which map."""

    from_: Place = Field(alias="from", description=PLACE)
    to: Place = Field(description=PLACE)
    hops: int = Field(default=6, ge=1, le=12, description="how long a way may be")
    at: Instant | None = Field(default=None, description="as it was at this instant; now when absent")
    group: Group = Field(default="network", description="how the map is grouped in which the way is shown")
    rules: Rules = Rules.NOW
    expand: list[Place] = Field(default=[], max_length=50)
    space: SmallId | None = None
    q: Query | None = None


class PathEnd(Out):
    """An asset on the way."""

    asset_id: int
    address: str
    address_space_id: int
    node: str = Field(description="the node of the map that it is in")


class PathStep(Out):
    """One dependency on the way."""

    dependency_id: int
    client: PathEnd
    server: PathEnd
    along: bool = Field(description="false: walked from server to client")
    protocol: int
    port: int
    service: str | None
    octets: int


class Path(Out):
    """A shortest way by the strongest dependencies, or that there is none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "found": True,
                    "way": "up",
                    "steps": [
                        {
                            "dependency_id": 4711,
                            "client": {
                                "asset_id": 17,
                                "address": "10.1.2.3",
                                "address_space_id": 1,
                                "node": "10.1.0.0/16@1",
                            },
                            "server": {
                                "asset_id": 18,
                                "address": "10.2.0.1",
                                "address_space_id": 1,
                                "node": "10.2.0.0/16@1",
                            },
                            "along": True,
                            "protocol": 6,
                            "port": 443,
                            "service": "https",
                            "octets": 81234,
                        }
                    ],
                    "ways": 1,
                }
            ]
        }
    )

    found: bool
    way: Way | None = Field(
        description="`up`: the first depends on the second; `down`: the other way round; `both`: neither, but connected"
    )
    steps: list[PathStep]
    ways: int = Field(description="how many ways are as short")

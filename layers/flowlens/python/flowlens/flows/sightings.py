"""Sightings: what logs and captures say of an address or an edge besides counting it, and the body they travel in.

A sighting has no identity of its own: the same one again moves only the times between which it was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import orjson
from pydantic import BaseModel, Field

from flowlens.model.errors import Malformed

MOST = 2_000  # in one record
LONGEST = 255  # characters of a value


class Kind(StrEnum):
    """What was seen. Of an address, unless the comment says of an edge."""

    AWS_INSTANCE = "aws_instance"
    AWS_VPC = "aws_vpc"
    AWS_SUBNET = "aws_subnet"
    AWS_ZONE = "aws_zone"
    AWS_SERVICE = "aws_service"  # whose address it is: S3, EC2, CLOUDFRONT, AMAZON, …
    AWS_INTERFACE = "aws_interface"
    ECS_CLUSTER = "ecs_cluster"
    ECS_SERVICE = "ecs_service"
    ECS_TASK = "ecs_task"  # its definition
    DNS_NAME = "dns_name"  # a name that was answered with the address
    TLS_NAME = "tls_name"  # the name that a client asked the server at the address for (SNI); also of an edge
    PATH = "path"  # of an edge: how its packets leave the VPC
    VIA = "via"  # of an edge: the address of a NAT gateway, load balancer or node that stood between
    REJECT_REASON = "reject_reason"  # of an edge
    ENCRYPTION = "encryption"  # of an edge


@dataclass(frozen=True, slots=True)
class Subject:
    """An address as an exporter sees it, or, where there is a server, the edge from the address to it."""

    exporter: str
    address: str
    server: str | None = None
    protocol: int | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """`value` was seen of the subject between `first` and `last`, ms since 1970."""

    subject: Subject
    kind: Kind
    value: str
    first: int
    last: int


Seen = dict[tuple[Subject, Kind, str], tuple[int, int]]


def add(seen: Seen, found: Iterable[Sighting], most: int) -> int:
    """Each once, with its widest times; how many there was no room for."""
    left = 0
    for one in found:
        key = (one.subject, one.kind, one.value)
        first, last = seen.get(key, (one.first, one.last))
        if key not in seen and len(seen) >= most:
            left += 1
        else:
            seen[key] = (min(first, one.first), max(last, one.last))
    return left


def bodies(seen: Mapping[tuple[Subject, Kind, str], tuple[int, int]]) -> Iterator[bytes]:
    """As many records as it takes; the same sightings in the same order give the same bytes."""
    rows = [
        [s.exporter, s.address, s.server, s.protocol, s.port, kind.value, value, first, last]
        for (s, kind, value), (first, last) in seen.items()
    ]
    for at in range(0, len(rows), MOST):
        yield orjson.dumps({"sightings": rows[at : at + MOST]})


_Text = Annotated[str, Field(max_length=64)]
_Ms = Annotated[int, Field(ge=0, lt=2**43)]
_Row = tuple[
    _Text,
    _Text,
    _Text | None,
    Annotated[int, Field(ge=0, le=255)] | None,
    Annotated[int, Field(ge=0, le=65_535)] | None,
    Kind,
    Annotated[str, Field(min_length=1, max_length=LONGEST)],
    _Ms,
    _Ms,
]


class _Body(BaseModel):
    sightings: Annotated[list[_Row], Field(max_length=MOST)]


def decode(body: bytes) -> list[Sighting]:
    """Malformed by `sightings_form` for anything else."""
    try:
        read = _Body.model_validate(orjson.loads(body))
    except ValueError as error:  # ValidationError and JSONDecodeError are both
        raise Malformed("sightings_form", str(error)) from error
    if any((row[2] is None) != (row[3] is None) or (row[2] is None) != (row[4] is None) for row in read.sightings):
        raise Malformed("sightings_form", "half an edge")
    return [Sighting(Subject(*row[:5]), *row[5:]) for row in read.sightings]

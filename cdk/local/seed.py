"""`flowlens seed`: a large estate into the FlowLens that runs here, counted, merged and folded as any flow is."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit
from uuid import UUID

from flowlens.access.actor import Actor
from flowlens.flows.batch import FLOWS, Identity, pack, unpack
from flowlens.flows.body import FlowBody, encode
from flowlens.model.errors import Conflict, Invalid, NotFound
from flowlens.services import classification, flows, merging, operations
from flowlens.store.connection import Connection, connect

from cdk import manifest
from cdk.local.demo.large import EXPORTERS, FLOWS_PER_RECORD, LargeEstate
from cdk.local.home import Home
from cdk.local.progress import bar

MAX_HOURS = 72  # as far back as minutes have partitions when none is older
_SOURCE = UUID("00000000-0000-7000-8000-00000000005e")  # the spool that these records are said to come from
_MERGED = 8  # records merged at once


def run(home: Home, estate: LargeEstate, *, hours: int) -> int:
    """Says what it wrote, and how long that took."""
    told = home.running()
    if not told or not home.held():
        raise NotFound(f"no FlowLens runs with {home.path}: start one with `flowlens up`")
    began = time.monotonic()
    with connect(_secret(str(told["database_url"]))) as conn:
        _say(seed(conn, UUID(manifest.TENANT), estate, hours=hours, now=datetime.now(UTC)))
    _say(f"took      {time.monotonic() - began:,.0f} s")
    _say(f"open      {told['url']}/#token={home.read_token() or ''}")
    return 0


def seed(conn: Connection, tenant: UUID, estate: LargeEstate, *, hours: int, now: datetime) -> str:
    """Counts the estate's flows of the last hours and writes its CIDR rules; what is there already stays."""
    if not 1 <= hours <= MAX_HOURS:
        raise Invalid(f"--hours: 1 to {MAX_HOURS}")
    counted = _count(conn, tenant, estate, hours, now)
    with bar("folding hours", total=None):
        operations.fold(conn, lambda: True)
    rules = _classify(conn, tenant, estate)
    return (
        f"seeded    {counted:,} flows of {estate.assets:,} assets and {estate.dependencies:,} dependencies,"
        f" {rules:,} new CIDR rules"
    )


def _count(conn: Connection, tenant: UUID, estate: LargeEstate, hours: int, now: datetime) -> int:
    """Counted and merged an hour at a time, as it would have come."""
    epoch, counted = int(now.timestamp() * 1000), 0
    with bar("counting", total=None):
        for number, columns in enumerate(estate.records(epoch, hours), start=1):
            identity = Identity(tenant, _SOURCE, epoch, number)
            digest = unpack(pack(identity, FLOWS, encode(columns, EXPORTERS))).digest
            delivery = flows.Delivery(identity, FlowBody(columns, EXPORTERS), digest)
            counted += flows.count(conn, tenant, [delivery]).flows
            if columns.rows < FLOWS_PER_RECORD or number % _MERGED == 0:  # a short record is the last one of its hour
                merging.merge_all(conn, tenant)
        merging.merge_all(conn, tenant)
    return counted


def _classify(conn: Connection, tenant: UUID, estate: LargeEstate) -> int:
    actor, made = Actor(tenant, "flowlens seed", frozenset()), 0
    for block in estate.blocks():
        wanted = classification.Wanted(space=None, network=str(block.network), attributes=block.attributes)
        try:
            classification.create(conn, actor, wanted)
            made += 1
        except Conflict:
            continue  # it was seeded before, or somebody knows better
    return made


def _secret(url: str) -> dict[str, str | int]:
    told = urlsplit(url)
    return {
        "host": told.hostname or "",
        "port": told.port or 0,
        "username": unquote(told.username or ""),
        "password": unquote(told.password or ""),
        "dbname": told.path.removeprefix("/"),
    }


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")

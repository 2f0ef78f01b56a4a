"""Flow logs that lie in S3: from the message that tells of one to its records on the stream."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from uuid import UUID

from flowlens.aws import objects
from flowlens.aws.stream import Stream
from flowlens.flows.reading import About
from flowlens.model.errors import Malformed
from flowlens.services.files import Log, Shipped, ship

# 123456789012_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20261123T1500Z_0a1b2c3d.log.gz
_NAME = re.compile(r"(?:^|/)(\d{12})_[a-z]+_[a-z0-9-]+_(fl-[0-9a-f]{8,17})_[^/]*$")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Whose objects are read, from which buckets, and where their flows go."""

    tenant: UUID
    buckets: Set[str]
    stream: Stream


def take_in(shelf: Shelf, message: str, *, patience: float) -> Shipped:
    """Malformed by `object_bucket` when the message tells of somebody else's, else as objects and readers say."""
    one = objects.announced(message)
    if one.bucket not in shelf.buckets:
        raise Malformed("object_bucket", f"{one.bucket} is none of ours")
    with objects.fetched(one) as stream:
        return ship(Log(stream, one.name, about(one.key)), shelf.stream, tenant=shelf.tenant, patience=patience)


def about(key: str) -> About:
    """What AWS writes into a log's name."""
    found = _NAME.search(key)
    return About(account=int(found[1]), log=found[2]) if found else About()

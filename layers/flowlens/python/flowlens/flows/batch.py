"""The flow batch: the one contract between collector, cloud-log readers and aggregator."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from uuid import UUID

from flowlens.model.errors import Malformed

SCHEMA_VERSION = 2
FLOWS, REPORT, SIGHTINGS = 1, 2, 3
MAGIC = b"FLWB"
# magic, schema version, kind, reserved, tenant, source, epoch, record, digest of the body
_HEADER = struct.Struct(">4sBBH16s16sQQ16s")
HEADER_SIZE = _HEADER.size  # 72


@dataclass(frozen=True, slots=True)
class Identity:
    """Names a record for ever: `record` counts from 1 within (source, epoch) and is never reused.

    `source` is the spool (or the object, for cloud logs) that made it; a lost or rebuilt spool gets a new random epoch
    (63 bits, so that it fits Postgres's bigint).
    """

    tenant: UUID
    source: UUID
    epoch: int
    record: int


@dataclass(frozen=True, slots=True)
class Record:
    """One stream record: an identity, what kind of body it has, and the body's bytes."""

    identity: Identity
    kind: int
    body: bytes
    digest: bytes


def digest(body: bytes) -> bytes:
    """The first half of SHA-256, for which machines have instructions: it takes half as long as BLAKE2b."""
    return hashlib.sha256(body, usedforsecurity=False).digest()[:16]


def _digest_1(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


_DIGESTS = {1: _digest_1, SCHEMA_VERSION: digest}  # by schema version; nothing else has changed


def pack(identity: Identity, kind: int, body: bytes) -> bytes:
    """The record as it travels: a 72-byte header, then the body."""
    header = _HEADER.pack(
        MAGIC,
        SCHEMA_VERSION,
        kind,
        0,
        identity.tenant.bytes,
        identity.source.bytes,
        identity.epoch,
        identity.record,
        digest(body),
    )
    return header + body


def unpack(data: bytes) -> Record:
    """Malformed by `record_truncated`, `_magic`, `_version`, `_kind` or `_hash` when the bytes are not a record."""
    if len(data) < HEADER_SIZE:
        raise Malformed("record_truncated", f"{len(data)} bytes")
    magic, version, kind, _, tenant, source, epoch, record, expected = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise Malformed("record_magic")
    if version not in _DIGESTS:
        raise Malformed("record_version", str(version))
    if kind not in (FLOWS, REPORT, SIGHTINGS):
        raise Malformed("record_kind", str(kind))
    body = data[HEADER_SIZE:]
    if _DIGESTS[version](body) != expected:
        raise Malformed("record_hash")
    return Record(Identity(UUID(bytes=tenant), UUID(bytes=source), epoch, record), kind, body, expected)


def identity_of(data: bytes) -> Identity | None:
    """Who a record says it is, even where the rest of it cannot be read; None when the header says nothing usable."""
    if len(data) < HEADER_SIZE:
        return None
    magic, version, _, _, tenant, source, epoch, record, _ = _HEADER.unpack_from(data)
    if magic != MAGIC or version not in _DIGESTS or max(epoch, record) >= 2**63:
        return None
    return Identity(UUID(bytes=tenant), UUID(bytes=source), epoch, record)

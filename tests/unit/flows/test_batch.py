"""Records of the stream: what was packed comes back, what was bent is refused by name, what is older is read."""

from __future__ import annotations

import hashlib
from uuid import UUID

import pytest
from flowlens.flows import batch
from flowlens.flows.batch import FLOWS, HEADER_SIZE, Identity
from flowlens.model.errors import Malformed

WHO = Identity(UUID(int=1), UUID(int=2), 3, 4)
BODY = b"flows"


def bent(at: int, value: int) -> bytes:
    data = bytearray(batch.pack(WHO, FLOWS, BODY))
    data[at] = value
    return bytes(data)


def test_what_was_packed_comes_back() -> None:
    record = batch.unpack(batch.pack(WHO, FLOWS, BODY))
    assert (record.identity, record.kind, record.body) == (WHO, FLOWS, BODY)
    assert record.digest == hashlib.sha256(BODY).digest()[:16]
    assert batch.identity_of(batch.pack(WHO, FLOWS, BODY)) == WHO


def test_a_record_of_the_version_before_is_read_by_its_own_digest() -> None:
    data = bytearray(batch.pack(WHO, FLOWS, BODY))
    data[4] = 1
    with pytest.raises(Malformed, match="record_hash"):
        batch.unpack(bytes(data))
    data[HEADER_SIZE - 16 : HEADER_SIZE] = hashlib.blake2b(BODY, digest_size=16).digest()
    assert batch.unpack(bytes(data)).body == BODY
    assert batch.identity_of(bytes(data)) == WHO


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (batch.pack(WHO, FLOWS, BODY)[: HEADER_SIZE - 1], "record_truncated"),
        (bent(0, 0x58), "record_magic"),
        (bent(4, 0), "record_version"),
        (bent(4, 3), "record_version"),
        (bent(5, 9), "record_kind"),
        (bent(HEADER_SIZE - 1, 0), "record_hash"),
        (bent(HEADER_SIZE, 0), "record_hash"),
    ],
)
def test_what_is_no_record_is_refused_by_name(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        batch.unpack(data)
    assert refused.value.reason == reason

"""Cloud interfaces as exporters: an address of fd00::/8 that says account and interface, and can be read back.

8 bits fd, 40 bits account number, 4 bits kind, 76 bits id: a unique local address (RFC 4193) whose global id is the
AWS account. The same interface is the same exporter in whatever log it stands, and needs no table to be named.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address

from flowlens.flows.columns import Format

# The kind is part of stored addresses: only append. Ids are 17 hexadecimal digits, those of old resources 8.
_KINDS = ("eni", "eni-short", "tgw-attach", "fl", "nat")
_HASHED = 15
_ID = re.compile(r"(eni|tgw-attach|fl|nat)-([0-9a-f]{17}|[0-9a-f]{8})")
_ID_BITS = 76


@lru_cache(maxsize=1 << 14)  # the same interfaces stand in every part of a log
def address(account: int, name: str) -> str:
    """The exporter of an interface, attachment, flow log or NAT gateway; of the account alone where name is empty."""
    kind, number = _numbered(name)
    return str(IPv6Address(0xFD << 120 | (account & (1 << 40) - 1) << 80 | kind << _ID_BITS | number))


def _numbered(name: str) -> tuple[int, int]:
    if not name:
        return 0, 0
    found = _ID.fullmatch(name)
    short = bool(found) and len(found[2]) == 8 if found else False
    kind = f"{found[1]}-short" if found and short else found[1] if found else ""
    if found and kind in _KINDS:
        return _KINDS.index(kind) + 1, int(found[2], 16)
    return _HASHED, int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest(), "big") >> (128 - _ID_BITS)


def seen_in(exporter: str, formats: Iterable[int]) -> str:
    """The interface that an exporter is, where its flows came in AWS's logs (devices may use such addresses), or ""."""
    return (described(exporter) or "") if Format.AWS_VPC in formats else ""


def described(exporter: str) -> str | None:
    """`<id> in <account>` of such an address, as people say it; None for any other, and for ids too long to keep."""
    try:
        number = int(IPv6Address(exporter))
    except ValueError:
        return None
    kind = number >> _ID_BITS & 15
    if number >> 120 != 0xFD or not 0 < kind <= len(_KINDS):
        return None
    name = _KINDS[kind - 1]
    digits = 8 if name.endswith("-short") else 17
    told = number & (1 << _ID_BITS) - 1
    return f"{name.removesuffix('-short')}-{told:0{digits}x} in {number >> 80 & (1 << 40) - 1:012d}"

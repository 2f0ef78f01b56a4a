"""The recordings of real exporters as UDP payloads, and what they hold by an independent decoder."""

from __future__ import annotations

import gzip
import struct
from functools import cache
from pathlib import Path
from typing import NamedTuple

EXPORTS = Path(__file__).parent / "data" / "exports"
_ORDERS = {b"\xd4\xc3\xb2\xa1": ("<", 1e-6), b"\xa1\xb2\xc3\xd4": (">", 1e-6), b"\x4d\x3c\xb2\xa1": ("<", 1e-9)}
_LINKS = {0: 4, 1: 14, 101: 0, 113: 16, 276: 20}  # link type: bytes before the IP header


class Totals(NamedTuple):
    """One line of the table in tests/data/exports/README.md."""

    flows: int
    octets: int
    packets: int
    ipv4: int
    ipv6: int


TOTALS = {
    "softflowd_v5": Totals(101_850, 71_197_854, 340_694, 101_850, 0),
    "softflowd_v9": Totals(119_924, 84_725_694, 400_304, 101_850, 18_074),
    "softflowd_ipfix": Totals(119_924, 84_725_694, 400_304, 101_850, 18_074),
    "softflowd_ipfix_bi": Totals(24_480, 17_915_479, 84_148, 20_744, 3_736),
    "pmacctd_v5": Totals(42_478, 27_799_856, 133_325, 42_478, 0),
    "pmacctd_v9": Totals(49_984, 33_124_848, 156_680, 42_478, 7_506),
    "pmacctd_ipfix": Totals(49_984, 33_124_848, 156_680, 42_478, 7_506),
    "pmacctd_ipfix_varlen": Totals(23_994, 17_915_479, 84_148, 20_338, 3_656),
    "pmacctd_sflow5": Totals(49_999, 11_475_919, 49_999, 42_634, 7_365),
}


@cache
def payloads(name: str) -> list[tuple[float, bytes]]:
    """Each UDP payload of a recording with the second it was captured at, in order."""
    data = gzip.decompress((EXPORTS / f"{name}.pcap.gz").read_bytes())
    order, fraction = _ORDERS[data[:4]]
    skip = _LINKS[struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF]
    found, at = [], 24
    while at + 16 <= len(data):
        second, part, kept, _ = struct.unpack_from(order + "IIII", data, at)
        packet = data[at + 16 + skip : at + 16 + kept]
        header = (packet[0] & 15) * 4 if packet[0] >> 4 == 4 else 40
        found.append((second + part * fraction, packet[header + 8 :]))
        at += 16 + kept
    return found

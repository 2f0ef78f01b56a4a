"""A recording sent many times over as one long stream: what exporters number goes on from lap to lap."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.recordings import payloads

_PLACES = {5: 16, 9: 12, 10: 8}  # of the number in the header
_MASK = 0xFFFF_FFFF


class Laps:
    """The datagrams of a recording, lap by lap."""

    def __init__(self, recording: str) -> None:
        self._buffers = [bytearray(payload) for _, payload in payloads(recording)]
        self._numbers = [list(_numbers(bytes(buffer))) for buffer in self._buffers]
        self._spans = _spans(self._numbers, self._buffers)
        self._lap = 0

    def __len__(self) -> int:
        return len(self._buffers)

    def lap(self) -> Sequence[bytearray]:
        """The next lap, in the same memory as the last."""
        if self._lap:
            for buffer, numbers in zip(self._buffers, self._numbers, strict=True):
                for key, place, first in numbers:
                    struct.pack_into(">I", buffer, place, first + self._lap * self._spans[key] & _MASK)
        self._lap += 1
        return self._buffers


_Number = tuple[tuple[int, int], int, int]  # what counts, where, and what it says


def _numbers(datagram: bytes) -> Iterator[_Number]:
    version = struct.unpack_from(">H", datagram)[0]
    place = _PLACES.get(version, 16)
    yield (0, 0), place, struct.unpack_from(">I", datagram, place)[0]
    if version == 0:  # sFlow with an IPv4 agent: each source numbers its samples too
        at = 28
        for _ in range(struct.unpack_from(">I", datagram, 24)[0]):
            kind, length, number, source = struct.unpack_from(">IIII", datagram, at)
            yield (kind, source), at + 8, number
            at += 8 + length


def _spans(numbers: Sequence[Sequence[_Number]], buffers: Sequence[bytes | bytearray]) -> dict[tuple[int, int], int]:
    """By how much each number goes up in a lap: to where the next datagram, or sample, would have gone on."""
    first, last, steps = dict[tuple[int, int], int](), dict[tuple[int, int], int](), Counter[int]()
    for found in numbers:
        for key, _, number in found:
            first.setdefault(key, number)
            if key == (0, 0) and key in last:
                steps[number - last[key]] += 1
            last[key] = number
    spans = {key: number - first[key] + 1 for key, number in last.items()}
    if struct.unpack_from(">H", buffers[0])[0] in (5, 10):  # they number records
        spans[0, 0] += steps.most_common(1)[0][0] - 1
    return spans

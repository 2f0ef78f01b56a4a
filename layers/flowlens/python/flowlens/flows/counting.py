"""What the number in a header counts: standards say one thing, some exporters do another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.windows import MASK

# The records before this datagram; those before and in it; both without options data (softflowd); the datagrams.
BEGIN, END, BEGIN_DATA, END_DATA, EACH = range(5)
_ENOUGH = 3  # steps that speak more for another way


@dataclass(slots=True)
class Votes:
    """How many steps from one datagram to the next agree with each way of counting."""

    _for: list[int] = field(default_factory=lambda: [0] * 5)

    def count(
        self, numbers: NDArray[np.int64], records: NDArray[np.int64], options: NDArray[np.int64], believed: int
    ) -> int:
        """The way of counting to believe after these datagrams, the first of which came last time."""
        known = (records[1:] >= 0) & (records[:-1] >= 0)
        steps = (numbers[1:] - numbers[:-1] & MASK)[known]
        data = records - options
        sizes = (records[:-1], records[1:], data[:-1], data[1:])
        agree = np.stack([*(steps == size[known] for size in sizes), steps == 1])
        telling = agree.any(0) & ~agree.all(0)
        for way, steps_agree in enumerate(agree[:, telling]):
            change = 2 * int(steps_agree.sum()) - len(steps_agree)
            self._for[way] = max(self._for[way] + change, 0)
        best = max(range(5), key=lambda way: (self._for[way], -way))
        if self._for[best] < self._for[believed] + _ENOUGH:
            return believed
        self._for = [0] * 5
        return best


def starts(
    ways: NDArray[np.int8], numbers: NDArray[np.int64], records: NDArray[np.int64], options: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first number of each datagram, and how many it takes up, by its exporter's way of counting."""
    taken = np.where((ways == BEGIN_DATA) | (ways == END_DATA), records - options, records)
    first = np.where((ways == END) | (ways == END_DATA), numbers - taken & MASK, numbers)
    return first, np.where(ways == EACH, 1, taken)

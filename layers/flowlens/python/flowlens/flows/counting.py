"""What the number in a header counts: standards say one thing, some exporters do another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.windows import MASK

BEGIN, END, EACH = range(3)  # the records before this datagram; those before and in it (softflowd); datagrams
_ENOUGH = 3  # steps that speak against what was believed


@dataclass(slots=True)
class Votes:
    """How many steps from one datagram to the next agree with each way of counting."""

    _for: list[int] = field(default_factory=lambda: [0, 0, 0])

    def count(self, numbers: NDArray[np.int64], records: NDArray[np.int64], believed: int) -> int:
        """The way of counting to believe after these datagrams, the first of which came last time."""
        known = (records[1:] >= 0) & (records[:-1] >= 0)
        steps = numbers[1:] - numbers[:-1] & MASK
        agree = (steps == records[:-1], steps == records[1:], steps == 1)
        telling = known & ~(agree[0] & agree[1]) & ~(agree[0] & agree[2])
        for way, steps_agree in enumerate(agree):
            self._for[way] += int((steps_agree & telling).sum())
        best = max(range(3), key=lambda way: (self._for[way], -way))
        if best == believed or self._for[best] < _ENOUGH or self._for[best] <= 3 * self._for[believed]:
            return believed
        self._for = [0, 0, 0]
        return best

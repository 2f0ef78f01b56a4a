"""RFC 3339 times in UTC, as many at once as there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.kernel import kernel, words
from flowlens.flows.kernel.words import Words as Tokens

Mask = NDArray[np.bool_]
Milliseconds = NDArray[np.int64]

_WIDTH = 31  # 2026-11-23T10:04:12.123456789Z and a little
_DIGITS = np.array([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18])
_BETWEEN = np.frombuffer(b"--T::", np.uint8)
_BETWEEN_AT = np.array([4, 7, 10, 13, 16])
_LARGEST = np.array([12, 31, 23, 59, 60])


def parse(tokens: Tokens) -> tuple[Milliseconds, Mask]:
    """Milliseconds since 1970, and which tokens are times from 2000 to 2099 at all; the others are 0."""
    library = kernel().library
    if library is not None:
        return words.times(library, tokens)
    place, lengths = np.arange(_WIDTH), (tokens.ends - tokens.starts)[:, None]
    at = np.minimum(tokens.starts[:, None] + place, len(tokens.data) - 1)
    octets = np.where(place < lengths, tokens.data[at], 0).astype(np.uint8)
    digits = octets[:, _DIGITS].astype(np.int64) - ord("0")
    good = ((digits >= 0) & (digits <= 9)).all(axis=1) & (octets[:, _BETWEEN_AT] == _BETWEEN).all(axis=1)
    digits = np.where(good[:, None], digits, 0)
    year = digits[:, 0] * 1000 + digits[:, 1] * 100 + digits[:, 2] * 10 + digits[:, 3]
    month, day, hour, minute, second = (digits[:, at] * 10 + digits[:, at + 1] for at in (4, 6, 8, 10, 12))
    parts = np.stack([month, day, hour, minute, second], axis=1)
    good &= (year >= 2000) & (year < 2100) & (month > 0) & (day > 0) & (parts <= _LARGEST).all(axis=1)
    fraction, fine = _fraction(octets, lengths[:, 0])
    seconds = ((_days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    good &= fine
    return np.where(good, seconds * 1000 + fraction, 0), good


def _fraction(octets: NDArray[np.uint8], lengths: NDArray[np.intp]) -> tuple[Milliseconds, Mask]:
    """Milliseconds after the second, and whether all that follows is a fraction and Z."""
    tail = octets[:, 19:]
    ends = (tail == ord("Z")).argmax(axis=1)
    position = np.arange(tail.shape[1])
    inside = (position > 0) & (position < ends[:, None])
    good = (tail[np.arange(len(tail)), ends] == ord("Z")) & (lengths == ends + 20) & (lengths < _WIDTH)
    good &= (ends == 0) | ((tail[:, 0] == ord(".")) & (ends > 1))
    digit = tail.astype(np.int64) - ord("0")
    good &= ~(inside & ((digit < 0) | (digit > 9))).any(axis=1)
    thousandths = [np.where(inside[:, at], digit[:, at], 0) * 10 ** (3 - at) for at in (1, 2, 3)]
    return np.where(good, sum(thousandths), 0), good


def _days(year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Since 1970; a day that a month does not have is one of the next month (H. Hinnant's way)."""
    year = year - (month <= 2)
    of_era = year % 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    return year // 400 * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468

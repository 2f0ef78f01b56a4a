"""Numbers and addresses out of text, all rows at once: eight octets are one word, and a word is read by arithmetic."""

from __future__ import annotations

import socket

import numpy as np
from numpy.typing import NDArray

PAD = 24  # octets before the first token, so that the last 24 of any can be loaded
Octets = NDArray[np.uint8]
Words = NDArray[np.uint64]
Positions = NDArray[np.intp]
Mask = NDArray[np.bool_]

_ZEROS, _TO_HIGH, _HIGH = (np.uint64(octet * 0x0101010101010101) for octet in (0x30, 0x76, 0x80))
_EACH_SECOND, _HUNDREDS, _MYRIADS = (
    np.uint64(word) for word in (0x000000FF000000FF, 0x000F424000000064, 0x0000271000000001)
)
_MASKS = np.array([2**64 - 2 ** (64 - 8 * kept) for kept in range(9)], np.uint64)
_DOT, _MAPPED = ord("."), np.uint64(0xFFFF_0000_0000)
_LONGEST_NUMBER = 18  # digits: below 2^63


def loaded(data: Octets, ends: Positions, lengths: Positions, *, back: int = 0) -> Words:
    """Per token, the eight octets that end `back` octets before its end; those before its start are zero.

    The octet that stands last in the text is the highest of the word.
    """
    return _raw(data, ends, back) & _kept(lengths, back)


def _raw(data: Octets, ends: Positions, back: int) -> Words:
    return np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))[ends - (8 + back)]


def _kept(lengths: Positions, back: int) -> Words:
    """Which bits of a word are the token's."""
    return _MASKS[np.minimum(np.maximum(lengths - back, 0), 8)]


def numbers(data: Octets, starts: Positions, ends: Positions) -> tuple[Words, Mask]:
    """The values, and which tokens are one to eighteen digits and nothing else."""
    lengths = ends - starts
    values, good = _eight(data, ends, lengths, 0)
    longest = int(lengths.max(initial=0))
    for back, scale in ((8, 10**8), (16, 10**16)):
        if longest > back:
            more, fine = _eight(data, ends, lengths, back)
            values, good = values + more * np.uint64(scale), good & fine
    return values, good & (lengths > 0) & (lengths <= _LONGEST_NUMBER)


def _eight(data: Octets, ends: Positions, lengths: Positions, back: int) -> tuple[Words, Mask]:
    """Up to eight decimal digits: pairs, then fours, then all (D. Lemire's way)."""
    digits = (_raw(data, ends, back) ^ _ZEROS) & _kept(lengths, back)
    good = ((digits + _TO_HIGH | digits) & _HIGH) == 0
    pairs = digits * np.uint64(10) + (digits >> np.uint64(8))
    low = (pairs & _EACH_SECOND) * _HUNDREDS
    high = (pairs >> np.uint64(16) & _EACH_SECOND) * _MYRIADS
    return (low + high) >> np.uint64(32), good


def addresses(data: Octets, starts: Positions, ends: Positions) -> tuple[Words, Words, Octets]:
    """Both halves as the columns of a flow hold them, and 4, 6 or 0 for what is no address."""
    high, low = np.zeros((2, len(starts)), np.uint64)
    version = np.zeros(len(starts), np.uint8)
    dotted, dots = _dots(data, starts, ends)
    low[dotted], version[dotted] = _fours(data, starts[dotted], ends[dotted], dots)
    others = np.flatnonzero((version == 0) & (ends - starts > 1))
    for position, packed in _sixes(data, starts[others], ends[others]):
        rows = others[position]
        high[rows], low[rows] = int.from_bytes(packed[:8], "big"), int.from_bytes(packed[8:], "big")
        version[rows] = 6
    return high, low, version


def _dots(data: Octets, starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
    """Which tokens have three dots among at most 15 octets, and where: three positions for each."""
    last = np.lib.stride_tricks.as_strided(data, (len(data) - 15, 16), (1, 1))[ends - 16] == _DOT
    lengths = ends - starts
    last &= np.arange(15, -1, -1) < lengths[:, None]
    dotted = np.flatnonzero((np.count_nonzero(last, axis=1) == 3) & (lengths <= 15))
    places = np.nonzero(last[dotted])[1].reshape(-1, 3)
    return dotted, ends[dotted, None] - 16 + places


def _fours(data: Octets, starts: Positions, ends: Positions, dots: Positions) -> tuple[Words, Octets]:
    begins = np.concatenate([starts, *(dots + 1).T])
    until = np.concatenate([*dots.T, ends])
    values, good = numbers(data, begins, until)
    parts, fine = values.reshape(4, -1), (good & (values < 256) & (until - begins <= 3)).reshape(4, -1).all(axis=0)
    shifts = np.array([[24], [16], [8], [0]], np.uint64)
    low = np.bitwise_or.reduce(parts << shifts, axis=0) | _MAPPED
    return np.where(fine, low, np.uint64(0)), np.where(fine, 4, 0).astype(np.uint8)


def _sixes(data: Octets, starts: Positions, ends: Positions) -> list[tuple[Positions, bytes]]:
    """Each distinct IPv6 address once, with the tokens that are it."""
    rows: dict[bytes, list[int]] = {}
    for position, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        rows.setdefault(data[start : min(end, start + 64)].tobytes(), []).append(position)
    found = []
    for token, positions in rows.items():
        try:
            found.append((np.array(positions), socket.inet_pton(socket.AF_INET6, token.decode("ascii"))))
        except (OSError, ValueError):
            continue  # no address: its version stays 0
    return found


def equal(data: Octets, starts: Positions, ends: Positions, word: bytes) -> Mask:
    """Which tokens are exactly this word of one to eight octets."""
    lengths = ends - starts
    expected = np.uint64(int.from_bytes(word.rjust(8, b"\0"), "little"))
    same: Mask = (lengths == len(word)) & (loaded(data, ends, lengths) == expected)
    return same


def same(data: Octets, one: tuple[Positions, Positions], other: tuple[Positions, Positions]) -> Mask:
    """Which tokens, by start and end, are the same octets; those above 16 octets are taken to differ."""
    lengths = one[1] - one[0]
    alike: Mask = (lengths == other[1] - other[0]) & (lengths <= 16)
    for back in (0, 8):
        alike &= loaded(data, one[1], lengths, back=back) == loaded(data, other[1], lengths, back=back)
    return alike


def last(data: Octets, starts: Positions, ends: Positions) -> list[Words]:
    """The last 24 octets of each token as three words."""
    return [loaded(data, ends, ends - starts, back=back) for back in (0, 8, 16)]


def text(data: Octets, start: int, end: int) -> str:
    return data[start:end].tobytes().decode("ascii", "backslashreplace")

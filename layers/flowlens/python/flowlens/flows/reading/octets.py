"""Numbers and addresses out of text, all rows at once: eight octets are one word, and a word is read by arithmetic."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.kernel import kernel, words
from flowlens.flows.kernel.words import Halves
from flowlens.flows.kernel.words import Words as Tokens

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
_DOT, _ZERO, _MAPPED = ord("."), ord("0"), np.uint64(0xFFFF_0000_0000)
_LONGEST_NUMBER = 18  # digits: below 2^63
NOTHING, SAID, WRONG = 0, 1, 255  # of a token: empty or a dash, understood, not understood


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


def numbers(tokens: Tokens) -> tuple[Words, Octets]:
    """The values, and what each token says: SAID are one to eighteen digits and nothing else; others are 0."""
    library = kernel().library
    if library is not None:
        return words.numbers(library, tokens)
    values, good = _numbers(*tokens)
    return np.where(good, values, np.uint64(0)), np.where(good, SAID, _unread(tokens)).astype(np.uint8)


def _unread(tokens: Tokens) -> Octets:
    """NOTHING or WRONG of tokens that are not what was wanted."""
    silent = equal(tokens, b"-") | (tokens.ends <= tokens.starts)
    return np.where(silent, NOTHING, WRONG).astype(np.uint8)


def _numbers(data: Octets, starts: Positions, ends: Positions) -> tuple[Words, Mask]:
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


def addresses(tokens: Tokens) -> Halves:
    """Both halves as the columns of a flow hold them, and 4, 6, NOTHING or WRONG."""
    library = kernel().library
    if library is not None:
        return words.addresses(library, tokens)
    high, low, version = _addresses(*tokens)
    return high, low, np.where(version > 0, version, _unread(tokens))


def addresses_like(tokens: Tokens, other: Tokens, known: Halves) -> Halves:
    """The same, where `known` is what the tokens of another column of the same text are, which mostly are the same."""
    library = kernel().library
    if library is not None:
        return words.addresses(library, tokens, other, known)
    at = np.flatnonzero(~_same(tokens.data, (tokens.starts, tokens.ends), (other.starts, other.ends)))
    if 2 * len(at) > len(tokens.ends):
        return addresses(tokens)
    high, low, said = known[0].copy(), known[1].copy(), known[2].copy()
    high[at], low[at], said[at] = addresses(Tokens(tokens.data, tokens.starts[at], tokens.ends[at]))
    return high, low, said


def _addresses(data: Octets, starts: Positions, ends: Positions) -> Halves:
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
    values, good = _numbers(data, begins, until)
    good &= (values < 256) & ((until - begins == 1) | (data[begins] != _ZERO)) & (until - begins <= 3)
    parts, fine = values.reshape(4, -1), good.reshape(4, -1).all(axis=0)
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


def equal(tokens: Tokens, word: bytes) -> Mask:
    """Which tokens are exactly this word of one to eight octets."""
    library = kernel().library
    if library is not None:
        return words.equal(library, tokens, word)
    data, starts, ends = tokens
    lengths = ends - starts
    expected = np.uint64(int.from_bytes(word.rjust(8, b"\0"), "little"))
    same: Mask = (lengths == len(word)) & (loaded(data, ends, lengths) == expected)
    return same


def distinct(columns: Sequence[Tokens]) -> tuple[Positions, Positions] | None:
    """Which of the distinct rows of tokens each row is, and the first of each; None where nobody finds that fast."""
    library = kernel().library
    return words.distinct(library, columns) if library is not None else None


def _same(data: Octets, one: tuple[Positions, Positions], other: tuple[Positions, Positions]) -> Mask:
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

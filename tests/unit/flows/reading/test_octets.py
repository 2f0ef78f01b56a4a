"""Numbers and addresses are read as Python reads them, whatever the text."""

from __future__ import annotations

import socket

import numpy as np
from flowlens.flows.reading.cells import Text
from flowlens.flows.reading.octets import PAD
from hypothesis import given, settings
from hypothesis import strategies as st

TOKENS = st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40), min_size=1, max_size=20)
NUMBERS = st.lists(st.integers(0, 10**19).map(str) | st.text("0123456789-. ", max_size=20), min_size=1, max_size=20)
ADDRESSES = st.lists(st.ip_addresses().map(str) | st.text("0123456789.:abf", max_size=40), min_size=1, max_size=20)


def text(tokens: list[str]) -> Text:
    joined = [token.encode() for token in tokens]
    lengths = np.array([len(token) for token in joined])
    ends = np.cumsum(lengths) + PAD
    return Text(np.frombuffer(bytes(PAD) + b"".join(joined), np.uint8), ends - lengths, ends)


@settings(deadline=None)
@given(NUMBERS | TOKENS)
def test_a_number_is_one_to_eighteen_digits(tokens: list[str]) -> None:
    read = text(tokens).numbers()
    for token, value, said, wrong in zip(tokens, read.values, read.said, read.wrong, strict=True):
        good = 0 < len(token) <= 18 and all(c in "0123456789" for c in token)
        assert said == (token not in ("", "-"))
        assert wrong == (said and not good)
        assert value == (int(token) if good else 0)


@settings(deadline=None)
@given(ADDRESSES | TOKENS)
def test_an_address_is_what_inet_pton_takes(tokens: list[str]) -> None:
    read = text(tokens).addresses()
    for token, high, low, version in zip(tokens, read.high, read.low, read.version, strict=True):
        assert (version, int(high) << 64 | int(low)) == expected(token)


def expected(token: str) -> tuple[int, int]:
    for version, family in ((4, socket.AF_INET), (6, socket.AF_INET6)):
        try:
            number = int.from_bytes(socket.inet_pton(family, token), "big")
        except (OSError, ValueError):
            continue
        if version == 6 or all(part == str(int(part)) for part in token.split(".")):
            return version, number | (0xFFFF_0000_0000 if version == 4 else 0)
    return 0, 0


@settings(deadline=None)
@given(TOKENS, st.integers(0, 19))
def test_words_are_equal_where_they_are(tokens: list[str], at: int) -> None:
    word = (tokens[at % len(tokens)] or "x")[:8]
    assert text(tokens).equals(word.encode()).tolist() == [token == word for token in tokens]

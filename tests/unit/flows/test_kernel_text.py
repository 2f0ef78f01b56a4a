"""Base64 is the same characters whether the kernel writes it or Python does."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode

from flowlens.flows.kernel import kernel
from flowlens.flows.kernel.text import base64_decoded, base64_encoded
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels import without_kernel


@given(st.binary(max_size=300))
def test_both_ways_write_the_same(octets: bytes) -> None:
    assert kernel().library is not None, kernel().absence
    assert base64_encoded(octets) == b64encode(octets)
    with without_kernel():
        assert base64_encoded(octets) == b64encode(octets)


def test_every_octet_and_every_length_of_a_tail() -> None:
    every = bytes(range(256)) * 40
    for length in (*range(40), *range(len(every) - 9, len(every) + 1)):
        assert base64_encoded(every[:length]) == b64encode(every[:length])


def _said(text: bytes) -> bytes | None:
    try:
        return base64_decoded(text)
    except ValueError:  # binascii.Error is one
        return None


@given(st.binary(max_size=300))
def test_what_was_written_is_read_by_both_ways(octets: bytes) -> None:
    text = b64encode(octets)
    assert base64_decoded(text) == base64_decoded(text.decode()) == octets
    with without_kernel():
        assert base64_decoded(text) == octets


@given(st.lists(st.sampled_from([*b"AZaz09+/=", *b"-_ \n\0\xff"]), max_size=24))
def test_both_ways_refuse_the_same(characters: list[int]) -> None:
    text = bytes(characters)
    with without_kernel():
        told = _said(text)
    assert _said(text) == told
    try:
        assert told == b64decode(text, validate=True)
    except binascii.Error:
        assert told is None

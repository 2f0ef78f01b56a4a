"""Base64 is the same characters whether the kernel writes it or Python does."""

from __future__ import annotations

from base64 import b64encode

from flowlens.flows.kernel import kernel
from flowlens.flows.kernel.text import base64_encoded
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

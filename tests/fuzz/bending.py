"""Octets bent without knowledge of their meaning: for readers whose inputs a writer of ours makes."""

from __future__ import annotations

from random import Random

_ODD = (0, 1, 2, 4, 127, 128, 254, 255)
_WORDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\1\0\0\0", b"\xff\xff\xff\x7f")


def bent(rng: Random, data: bytes) -> bytes:
    """The same octets as often as not; else cut, repeated, hit or with a word in another's place."""
    out = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        if not out:
            break
        at = rng.randrange(len(out))
        kind = rng.randrange(8)
        if kind == 0:
            del out[at:]
        elif kind == 1:
            del out[at : at + rng.randrange(1, 9)]
        elif kind == 2:
            out[at:at] = out[at : at + rng.randrange(1, 64)]
        elif kind == 3:
            out[at : at + 4] = rng.choice(_WORDS)
        else:
            out[at] = rng.choice((*_ODD, rng.randrange(256)))
    return bytes(out)

"""Lines of a log that are each the only member of a JSON object, as AWS hands them to Firehose: `{"message":"2 …"}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, cast

from flowlens.flows.reading.blocks import unpacked

MARK = b'{"message":'
_ONE = re.compile(rb'\{"message":\s*"([^"\\\n]*)"\}\s*')
_END = b'"}'
_LONGEST = 64 << 10


def lines(stream: BinaryIO) -> BinaryIO:
    """The messages, one a line, with a line's end or without one between the objects; anything else stays as it is."""
    return cast(BinaryIO, _Lines(_unwrapped(stream)))


def _unwrapped(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    for piece in unpacked(stream):
        rest += piece
        cut = rest.rfind(_END) + len(_END)
        if cut < len(_END):
            cut = len(rest) if len(rest) > _LONGEST else 0
        yield from _sent(_ONE.sub(rb"\1\n", rest[:cut]))
        rest = rest[cut:].lstrip(b"\r\n") if cut else rest
    yield from _sent(_ONE.sub(rb"\1\n", rest))


def _sent(piece: bytes) -> Iterator[bytes]:
    if piece:
        yield piece


class _Lines:
    """Pieces that can be read, each as it comes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _size: int = -1) -> bytes:
        return next(self._pieces, b"")

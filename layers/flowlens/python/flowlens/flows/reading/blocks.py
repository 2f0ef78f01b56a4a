"""A log's text in blocks of whole lines, unpacked where it is gzip: as much memory for any size of file."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from flowlens.model.errors import Malformed

BLOCK = 2 << 20  # octets of text; also what one part of a log holds, so it must stay as it is
LONGEST_LINE = 64 << 10
_READ = 1 << 18
_GZIP = b"\x1f\x8b"
_BOMB_FROM, _BOMB_RATIO = 64 << 20, 250  # a log shrinks ten- to thirtyfold


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Whole lines, each block cut at the same places however the stream hands out its bytes.

    Malformed by `file_gzip`, `file_bomb` or `file_line` (longer than LONGEST_LINE).
    """
    rest = b""
    for block in _even(unpacked(stream)):
        cut = block.rfind(b"\n") + 1
        begun, rest = (rest, block[cut:]) if cut else (b"", rest + block)
        if len(rest) > LONGEST_LINE:
            raise Malformed("file_line", f"a line is longer than {LONGEST_LINE:,} octets")
        if cut:
            yield b"".join((begun, memoryview(block)[:cut]))
    if rest:
        yield rest + b"\n"


def _even(pieces: Iterator[bytes]) -> Iterator[bytes]:
    gathered: list[bytes | memoryview] = []
    size = 0
    for piece in pieces:
        view = memoryview(piece)
        while size + len(view) >= BLOCK:
            yield b"".join((*gathered, view[: BLOCK - size]))
            view, gathered, size = view[BLOCK - size :], [], 0
        gathered.append(view)
        size += len(view)
    if size:
        yield b"".join(gathered)


def unpacked(stream: BinaryIO) -> Iterator[bytes]:
    """The content in pieces, unpacked where it is gzip. Malformed by `file_gzip` or `file_bomb`."""
    first = stream.read(_READ)
    if not first.startswith(_GZIP):
        while first:
            yield first
            first = stream.read(_READ)
        return
    yield from _members(stream, first)


def _members(stream: BinaryIO, data: bytes) -> Iterator[bytes]:
    """A gzip file is one member or several, one after the other; zeros may fill it up."""
    bomb = _Bomb(len(data))
    while data.strip(b"\0"):
        data = yield from _member(stream, data, bomb)
        if not data:
            data = bomb.fed(stream.read(_READ))


def _member(stream: BinaryIO, data: bytes, bomb: _Bomb) -> Generator[bytes, None, bytes]:
    """What it unpacks to; returns what was read beyond its end."""
    unpacker = zlib.decompressobj(wbits=31)
    while not unpacker.eof:
        try:
            piece = unpacker.decompress(data, _READ)
        except zlib.error as error:
            raise Malformed("file_gzip", str(error)) from error
        bomb.grew(len(piece))
        yield piece
        data = unpacker.unconsumed_tail
        if not data and not unpacker.eof and len(piece) < _READ:
            data = bomb.fed(stream.read(_READ))
            if not data:
                raise Malformed("file_gzip", "it ends too early")
    return unpacker.unused_data


@dataclass(slots=True)
class _Bomb:
    """Notices when little becomes far too much."""

    read: int
    made: int = 0

    def fed(self, data: bytes) -> bytes:
        self.read += len(data)
        return data

    def grew(self, octets: int) -> None:
        self.made += octets
        if self.made > _BOMB_FROM and self.made > self.read * _BOMB_RATIO:
            raise Malformed("file_bomb", f"{self.read:,} octets unpack to more than {self.made:,}")

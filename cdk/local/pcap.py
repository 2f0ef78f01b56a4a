"""Capture files by path: plain or gzip, or standard input."""

from __future__ import annotations

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flowlens.flows.reading.captures import MAGICS, Damaged, Frame, frames
from flowlens.model.errors import Invalid


@dataclass(slots=True)
class Capture:
    """The frames of one capture file. `damage` says why reading ended early, "" when it did not."""

    stream: io.BufferedIOBase
    name: str
    damage: str = ""
    beneath: io.BufferedIOBase | None = None  # what is unpacked
    skipped: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Frame]:
        try:
            yield from self._frames()
        except Damaged as damaged:
            self.damage = damaged.reason
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.damage = "the gzip stream is cut off or damaged"
        finally:
            self.close()

    def position(self) -> int:
        """How far the file has been read, in octets of the file."""
        file = self.beneath or self.stream
        return 0 if file.closed or not file.seekable() else file.tell()

    def close(self) -> None:
        self.stream.close()
        if self.beneath is not None:
            self.beneath.close()

    def _frames(self) -> Iterator[Frame]:
        magic = _begin(self.stream, self.name)
        if magic not in MAGICS:
            raise Invalid(f"{self.name} is not a pcap or pcapng capture (it starts with {magic.hex(' ')})")
        yield from frames(self.stream, magic, self.skipped)


def read(path: Path) -> Capture:
    """Opens a capture; `-` is standard input. Gzip is known by its first bytes, not by the file's name."""
    stream = io.BufferedReader(io.FileIO(0 if str(path) == "-" else path, closefd=str(path) != "-"), 1 << 20)
    if stream.peek(2)[:2] == b"\x1f\x8b":
        return Capture(gzip.GzipFile(fileobj=stream), str(path), beneath=stream)
    return Capture(stream, str(path))


def _begin(stream: io.BufferedIOBase, name: str) -> bytes:
    try:
        magic = stream.read(4)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(f"{name} begins like gzip but cannot be unpacked") from error
    if not magic:
        raise Invalid(f"{name} is empty")
    return magic

"""What reads flow logs: streams of bytes become tables of cells, cells become columns, nothing is trusted."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from flowlens.kit.family import Family
from flowlens.model.errors import Malformed

if TYPE_CHECKING:
    from flowlens.flows.body import FlowBody
    from flowlens.flows.reading.tally import Tally

FILES = Family("flowlens.flows.files")  # a reader bears the name of its Format, in lower case
_FIRST = 1 << 16  # octets that tell a format


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a log besides its content, from its name or from whoever subscribed it."""

    account: int = 0  # the AWS account, where no field says it
    log: str = ""  # the flow log's id, fl-…
    fields: tuple[str, ...] = ()  # the stored format's, for text without a header line
    format: str = ""  # the reader's name; empty: by the content
    each: bool = False  # a flow is a record of its own, named as the log names it: it comes in any company
    within: bool = False  # the text goes on inside a list of records: what was appended to a blob since it was read


class Reader(Protocol):
    """A member of FILES."""

    def recognises(self, first: bytes) -> bool: ...

    def read(self, stream: BinaryIO, about: About, tally: Tally) -> Iterator[FlowBody]: ...


def reader(stream: BinaryIO, about: About) -> Reader:
    """By what is known, or by the first octets; the stream can seek. Malformed by `file_format` when none fits."""
    first = begins(stream)
    for name in FILES.names():
        found = cast(Reader, FILES.load(name))
        if about.format == name or (not about.format and found.recognises(first)):
            return found
    if not first:
        raise Malformed("file_empty")
    raise Malformed("file_format", f"not one of {', '.join(FILES.names())} by its first line")


def begins(stream: BinaryIO) -> bytes:
    """The first octets, unpacked where they are gzip; the stream stands at its beginning again."""
    first = _unpacked(stream.read(_FIRST))
    stream.seek(0)
    return first


def _unpacked(first: bytes) -> bytes:
    if not first.startswith(b"\x1f\x8b"):
        return first
    try:
        return zlib.decompressobj(wbits=31).decompress(first, _FIRST)
    except zlib.error as error:
        raise Malformed("file_gzip", str(error)) from error

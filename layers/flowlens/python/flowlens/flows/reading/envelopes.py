"""Log events as CloudWatch Logs hands them to subscribers: documents of JSON, gzipped, alone or joined by Firehose."""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import msgspec

from flowlens.flows.reading.blocks import unpacked
from flowlens.model.errors import Malformed

MAX_DOCUMENT = 16 << 20  # characters; CloudWatch Logs sends at most 1 MiB of packed octets
_FIRST = 1 << 12
_MARKS = ('"messageType"', '"logEvents"', '"logGroup"', '"subscriptionFilters"')
_DECODER = json.JSONDecoder()


class _Event(msgspec.Struct):
    id: str | int  # AWS says text, emulations say numbers
    message: str


class _Document(msgspec.Struct):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html"""

    messageType: str  # noqa: N815 (Amazon's names)
    owner: str = ""
    logGroup: str = ""  # noqa: N815
    logStream: str = ""  # noqa: N815
    logEvents: list[_Event] = []  # noqa: N815


@dataclass(frozen=True, slots=True)
class Envelope:
    """The events that one document carries, of one log stream."""

    owner: str  # the account
    group: str
    stream: str
    events: int
    digest: str  # of the events' ids
    text: bytes  # their messages, one a line

    @property
    def name(self) -> str:
        """Of these events for ever, whoever delivers them and however often."""
        return f"logs://{self.owner}/{self.group}/{self.stream}#{self.digest}"


def recognises(stream: BinaryIO) -> bool:
    """By the first octets, unpacked; the stream can seek and stands at its beginning again."""
    try:
        first = next(_plain(stream), b"")[:_FIRST].decode("utf-8", "replace").lstrip()
    except Malformed:
        first = ""
    stream.seek(0)
    return first.startswith("{") and sum(mark in first for mark in _MARKS) > 1


def envelopes(stream: BinaryIO) -> Iterator[Envelope]:
    """Those with events, in their order; what only asks whether somebody listens is passed over.

    Malformed by `events_json`, `events_shape` or `events_size`, and as the unpacking says.
    """
    for document in _documents(stream):
        try:
            read = msgspec.convert(document, _Document)
        except msgspec.ValidationError as error:
            raise Malformed("events_shape", str(error)) from error
        if read.messageType == "DATA_MESSAGE" and read.logEvents:
            ids = "\n".join(str(event.id) for event in read.logEvents).encode("utf-8", "replace")
            lines = "\n".join(event.message for event in read.logEvents).encode("utf-8", "replace")
            digest = hashlib.blake2b(ids, digest_size=16).hexdigest()
            yield Envelope(read.owner, read.logGroup, read.logStream, len(read.logEvents), digest, lines + b"\n")


def _documents(stream: BinaryIO) -> Iterator[Any]:
    """Whatever stands between them: nothing, as Firehose joins them, or lines."""
    text = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    for piece in _plain(stream):
        rest += text.decode(piece)
        at, found = 0, True
        while found:
            at, document, found = _next(rest, at)
            if found:
                yield document
        rest = rest[at:]
        if len(rest) > MAX_DOCUMENT:
            raise Malformed("events_size", f"a document of more than {MAX_DOCUMENT:,} characters")
    rest = (rest + text.decode(b"", final=True)).strip()
    if rest:
        raise Malformed("events_json", rest[:200])


def _next(text: str, at: int) -> tuple[int, Any, bool]:
    """Where the document ends that begins there; where it begins when it has no end yet."""
    while at < len(text) and text[at].isspace():
        at += 1
    if at < len(text) and text[at] != "{":
        raise Malformed("events_json", text[at : at + 200])
    try:
        document, end = _DECODER.raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError):
        return at, None, False
    return end, document, True


class _Pieces:
    """Pieces that can be read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _size: int = -1) -> bytes:
        return next(self._pieces, b"")


def _plain(stream: BinaryIO) -> Iterator[bytes]:
    """Unpacked once, and once more where Firehose packed what was packed."""
    once = unpacked(stream)
    first = next(once, b"")
    whole = _chained(first, once)
    return unpacked(cast(BinaryIO, _Pieces(whole))) if first.startswith(b"\x1f\x8b") else whole


def _chained(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from others

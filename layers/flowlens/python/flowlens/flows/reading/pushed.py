"""Log entries that were pushed to us: out of the envelope of Pub/Sub, and into the one that waits to be read."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

import msgspec

from flowlens.flows.reading.blocks import LONGEST_LINE
from flowlens.model.errors import Malformed

_MARK = b'{"pushed":'
_GZIP = b"\x1f\x8b"


class _Message(msgspec.Struct):
    """https://cloud.google.com/pubsub/docs/reference/rest/v1/PubsubMessage"""

    data: str = ""
    messageId: str = ""  # noqa: N815 (Google's name)


class _Envelope(msgspec.Struct):
    """https://cloud.google.com/pubsub/docs/push#receive_push"""

    message: _Message
    subscription: str = ""


class Waiting(msgspec.Struct, frozen=True):
    """What was pushed to a feed's gate, until it is read: one entry of a log."""

    tenant: UUID
    feed: int
    name: str  # of the message
    text: str


class _Kept(msgspec.Struct):
    pushed: Waiting


_ENVELOPES, _KEPT = msgspec.json.Decoder(_Envelope), msgspec.json.Decoder(_Kept)


@dataclass(frozen=True, slots=True)
class Message:
    """A message of Pub/Sub; its text is one line."""

    subscription: str
    name: str
    text: str


def message(body: bytes) -> Message:
    """Malformed by `push_json`, `push_envelope`; its data by `push_base64`, `_empty`, `_size`, `_packed`, `_text`."""
    try:
        told = _ENVELOPES.decode(body)
    except msgspec.ValidationError as error:
        raise Malformed("push_envelope", "it is no message of Pub/Sub: leave payload unwrapping off") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("push_json", "it is no JSON") from error
    if not told.message.messageId or len(told.message.messageId) > 200:
        raise Malformed("push_envelope", "the message has no id")
    return Message(told.subscription, told.message.messageId, _line(told.message.data))


def _line(data: str) -> str:
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("push_base64", "the message's data are no base64") from error
    if not content.strip():
        raise Malformed("push_empty", "the message has no data")
    if len(content) > LONGEST_LINE:
        raise Malformed("push_size", f"the message has {len(content):,} octets, and an entry {LONGEST_LINE:,} at most")
    if content.startswith(_GZIP):
        raise Malformed("push_packed", "the message is packed: a log sink packs none")
    try:
        return " ".join(content.decode().splitlines())  # JSON means the same on one line
    except UnicodeDecodeError as error:
        raise Malformed("push_text", "the message is no text in UTF-8") from error


def waiting(tenant: UUID, feed: int, message: Message) -> bytes:
    """As it waits on the stream. What CloudWatch Logs puts there is gzip, so that neither is taken for the other."""
    return msgspec.json.encode(_Kept(Waiting(tenant, feed, message.name, message.text)))


def waits(payload: bytes) -> bool:
    return payload.startswith(_MARK)


def read(payload: bytes) -> Waiting:
    """Malformed by `push_waiting` when we did not write it."""
    try:
        return _KEPT.decode(payload).pushed
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("push_waiting", "it is not as FlowLens keeps it") from error

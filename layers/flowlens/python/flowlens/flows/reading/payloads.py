"""A log entry of Google's as it is decoded where its words are not found in its text."""

from __future__ import annotations

import hashlib

import msgspec

ALLOWED, DROPPED = "ALLOWED", "DROPPED"


class Connection(msgspec.Struct):
    """Who sent to whom. Numbers stand as numbers or as text."""

    src_ip: str = "-"
    dest_ip: str = "-"
    src_port: int | str = "-"
    dest_port: int | str = "-"
    protocol: int | str = "-"


class Observer(msgspec.Struct, frozen=True):
    """An instance, a gateway or another end that reports."""

    project_id: str | None = None
    zone: str | None = None
    vm_name: str | None = None
    name: str | None = None
    location: str | None = None


class Payload(msgspec.Struct):
    """What is read of an entry; all else is skipped unread."""

    connection: Connection
    packets_sent: int | str = 0
    bytes_sent: int | str = 0
    start_time: str = ""
    end_time: str = ""
    reporter: str = "SRC"
    disposition: str = ALLOWED
    drop_reason: str | None = None
    src_instance: Observer | None = None
    dest_instance: Observer | None = None
    src_gateway: Observer | None = None
    dest_gateway: Observer | None = None


class Entry(msgspec.Struct):
    """A log entry. Its first three names tell it from all others (LogEntry: insertId)."""

    jsonPayload: Payload  # noqa: N815 (Google's name)
    insertId: str = ""  # noqa: N815
    logName: str = ""  # noqa: N815
    timestamp: str = ""


DECODER = msgspec.json.Decoder(Entry)
Name = Observer | str


def called(entry: Entry, line: bytes) -> str:
    """Of the entry for ever: by the words that Google calls those alike by which are one, else by its text."""
    words = (entry.logName, entry.timestamp, entry.insertId)
    said = "\0".join(words).encode("utf-8", "replace") if entry.insertId else line
    return f"gcp-entry:{hashlib.blake2b(said, digest_size=16).hexdigest()}"


def row(told: Payload) -> str:
    """A line with a word for each of entries.FIELDS."""
    ends = told.connection
    fate = told.disposition if told.drop_reason is None else DROPPED
    line = (
        f"{ends.src_ip} {ends.dest_ip} {ends.src_port} {ends.dest_port} {ends.protocol}"
        f" {told.packets_sent} {told.bytes_sent} {fate}"
    )
    return line if line.isprintable() else line.replace("\n", "?").replace("\r", "?")


def observer(told: Payload) -> Name:
    if told.reporter.startswith("DEST"):
        return told.dest_instance or told.dest_gateway or told.connection.dest_ip
    return told.src_instance or told.src_gateway or told.connection.src_ip

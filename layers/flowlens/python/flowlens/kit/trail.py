"""The audit trail's chain, and the check of an exported one: Python's standard library alone, usable as a script.

An export is one JSON object a line: {"trail": {tenant, after, hash}}, then an event a line {"event": {…}, "hash": hex},
then {"head": {number, hash}}. Each hash is SHA-256 of the hash before and the event as canonical JSON: keys sorted,
no spaces, UTF-8. `python trail.py FILE [HASH-OF-HEAD]` says what was changed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

GENESIS = bytes(32)
_FIELDS = frozenset({"tenant", "number", "at", "actor", "action", "target", "detail"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a trail, and at which line of the export."""

    line: int
    said: str


def canonical(event: Mapping[str, object]) -> bytes:
    """The same octets for the same event, wherever it is made."""
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def link(before: bytes, event: Mapping[str, object]) -> bytes:
    """The hash of an event that follows the one with the hash `before`."""
    return hashlib.sha256(before + canonical(event)).digest()


@dataclass(slots=True)
class Checker:
    """Goes along a trail, line by line; `fault` is the first thing that is wrong."""

    tenant: object = None
    number: int = -1
    hash: bytes = b""
    began: bool = False
    ended: bool = False
    fault: Fault | None = None
    lines: int = 0

    def take(self, line: str) -> None:
        if self.fault is not None:
            return
        self.lines += 1
        try:
            said = self._judge(_read(line))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            said = "this is no line of an exported trail"
        if said:
            self.fault = Fault(self.lines, said)

    def _judge(self, line: dict[str, object]) -> str:
        if self.ended:
            return "there is more after the end"
        if not self.began:
            return self._begin(line)
        if line.keys() == {"head"}:
            return self._end(line["head"])
        if line.keys() != {"event", "hash"}:
            raise ValueError
        return self._event(line["event"], line["hash"])

    def _begin(self, line: dict[str, object]) -> str:
        trail = line["trail"]
        if line.keys() != {"trail"} or not isinstance(trail, dict) or trail.keys() != {"tenant", "after", "hash"}:
            raise ValueError
        self.tenant, self.number, self.hash = trail["tenant"], _number(trail["after"]), bytes.fromhex(trail["hash"])
        self.began = True
        return (
            "" if self.number or self.hash == GENESIS else "the first event follows nothing, but a hash is given for it"
        )

    def _event(self, event: object, said: object) -> str:
        if not isinstance(event, dict) or event.keys() != _FIELDS or not isinstance(said, str):
            raise ValueError
        if _number(event["number"]) != self.number + 1:
            return f"event {self.number + 1} should be here, and event {event['number']} is"
        if event["tenant"] != self.tenant:
            return f"event {event['number']} is another tenant's"
        self.number, self.hash = self.number + 1, link(self.hash, event)
        return "" if self.hash.hex() == said else f"event {self.number}, or one before it, is not what was written"

    def _end(self, head: object) -> str:
        if not isinstance(head, dict) or head.keys() != {"number", "hash"}:
            raise ValueError
        self.ended = True
        if _number(head["number"]) != self.number:
            return f"the trail goes to event {head['number']}, and the export ends at event {self.number}"
        return "" if head["hash"] == self.hash.hex() else "the last hash is not that of the last event"

    def finish(self, head: str | None = None) -> Fault | None:
        """The first fault; `head` is the hash that the last event must have, known from elsewhere."""
        if self.fault is None and not self.ended:
            self.fault = Fault(self.lines, "it ends before the end: events were cut off")
        if self.fault is None and head is not None and head.strip().lower() != self.hash.hex():
            self.fault = Fault(self.lines, "its end is not the one that was signed: events were changed or cut off")
        return self.fault


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def _read(line: str) -> dict[str, object]:
    found = json.loads(line, object_pairs_hook=_once)
    if not isinstance(found, dict):
        raise TypeError
    return found


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError
    return value


def check(lines: Iterable[str], head: str | None = None) -> tuple[Checker, Fault | None]:
    """What is wrong with an exported trail, if anything."""
    checker = Checker()
    for line in lines:
        checker.take(line)
    return checker, checker.finish(head)


def main(arguments: list[str]) -> int:
    """0 when the file is the trail as it was written, 1 when it is not."""
    if not arguments or len(arguments) > 2:
        sys.stderr.write("trail.py FILE [HASH-OF-HEAD]\n")
        return 2
    try:
        with Path(arguments[0]).open(encoding="utf-8") as lines:
            checker, fault = check(lines, *arguments[1:])
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if fault is not None:
        sys.stdout.write(f"line {fault.line}: {fault.said}\n")
        return 1
    sys.stdout.write(f"whole and unchanged up to event {checker.number}, whose hash is {checker.hash.hex()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

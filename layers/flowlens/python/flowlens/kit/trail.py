"""The audit trail's chain, and the check of an exported one: Python's standard library alone, usable as a script.

An export is one JSON object a line: {"trail": {tenant, after, hash}}, then an event a line {"event": {…}, "hash": hex},
then {"head": {number, hash}}. Each hash is SHA-256 of the hash before and the event as canonical JSON: keys sorted,
no spaces, UTF-8. A signed head is one line of its own file: {"head": {tenant, number, hash, signed_at, key},
"signature": base64}, RSASSA-PKCS1-v1_5 with SHA-256 over the head as canonical JSON; `key` is the SHA-256 of the public
key's DER. `python trail.py FILE… [--head HASH] [--heads FILE --key PEM]` says what was changed; the parts of a long
trail are given together, in any order.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

GENESIS = bytes(32)
_FIELDS = frozenset({"tenant", "number", "at", "actor", "action", "target", "detail"})
_HEAD = frozenset({"tenant", "number", "hash", "signed_at", "key"})
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")  # AlgorithmIdentifier rsaEncryption, RFC 8017 A.1
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo's beginning, RFC 8017 9.2
_LEAST_BITS = 2048


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


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA key; `name` is how signed heads call it."""

    modulus: int
    exponent: int
    name: str

    @classmethod
    def read(cls, pem: str) -> PublicKey:
        """ValueError for what is no RSA key of 2,048 bits or more in a SubjectPublicKeyInfo."""
        body = "".join(line for line in pem.strip().splitlines() if not line.startswith("-----"))
        der = base64.b64decode(body, validate=True)
        inside, rest = _part(der, 0x30)
        if rest or not inside.startswith(_RSA):
            raise ValueError("not an RSA public key")
        bits, rest = _part(inside[len(_RSA) :], 0x03)
        numbers, more = _part(bits[1:], 0x30)
        modulus, behind = _part(numbers, 0x02)
        exponent, last = _part(behind, 0x02)
        key = cls(int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big"), hashlib.sha256(der).hexdigest())
        if rest or more or last or key.modulus.bit_length() < _LEAST_BITS or key.exponent != 65537:
            raise ValueError("not an RSA public key of 2,048 bits or more")
        return key

    def signed(self, message: bytes, signature: bytes) -> bool:
        """RFC 8017 8.2.2: the whole padded digest is compared, and nothing in it is read."""
        size = (self.modulus.bit_length() + 7) // 8
        told = int.from_bytes(signature, "big")
        if len(signature) != size or told >= self.modulus:
            return False
        digest = _SHA256 + hashlib.sha256(message).digest()
        wanted = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        return pow(told, self.exponent, self.modulus).to_bytes(size, "big") == wanted


def _part(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first element, which must be of this kind, and what follows it."""
    if len(der) < 2 or der[0] != tag:
        raise ValueError("not an RSA public key")
    length, at = der[1], 2
    if length & 0x80:
        at = 2 + (length & 0x7F)
        length = int.from_bytes(der[2:at], "big")
    if len(der) < at + length:
        raise ValueError("not an RSA public key")
    return der[at : at + length], der[at + length :]


@dataclass(slots=True)
class Heads:
    """Signed heads of one tenant: the hash of each number that was signed. `fault` is the first that is not right."""

    keys: Mapping[str, PublicKey]
    tenant: object = None
    signed: dict[int, str] = field(default_factory=dict)
    fault: Fault | None = None

    @classmethod
    def read(cls, lines: Iterable[str], keys: Iterable[PublicKey]) -> Heads:
        heads = cls({key.name: key for key in keys})
        for number, line in enumerate(lines, start=1):
            try:
                said = heads._judge(_read(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
                said = "this is no signed head"
            if said:
                heads.fault = Fault(number, said)
                break
        return heads

    def _judge(self, line: dict[str, object]) -> str:
        head, signature = line["head"], line["signature"]
        if line.keys() != {"head", "signature"} or not isinstance(head, dict) or head.keys() != _HEAD:
            raise ValueError
        if head["key"] not in self.keys:
            return f"it was signed with another key, {head['key']}"
        if not self.keys[head["key"]].signed(canonical(head), base64.b64decode(str(signature), validate=True)):
            return "its signature is not that of this head"
        if self.tenant not in (None, head["tenant"]):
            return "it is another tenant's"
        self.tenant, number = head["tenant"], _number(head["number"])
        if self.signed.setdefault(number, str(head["hash"])) != head["hash"]:
            return f"two different hashes were signed for event {number}: the trail was written twice"
        return ""


@dataclass(slots=True)
class Checker:
    """Goes along a trail, line by line; `fault` is the first thing that is wrong. `heads` are what was signed of it.

    `marks` are the numbers at which parts of a trail begin or end, with the hash there once a part came by: all parts
    must agree on it.
    """

    tenant: object = None
    number: int = -1
    hash: bytes = b""
    began: bool = False
    ended: bool = False
    fault: Fault | None = None
    lines: int = 0
    heads: Heads | None = None
    marks: dict[int, str] = field(default_factory=dict)
    confirmed: int = -1  # the last event whose hash was signed

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
        if self.number == 0 and self.hash != GENESIS:
            return "the first event follows nothing, but a hash is given for it"
        if self.heads is not None and self.heads.tenant not in (None, self.tenant):
            return "the signed heads are another tenant's"
        return self._compare()

    def _compare(self) -> str:
        """With what other parts say of the event that was taken last, and with what was signed for it."""
        if self.number in self.marks:
            known = self.marks[self.number] = self.marks[self.number] or self.hash.hex()
            if known != self.hash.hex():
                return f"event {self.number}, or one before it, is another than in the part before"
        said = self.heads.signed.get(self.number) if self.heads else None
        if said is None:
            return ""
        self.confirmed = self.number
        return "" if said == self.hash.hex() else f"event {self.number}, or one before it, is not what was signed"

    def _event(self, event: object, said: object) -> str:
        if not isinstance(event, dict) or event.keys() != _FIELDS or not isinstance(said, str):
            raise ValueError
        if _number(event["number"]) != self.number + 1:
            return f"event {self.number + 1} should be here, and event {event['number']} is"
        if event["tenant"] != self.tenant:
            return f"event {event['number']} is another tenant's"
        self.number, self.hash = self.number + 1, link(self.hash, event)
        if self.hash.hex() != said:
            return f"event {self.number}, or one before it, is not what was written"
        return self._compare()

    def _end(self, head: object) -> str:
        if not isinstance(head, dict) or head.keys() != {"number", "hash"}:
            raise ValueError
        self.ended = True
        if _number(head["number"]) != self.number:
            return f"the trail goes to event {head['number']}, and the export ends at event {self.number}"
        return "" if head["hash"] == self.hash.hex() else "the last hash is not that of the last event"

    def end(self) -> Fault | None:
        """The first fault of this part."""
        if self.fault is None and not self.ended:
            self.fault = Fault(self.lines, "it ends before the end: events were cut off")
        return self.fault

    def finish(self, head: str | None = None) -> Fault | None:
        """The first fault; `head` is the hash that the last event must have, known from elsewhere."""
        self.end()
        if self.fault is None and head is not None and head.strip().lower() != self.hash.hex():
            self.fault = Fault(self.lines, "its end is not the one that was signed: events were changed or cut off")
        if self.fault is None and self.heads is not None:
            last = max(self.heads.signed, default=0)
            if last > self.number:
                said = (
                    f"event {last} was signed, and the trail ends at event {self.number}: events were cut off, or the "
                )
                self.fault = Fault(self.lines, f"{said}signed heads were taken after the trail")
            elif self.confirmed < 0:
                self.fault = Fault(self.lines, "no signed head is of this stretch of the trail: nothing confirms it")
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


def check(lines: Iterable[str], head: str | None = None, heads: Heads | None = None) -> tuple[Checker, Fault | None]:
    """What is wrong with an exported trail, if anything."""
    checker = Checker(heads=heads)
    for line in lines:
        checker.take(line)
    return checker, checker.finish(head)


def join(files: Sequence[Path], head: str | None = None, heads: Heads | None = None) -> tuple[Checker, str]:
    """The last part of a trail, and what is wrong with the whole; empty for nothing. Files come in any order."""
    parts = sorted((_span(file), file) for file in files)
    marks = {number: "" for span, _ in parts for number in span}
    whole, said, begins = Checker(), "", parts[0][0][0]
    for (after, _), file in parts:
        if whole.began and after > whole.number:
            return whole, f"events {whole.number + 1} to {after} are missing: a part of the trail, before {file}"
        part = Checker(heads=heads, marks=marks)
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                part.take(line)
        fault = part.end()
        if fault is None and whole.began and part.tenant != whole.tenant:
            fault = Fault(1, "it is another tenant's")
        if fault is not None:
            return part, _at(fault, file if len(parts) > 1 else None)
        part.confirmed = whole.confirmed = max(part.confirmed, whole.confirmed)
        whole = part if part.number >= whole.number else whole
    if fault := whole.finish(head):
        said = _at(fault, None)
    elif begins > 0:
        sys.stdout.write(f"it begins after event {begins}: what came before was not looked at\n")
    return whole, said


def _span(file: Path) -> tuple[int, int]:
    """After which event a part begins and with which it ends, as it says itself; 0 where it does not."""
    with file.open(encoding="utf-8") as lines:
        first = last = next(lines, "")
        for line in lines:
            last = line
    try:
        return _number(_read(first)["trail"]["after"]), _number(_read(last)["head"]["number"])  # type: ignore[index]
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0, 0


def _at(fault: Fault, file: Path | None) -> str:
    return f"{file}, line {fault.line}: {fault.said}" if file else f"line {fault.line}: {fault.said}"


def main(arguments: list[str]) -> int:
    """0 when the files are the trail as it was written, 1 when they are not."""
    parser = argparse.ArgumentParser(prog="trail.py", description="Is an exported trail whole and unchanged?")
    parser.add_argument("file", type=Path, nargs="+", help="an exported trail, or all its parts in any order")
    parser.add_argument("--head", help="the hash that the last event must have, known from elsewhere")
    parser.add_argument("--heads", type=Path, help="signed heads, taken before the trail")
    parser.add_argument("--key", type=Path, action="append", default=[], help="the public key of the signatures (PEM)")
    told = parser.parse_args(arguments)
    if bool(told.heads) != bool(told.key):
        parser.error("--heads and --key go together")
    try:
        heads = _heads(told.heads, told.key) if told.heads else None
        if heads is not None and heads.fault is not None:
            sys.stdout.write(f"{told.heads}, line {heads.fault.line}: {heads.fault.said}\n")
            return 1
        checker, said = join(told.file, told.head, heads)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if said:
        sys.stdout.write(f"{said}\n")
        return 1
    sys.stdout.write(f"whole and unchanged up to event {checker.number}, whose hash is {checker.hash.hex()}\n")
    if heads is not None:
        sys.stdout.write(
            f"signed up to event {checker.confirmed}; {checker.number - checker.confirmed} came after it\n"
        )
    return 0


def _heads(file: Path, keys: list[Path]) -> Heads:
    with file.open(encoding="utf-8") as lines:
        return Heads.read(lines, [PublicKey.read(key.read_text(encoding="ascii")) for key in keys])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

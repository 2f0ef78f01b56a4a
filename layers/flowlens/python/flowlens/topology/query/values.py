"""What is written behind a comparison, as values; Misread says what would be understood."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flowlens.topology.places import network
from flowlens.topology.query.faults import Misread
from flowlens.topology.query.terms import PROTOCOLS, Sort, Value
from flowlens.topology.query.words import Token

_MAX_PORT = 65535
_NUMBER = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)([a-zA-Z]*)")
_OCTETS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_OCTETS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_COUNTS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_AGES = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
UNITS = {Sort.OCTETS: _OCTETS, Sort.COUNT: _COUNTS, Sort.AGE: _AGES}
EVIDENCE = ("initiator", "flags", "service", "port_order")


def read(sort: Sort, token: Token, unit: str = "") -> Value:
    """The value of a token; `unit` was written apart from its number."""
    if sort in UNITS:
        return _amount(sort, token, unit)
    if sort is Sort.PORT:
        return _ports(token)
    if sort is Sort.PROTOCOL:
        return _protocol(token)
    if sort is Sort.TIME:
        return _time(token)
    if sort is Sort.NETWORK:
        return _network(token)
    if sort is Sort.EVIDENCE and token.text.lower() not in EVIDENCE:
        raise _no(token, f"evidence is one of {', '.join(EVIDENCE)}")
    return token.text


def _amount(sort: Sort, token: Token, unit: str) -> float:
    units = UNITS[sort]
    found = _NUMBER.fullmatch(token.text)
    name = (found[2] + unit).lower() if found else ""
    if found is None or name not in units:
        raise _no(token, "this must be a number" + _of(units))
    return float(found[1]) * units[name]


def _of(units: dict[str, int]) -> str:
    return f", with a unit: {', '.join(name for name in units if name)}"


def _ports(token: Token) -> tuple[float, float]:
    low, dash, high = token.text.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) <= 5 for part in ((low, high) if dash else (low,))):
        raise _no(token, "a port is a number, a range of ports is 8000-8999")
    first, last = int(low), int(high or low)
    if not first <= last <= _MAX_PORT:
        raise _no(token, f"ports lie between 0 and {_MAX_PORT}, and a range begins with the lower one")
    return float(first), float(last)


def _protocol(token: Token) -> float:
    text = token.text.lower()
    if text in PROTOCOLS:
        return float(PROTOCOLS[text])
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 255:
        return float(text)
    raise _no(token, f"a protocol is a number up to 255, or one of {', '.join(PROTOCOLS)}")


def _time(token: Token) -> float:
    """Microseconds since 1970; without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(token.text.replace("Z", "+00:00"))
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if not 1970 <= at.year < 2200:
            raise ValueError(token.text)
        return at.timestamp() * 1e6
    except (ValueError, OverflowError):
        raise _no(token, "a time is written 2026-11-23 or 2026-11-23T10:00Z") from None


def _network(token: Token) -> str:
    try:
        return str(network(token.text))
    except ValueError:
        raise _no(token, "this must be an address or a network, such as 10.1.0.0/16") from None


def _no(token: Token, said: str) -> Misread:
    return Misread(said, token.at, token.end)

"""From text to a query, by descent; every fault says where it is.

query = both ("or" both)*          both = one (["and"] one)*          one = "not" one | "(" query ")" | term
term  = field op value | field ["not"] "in" "(" value ("," value)* ")" | internal | external | word
"""

from __future__ import annotations

from collections.abc import Collection

from flowlens.topology.query import values
from flowlens.topology.query.faults import Misread
from flowlens.topology.query.terms import (
    ALIASES,
    ENDS,
    FIELDS,
    OF_ASSETS,
    ORDERED,
    TAG,
    All,
    Any,
    Not,
    Part,
    Sort,
    Term,
    Value,
)
from flowlens.topology.query.words import Kind, Token, split

MAX_TERMS = 100
_MAX_DEPTH = 40
_COMPARE = ("=", "!=", "~", "!~", "<", "<=", ">", ">=")
_ORDER = ("<", "<=", ">", ">=")
_JOINS = ("and", "or")


def parse(text: str, attributes: Collection[str]) -> Part | None:
    """The query, or None for an empty text; Misread otherwise."""
    reader = _Reader(split(text), attributes)
    return None if reader.now.kind is Kind.END else reader.whole()


def field(text: str, attributes: Collection[str]) -> tuple[str, Sort, str] | None:
    """(name, sort, end) of a field as it is written, such as `client.env`; None when there is none of this name."""
    end, dot, rest = text.lower().partition(".")
    if dot and end in ENDS:
        found = _plain(rest, attributes)
        return (*found, ENDS[end]) if found and found[1] in OF_ASSETS else None
    plain = _plain(text.lower(), attributes)
    return (*plain, "") if plain else None


def _plain(text: str, attributes: Collection[str]) -> tuple[str, Sort] | None:
    name = ALIASES.get(text, text)
    if name in FIELDS:
        return name, FIELDS[name][0]
    return (name, Sort.TEXT) if name in attributes or TAG.fullmatch(name) else None


class _Reader:
    def __init__(self, tokens: list[Token], attributes: Collection[str]) -> None:
        self._tokens, self._attributes = tokens, attributes
        self._position = self._depth = self._terms = 0

    @property
    def now(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self.now
        self._position += token.kind is not Kind.END
        return token

    def whole(self) -> Part:
        found = self._either()
        if self.now.kind is not Kind.END:
            raise self._fault("this ) closes nothing" if self.now.is_mark(")") else "a field must stand before this")
        return found

    def _either(self) -> Part:
        parts = [self._both()]
        while self.now.is_word("or"):
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _both(self) -> Part:
        parts = [self._one()]
        while self.now.kind in (Kind.WORD, Kind.QUOTED) or self.now.is_mark("("):
            if self.now.is_word("or"):
                break
            if self.now.is_word("and"):
                self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Part:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._fault("this lies in too many brackets")
        found = self._inner()
        self._depth -= 1
        return found

    def _inner(self) -> Part:
        token = self._take()
        if token.is_word("not"):
            return Not(self._one())
        if token.is_mark("("):
            found = self._either()
            if not self.now.is_mark(")"):
                raise Misread("this ( is never closed", token.at, token.end)
            self._take()
            return found
        if token.kind is Kind.END or token.is_word(*_JOINS) or token.kind is Kind.MARK:
            raise Misread("here something to look for is missing", token.at, token.end)
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise Misread(f"a query has at most {MAX_TERMS} conditions", token.at, token.end)
        return self._term(token)

    def _term(self, token: Token) -> Part:
        compared = self.now.is_mark(*_COMPARE) or self._is_in()
        known = field(token.text, self._attributes) if token.kind is Kind.WORD else None
        if not compared:
            return self._bare(token, known)
        if known is None:
            raise Misread(f"there is no field {token.text[:60]!r}", token.at, token.end)
        if known[1] is Sort.FLAG:
            raise self._fault(f"{known[0]} stands by itself: not {known[0]} is its opposite")
        if self.now.kind is Kind.WORD:
            return self._members(token, known)
        return self._comparison(token, known)

    def _is_in(self) -> bool:
        after = self._tokens[min(self._position + 1, len(self._tokens) - 1)]
        # A bare `in` or `not` could be a word to look for: what follows decides.
        return (self.now.is_word("in") and after.is_mark("(")) or (self.now.is_word("not") and after.is_word("in"))

    def _bare(self, token: Token, known: tuple[str, Sort, str] | None) -> Part:
        if known and known[1] is Sort.FLAG:
            return Term(known[0], Sort.FLAG, known[2], "=", (), token.at, token.end)
        if known:
            raise Misread(f"{token.text} needs a comparison, such as {token.text}={_SAMPLES[known[1]]}", *_span(token))
        name, colon, value = token.text.partition(":")
        if token.kind is Kind.WORD and colon and field(name, self._attributes):
            raise Misread(f"write {name}={value or '…'}", token.at, token.end)
        return Term("", Sort.ANYTHING, "", "=", (token.text,), token.at, token.end)

    def _members(self, token: Token, known: tuple[str, Sort, str]) -> Part:
        negated = self._take().is_word("not")
        if negated:
            self._take()
        opening = self._take()
        if not opening.is_mark("("):
            raise Misread("after in come values in brackets: in (443, 8443)", *_span(opening))
        found = [self._value(known[1])]
        while self.now.is_mark(","):
            self._take()
            found.append(self._value(known[1]))
        if not self.now.is_mark(")"):
            raise self._fault("a , or a ) must follow")
        term = Term(*known, "=", tuple(found), token.at, self._take().end)
        return Not(term) if negated else term

    def _comparison(self, token: Token, known: tuple[str, Sort, str]) -> Part:
        mark = self._take()
        _, sort, _ = known
        if mark.text in _ORDER and sort not in ORDERED:
            raise Misread(f"{token.text} has no order: use = or !=", *_span(mark))
        if mark.text in ("~", "!~") and sort not in (Sort.TEXT, Sort.SERVICE):
            raise Misread(f"{token.text} is no text: use = or !=", *_span(mark))
        value = self._value(sort)
        op = mark.text.removeprefix("!")
        term = Term(*known, op, (value,), token.at, self._tokens[self._position - 1].end)
        return Not(term) if mark.text.startswith("!") else term

    def _value(self, sort: Sort) -> Value:
        token = self._take()
        if token.kind not in (Kind.WORD, Kind.QUOTED):
            raise Misread("here a value is missing", *_span(token))
        unit = ""
        if sort in values.UNITS and self.now.kind is Kind.WORD and token.text[-1:].isdigit():
            unit = self._take().text if self.now.text.lower() in values.UNITS[sort] else ""
        return values.read(sort, token, unit)

    def _fault(self, said: str) -> Misread:
        return Misread(said, *_span(self.now))


_SAMPLES = {
    Sort.TEXT: "prod",
    Sort.NETWORK: "10.1.0.0/16",
    Sort.SPACE: "1",
    Sort.PORT: "443",
    Sort.PROTOCOL: "tcp",
    Sort.SERVICE: "https",
    Sort.EVIDENCE: "flags",
    Sort.OCTETS: "1kB",
    Sort.COUNT: "100",
    Sort.TIME: "2026-11-23",
    Sort.AGE: "7d",
}


def _span(token: Token) -> tuple[int, int]:
    return token.at, token.end

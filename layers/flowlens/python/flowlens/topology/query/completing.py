"""What could be written next: fields, comparisons, values, joins."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from flowlens.topology.query.faults import Misread
from flowlens.topology.query.parsing import field
from flowlens.topology.query.terms import ALIASES, FIELDS, ORDERED, PROTOCOLS, Sort
from flowlens.topology.query.values import EVIDENCE
from flowlens.topology.query.words import Kind, Token, split

MOST = 12
_COMPARE = ("=", "!=", "~", "!~", "<", "<=", ">", ">=")
_ENDS = ("client.", "server.")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Put `text` in the place of the characters from `at` to `end`; `about` says what it is."""

    text: str
    about: str
    at: int
    end: int


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to suggest: attributes in the order of reading, and the values of one."""

    attributes: Collection[str]
    values: Callable[[str, Sort], Sequence[str]]


def complete(text: str, cursor: int, known: Known) -> list[Suggestion]:
    """Suggestions for the word that the cursor stands behind, the best first."""
    try:
        tokens = split(text[:cursor])
    except Misread:
        return _open_quote(text[:cursor], known)
    typed, at, before = _last(tokens, cursor)
    wanted = _asked_value(before, known)
    if wanted is not None:
        return _values(typed, at, cursor, known.values(*wanted))
    if before and _is_field(before[-1], known) and not _needs_none(before[-1], known):
        return _marked(before[-1], at, cursor, known)
    found = _fields(typed, known)
    if before and not before[-1].is_mark("(") and not before[-1].is_word("and", "or", "not"):
        found = [*_starting(typed, (("and", "and also"), ("or", "or else"))), *found]
    else:
        found = [*found, *_starting(typed, (("not", "the opposite"),))]
    if field(typed, known.attributes) and cursor > at and not _needs_none(_word(typed, at), known):
        found = [(typed + mark, about) for mark, about in _marks(typed, known)] + found
    return [Suggestion(one, about, at, cursor) for one, about in found[:MOST]]


def _last(tokens: list[Token], cursor: int) -> tuple[str, int, list[Token]]:
    """The word that is being typed, where it begins, and what stands before it."""
    *rest, _ = tokens
    if rest and rest[-1].kind is Kind.WORD and rest[-1].end == cursor:
        return rest[-1].text, rest[-1].at, rest[:-1]
    return "", cursor, rest


def _word(text: str, at: int) -> Token:
    return Token(Kind.WORD, text, at, at + len(text))


def _is_field(token: Token, known: Known) -> bool:
    return token.kind is Kind.WORD and field(token.text, known.attributes) is not None


def _needs_none(token: Token, known: Known) -> bool:
    found = field(token.text, known.attributes)
    return found is not None and found[1] is Sort.FLAG


def _asked_value(before: list[Token], known: Known) -> tuple[str, Sort] | None:
    """The field whose value comes next."""
    at = len(before) - 1
    if at >= 0 and before[at].is_mark("(", ","):
        while at >= 0 and not before[at].is_mark("("):
            at -= 1
        if at < 2 or not before[at - 1].is_word("in"):
            return None
        at -= 2 if not before[at - 2].is_word("not") else 3
    elif at >= 1 and before[at].is_mark(*_COMPARE):
        at -= 1
    else:
        return None
    found = field(before[at].text, known.attributes) if at >= 0 and before[at].kind is Kind.WORD else None
    return (found[0], found[1]) if found else None


def _values(typed: str, at: int, end: int, values: Sequence[str]) -> list[Suggestion]:
    part = typed.casefold()
    first = [value for value in values if value.casefold().startswith(part)]
    later = [value for value in values if part and part in value.casefold() and value not in first]
    return [Suggestion(written(value), "", at, end) for value in [*first, *later][:MOST]]


def _open_quote(text: str, known: Known) -> list[Suggestion]:
    at = text.rfind('"')
    try:
        tokens = split(text[:at])[:-1]
    except Misread:
        return []
    wanted = _asked_value(tokens, known)
    return _values(text[at + 1 :], at, len(text), known.values(*wanted)) if wanted else []


def _marked(token: Token, at: int, end: int, known: Known) -> list[Suggestion]:
    return [Suggestion(mark.strip(), about, at, end) for mark, about in _marks(token.text, known)]


def _marks(text: str, known: Known) -> list[tuple[str, str]]:
    found = field(text, known.attributes)
    if found is None:
        return []
    if found[1] in ORDERED:
        marks = [(">", "more than"), ("<", "less than"), ("=", "equals")]
        return [*marks, (" in (", "one of")] if found[1] is Sort.PORT else marks
    marks = [("=", "equals, * stands for anything"), ("!=", "differs from"), (" in (", "one of")]
    return [*marks, ("~", "contains")] if found[1] in (Sort.TEXT, Sort.SERVICE) else marks


def _fields(typed: str, known: Known) -> list[tuple[str, str]]:
    names = [(name, f"the asset's {name.replace('_', ' ')}") for name in known.attributes]
    names += [(name, about) for name, (_, about) in FIELDS.items()]
    end, dot, rest = typed.lower().partition(".")
    if dot and f"{end}." in _ENDS:
        of_end = [(f"{end}.{name}", f"{about}, of the {end}") for name, about in names if _has_end(name, known)]
        return _starting(f"{end}.{rest}", of_end)
    found = _starting(typed, names)
    if not found and typed:
        found = [(name, dict(names).get(name, name)) for alias, name in ALIASES.items() if alias == typed.lower()]
    return [*found, *_starting(typed, ((one, f"only of the {one[:-1]}") for one in _ENDS))]


def _has_end(name: str, known: Known) -> bool:
    return field(f"client.{name}", known.attributes) is not None


def _starting(typed: str, names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, about) for name, about in names if name.startswith(typed.lower())]


def written(value: str) -> str:
    """A value as it must be written in a query."""
    if re.fullmatch(r"[^\s=<>~!(),\"]+", value) and value.lower() not in ("and", "or", "not", "in"):
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """A value that means itself, whatever is in it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def fixed_values(sort: Sort) -> tuple[str, ...]:
    """The values of fields whose values never change."""
    return tuple(PROTOCOLS) if sort is Sort.PROTOCOL else EVIDENCE if sort is Sort.EVIDENCE else ()

"""A query's text as words with their positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from flowlens.topology.query.faults import Misread

MAX_LENGTH = 1000
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<mark><=|>=|!=|!~|[=<>~(),])
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<word>[^\s=<>~!(),"]+)""",
    re.VERBOSE,
)


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted"
    MARK = "mark"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """`at` and `end` are positions in the text, of characters."""

    kind: Kind
    text: str
    at: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind is Kind.WORD and self.text.lower() in words

    def is_mark(self, *marks: str) -> bool:
        return self.kind is Kind.MARK and self.text in marks


def split(text: str) -> list[Token]:
    """The words, and an END; Misread says where a character has no place."""
    if len(text) > MAX_LENGTH:
        raise Misread(f"a query has at most {MAX_LENGTH} characters", MAX_LENGTH, len(text))
    return [*_tokens(text), Token(Kind.END, "", len(text), len(text))]


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            said = 'this " is never closed' if text[at] == '"' else f"{text[at]!r} has no meaning here"
            raise Misread(said, at, len(text) if text[at] == '"' else at + 1)
        kind = found.lastgroup
        if kind == "quoted":
            yield Token(Kind.QUOTED, re.sub(r"\\(.)", r"\1", found["quoted"]), at, found.end())
        elif kind != "space":
            yield Token(Kind(kind or ""), found[0], at, found.end())
        at = found.end()

"""Names that exporters give their interfaces, routing instances and applications, learnt from options data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from flowlens.flows.decoding import elements
from flowlens.flows.decoding.fields import Fields, Pieces, readable
from flowlens.flows.decoding.rare import engine_first
from flowlens.flows.decoding.tally import Tally

EXPORTER_LIMIT = 8192  # names of an exporter: the oldest leave
LIMIT = 32_768  # names of all exporters: new ones are refused; about 10 MiB


class Names(NamedTuple):
    """The names of one exporter. Applications go by the values of the column `application`."""

    interfaces: Mapping[int, str]
    descriptions: Mapping[int, str]
    vrfs: Mapping[int, str]
    applications: Mapping[int, str]
    hosts: Mapping[int, str]  # of an sFlow agent that is one


_Key = tuple[str, int]


@dataclass(slots=True)
class NameBook:
    """All names, by exporter, then by kind and id."""

    tally: Tally
    _by_exporter: dict[int, dict[_Key, str]] = field(default_factory=dict)
    _count: int = 0
    _news: dict[tuple[int, str, int], None] = field(default_factory=dict)  # names to be told, in the order they came

    def of(self, exporter: int) -> Names:
        """What is known now."""
        known = self._by_exporter.get(exporter, {})
        return Names(
            *({key: name for (kind, key), name in known.items() if kind == wanted} for wanted in Names._fields)
        )

    def learn(self, exporter: int, fields: Fields, pieces: Pieces) -> None:
        """Takes the names out of options records."""
        for element, (kind, key) in elements.TEXTS.items():
            texts = pieces.texts(element)
            ids = fields.uint(key)
            if texts is None or ids is None:
                continue
            if key == elements.APPLICATION:
                ids = engine_first(ids, fields.length(key))
            for number, text in zip(ids.tolist(), texts, strict=True):
                if text:
                    self._put(exporter, (kind, number), text)

    def put(self, exporter: int, kind: str, number: int, octets: bytes) -> None:
        """Takes a name that came as octets."""
        if text := readable(octets):
            self._put(exporter, (kind, number), text)

    def _put(self, exporter: int, key: _Key, name: str) -> None:
        known = self._by_exporter.setdefault(exporter, {})
        if known.get(key) != name and len(self._news) < LIMIT:
            self._news[exporter, *key] = None
        if known.pop(key, None) is not None:
            self._count -= 1
        elif len(known) >= EXPORTER_LIMIT:
            known.pop(next(iter(known)))
            self._count -= 1
        if self._count >= LIMIT:
            self.tally.add(exporter, "names_refused")
            return
        known[key] = name
        self._count += 1

    def news(self, most: int) -> list[tuple[int, str, int, str]]:
        """Exporter, kind, id and name of what changed, the oldest first; each until it was `told`."""
        found = []
        for exporter, kind, number in islice(self._news, most):
            found.append((exporter, kind, number, self._by_exporter.get(exporter, {}).get((kind, number), "")))
        return found

    def told(self, news: list[tuple[int, str, int, str]]) -> None:
        """These need not be told again, unless they changed meanwhile."""
        for exporter, kind, number, name in news:
            if self._by_exporter.get(exporter, {}).get((kind, number), "") == name:
                self._news.pop((exporter, kind, number), None)

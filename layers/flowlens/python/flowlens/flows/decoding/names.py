"""Names that exporters give their interfaces, routing instances and applications, learnt from options data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from flowlens.flows.decoding import elements
from flowlens.flows.decoding.fields import Fields, Pieces
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


_Key = tuple[str, int]


@dataclass(slots=True)
class NameBook:
    """All names, by exporter, then by kind and id."""

    tally: Tally
    _by_exporter: dict[int, dict[_Key, str]] = field(default_factory=dict)
    _count: int = 0

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

    def _put(self, exporter: int, key: _Key, name: str) -> None:
        known = self._by_exporter.setdefault(exporter, {})
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

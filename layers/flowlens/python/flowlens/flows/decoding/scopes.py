"""What exporters told about themselves: templates and samplers by (exporter, version, domain), within fixed bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import Format
from flowlens.flows.decoding import elements
from flowlens.flows.decoding.fields import Fields
from flowlens.flows.decoding.samplers import Samplers
from flowlens.flows.decoding.shelf import Shelf
from flowlens.flows.decoding.tally import Tally
from flowlens.flows.decoding.templates import Template
from flowlens.flows.decoding.times import LAST

DOMAINS_LIMIT = 64  # of an exporter
TEMPLATES_LIMIT = 512  # of a domain
EXPORTER_TEMPLATES_LIMIT = 4096
BUDGET = 64 << 20  # octets, for the templates of all exporters
_JITTER = 2_000  # ms by which exporters differ from themselves when they reckon back to their beginning


class ScopeKey(NamedTuple):
    """Template and sampler ids mean something within this only."""

    exporter: int
    format: Format
    domain: int


@dataclass(eq=False, slots=True)
class Scope:
    """One domain of one exporter."""

    key: ScopeKey
    templates: Shelf[int, Template] = field(default_factory=Shelf)
    samplers: Samplers = field(default_factory=Samplers)
    system_init: int | None = None  # ms since 1970 UTC, for the uptimes of IPFIX (element 160)
    renewed: int = 0  # when its sampling was last marked to be kept, by the state's clock

    def learn(self, fields: Fields) -> bool:
        """Takes rates and the system's beginning out of options records, of which there is at least one.

        Says whether that is news.
        """
        before = self.samplers.changes
        self.samplers.learn(fields)
        init = fields.uint(elements.SYSTEM_INIT)
        known = self.system_init
        if init is not None:
            self.system_init = min(int(init[-1]), LAST)
        moved = init is not None and (known is None or abs(int(self.system_init or 0) - known) > _JITTER)
        return moved or self.samplers.changes != before

    @property
    def taught(self) -> bool:
        """Whether options data said anything that would be missed."""
        return self.system_init is not None or self.samplers.changes > 0


@dataclass(slots=True)
class _Exporter:
    scopes: Shelf[ScopeKey, Scope] = field(default_factory=Shelf)
    templates: int = 0
    cost: int = 0


@dataclass(slots=True)
class Scopes:
    """All scopes. What is over a bound leaves by last use of its data, at its own exporter's expense."""

    tally: Tally
    budget: int = BUDGET
    cost: int = 0
    version: int = 0  # goes up with every template that comes or goes
    _exporters: dict[int, _Exporter] = field(default_factory=dict)
    _greedy: _Exporter | None = None
    _enough: int = 0

    def find(self, key: ScopeKey) -> Scope | None:
        """The scope, for its data: a use."""
        exporter = self._exporters.get(key.exporter)
        return exporter.scopes.use(key) if exporter else None

    def peek(self, key: ScopeKey) -> Scope | None:
        exporter = self._exporters.get(key.exporter)
        return exporter.scopes.get(key) if exporter else None

    def put(self, key: ScopeKey, template: Template) -> None:
        """Adds or replaces a template, and makes room for it."""
        exporter = self._exporters.setdefault(key.exporter, _Exporter())
        scope = exporter.scopes.get(key)
        old = scope.templates.get(template.definition.id) if scope else None
        if old is not None:
            self._account(exporter, -1, -old.cost)
        else:
            self._make_room(exporter, scope)
        scope = scope or Scope(key)
        exporter.scopes.put(key, scope)
        scope.templates.put(template.definition.id, template)
        self._account(exporter, 1, template.cost)
        while self.cost > self.budget:
            self._evict_oldest(self._greediest())

    def restore(self, key: ScopeKey, template: Template) -> bool:
        """Adds or replaces a template if that needs no other to leave; says whether."""
        exporter, scope = self._exporters.get(key.exporter), self.peek(key)
        held = scope is not None and scope.templates.get(template.definition.id) is not None
        room = self.cost + template.cost <= self.budget and (
            held or scope is None or len(scope.templates) < TEMPLATES_LIMIT
        )
        if exporter is not None and not held:
            room &= exporter.templates < EXPORTER_TEMPLATES_LIMIT
            room &= scope is not None or len(exporter.scopes) < DOMAINS_LIMIT
        if room:
            self.put(key, template)
        return room

    def reopen(self, key: ScopeKey) -> Scope | None:
        """The scope, made if there is room for it."""
        exporter = self._exporters.setdefault(key.exporter, _Exporter())
        scope = exporter.scopes.get(key)
        if scope is None and len(exporter.scopes) < DOMAINS_LIMIT:
            scope = Scope(key)
            exporter.scopes.put(key, scope)
        return scope

    def _greediest(self) -> _Exporter:
        """Who holds most, or did until it had lost a quarter: a flood must not make us look at everybody each time."""
        if self._greedy is None or self._greedy.cost <= self._enough:
            self._greedy = max(self._exporters.values(), key=lambda one: one.cost)
            self._enough = self._greedy.cost * 3 // 4
        return self._greedy

    def _make_room(self, exporter: _Exporter, scope: Scope | None) -> None:
        """For one more template, in that scope or in a new one."""
        if scope is None and len(exporter.scopes) >= DOMAINS_LIMIT:
            self._drop(exporter, exporter.scopes.first_to_leave())
        if scope is not None and len(scope.templates) >= TEMPLATES_LIMIT:
            self._evict(exporter, scope)
        while exporter.templates >= EXPORTER_TEMPLATES_LIMIT:
            self._evict_oldest(exporter)

    def withdraw(self, key: ScopeKey, template_id: int) -> None:
        """Forgets a template that its exporter withdrew."""
        scope = self.peek(key)
        if scope is not None:
            self._remove(self._exporters[key.exporter], scope, template_id)

    def withdraw_all(self, key: ScopeKey, *, options: bool) -> list[int]:
        """Forgets all templates of a domain, or all its options templates; says which."""
        scope = self.peek(key)
        gone = []
        for template_id in list(scope.templates) if scope else []:
            found = scope.templates.get(template_id) if scope else None
            if found is not None and bool(found.definition.scopes) == options:
                self.withdraw(key, template_id)
                gone.append(template_id)
        return gone

    def _remove(self, exporter: _Exporter, scope: Scope, template_id: int) -> None:
        found = scope.templates.pop(template_id)
        if found is not None:
            self._account(exporter, -1, -found.cost)

    def _evict(self, exporter: _Exporter, scope: Scope) -> None:
        self._remove(exporter, scope, scope.templates.first_to_leave())
        self.tally.add(scope.key.exporter, "templates_evicted")

    def _evict_oldest(self, exporter: _Exporter) -> None:
        oldest = exporter.scopes.first_to_leave()
        scope = exporter.scopes.get(oldest)
        if scope is not None and len(scope.templates):
            self._evict(exporter, scope)
        else:
            self._drop(exporter, oldest)

    def _drop(self, exporter: _Exporter, key: ScopeKey) -> None:
        scope = exporter.scopes.pop(key)
        while scope is not None and len(scope.templates):
            self._evict(exporter, scope)

    def _account(self, exporter: _Exporter, templates: int, cost: int) -> None:
        self.version += 1
        exporter.templates += templates
        exporter.cost += cost
        self.cost += cost


def scope_numbers(
    exporters: NDArray[np.uint16], domains: NDArray[np.uint32]
) -> tuple[list[tuple[int, int]], NDArray[np.int64]]:
    """The distinct (exporter, domain) pairs of a batch, and which of them each datagram belongs to."""
    keys = exporters.astype(np.uint64) << np.uint64(32) | domains
    if len(keys) and (keys == keys[0]).all():
        return [(int(exporters[0]), int(domains[0]))], np.zeros(len(keys), np.int64)
    distinct, numbers = np.unique(keys, return_inverse=True)
    return [(key >> 32, key & 0xFFFF_FFFF) for key in distinct.tolist()], numbers.astype(np.int64)

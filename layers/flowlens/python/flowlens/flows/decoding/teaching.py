"""What the wire teaches of templates and sampling: put in force, compared with what was known, marked to be kept."""

from __future__ import annotations

from flowlens.flows.decoding.fields import Fields
from flowlens.flows.decoding.lessons import Subject
from flowlens.flows.decoding.scopes import Scope, ScopeKey
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.decoding.templates import Definition, Template

RENEWAL = 86_400_000  # ms after which what is kept is kept again, as the wire still says it
FLAPPING = 300_000  # ms within which a second redefinition is no change of mind any more


def define(state: DecoderState, key: ScopeKey, definition: Definition, known: Template | None) -> None:
    """Puts a definition in force that the wire brought, whatever was known before."""
    template = Template(definition, None, state.clock, renewed=state.clock)
    if known is not None:
        template.previous = Template(known.definition)
        template.generation = known.generation + 1
        state.tally.add(key.exporter, "template_redefined")
        if known.previous is not None and state.clock - known.replaced <= FLAPPING:
            state.tally.add(key.exporter, "template_flapping")
    state.scopes.put(key, template)
    state.marks.mark(key.exporter, _subject(key, definition.id))


def confirm(state: DecoderState, key: ScopeKey, known: Template) -> bool:
    """The wire said again what was known; says whether that was from elsewhere."""
    stored, known.stored_ms = known.stored_ms, 0
    if state.clock - known.renewed >= RENEWAL:
        known.renewed = state.clock
        state.marks.mark(key.exporter, _subject(key, known.definition.id))
    return stored > 0


def withdraw(state: DecoderState, key: ScopeKey, template_id: int) -> None:
    state.scopes.withdraw(key, template_id)
    state.marks.mark(key.exporter, _subject(key, template_id), withdrawn=True)


def withdraw_all(state: DecoderState, key: ScopeKey, *, options: bool) -> None:
    for template_id in state.scopes.withdraw_all(key, options=options):
        state.marks.mark(key.exporter, _subject(key, template_id), withdrawn=True)


def sampling(state: DecoderState, scope: Scope, fields: Fields) -> None:
    """Takes what options records say of sampling and of the system, of which there is at least one."""
    before = scope.samplers.changes, scope.system_init
    news = scope.learn(fields)
    if (scope.samplers.changes, scope.system_init) != before:
        state.forget_routines()
    if news or (scope.taught and state.clock - scope.renewed >= RENEWAL):
        scope.renewed = state.clock
        state.marks.mark(scope.key.exporter, _subject(scope.key))


def _subject(key: ScopeKey, template_id: int = 0) -> Subject:
    return Subject(key.format, key.domain, template_id)

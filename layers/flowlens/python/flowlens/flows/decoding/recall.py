"""What was learnt, given away and taken in again. A stored lesson displaces nothing, and the wire displaces it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flowlens.flows.columns import Columns, Format, join
from flowlens.flows.decoding import DECODERS
from flowlens.flows.decoding.lessons import Lesson, RatesLesson, Subject, TemplateLesson
from flowlens.flows.decoding.messages import Ripe, unparked
from flowlens.flows.decoding.scopes import ScopeKey
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.decoding.templates import Template

MAX_AGE = 7 * 86_400_000  # ms since the wire said it: what is older is not believed
SKEW = 3_600_000  # ms by which the clock of another collector may be ahead
MAX_LESSONS = 4096 + 64  # of an exporter, in a call


class Change(NamedTuple):
    """A lesson to keep; without one, what was kept is to be forgotten."""

    exporter: int
    subject: Subject
    lesson: Lesson | None


def changes(state: DecoderState, *, now_ms: int, clock: int, most: int) -> Iterator[Change]:
    """What changed since the last call. `now_ms` is the time of day, `clock` only goes forward."""
    for exporter, subject, withdrawn in state.marks.take(clock, most):
        lesson = None if withdrawn else _lesson(state, exporter, subject, now_ms)
        if withdrawn or lesson is not None:  # what was evicted meanwhile stays as it was kept
            yield Change(exporter, subject, lesson)


def _lesson(state: DecoderState, exporter: int, subject: Subject, now_ms: int) -> Lesson | None:
    scope = state.scopes.peek(ScopeKey(exporter, subject.format, subject.domain))
    if scope is None:
        return None
    if not subject.template:
        rates = scope.samplers
        return RatesLesson(
            subject, now_ms, rates.whole, dict(rates.by_id.rates), dict(rates.by_interface.rates), scope.system_init
        )
    known = scope.templates.get(subject.template)
    return TemplateLesson(subject, now_ms, known.definition, known.generation) if known else None


def recall(state: DecoderState, exporter: int, lessons: Iterable[Lesson], *, now_ms: int) -> Columns:
    """Takes lessons in, and gives the flows that had waited for them."""
    ripe: dict[Format, list[Ripe]] = defaultdict(list)
    for count, lesson in enumerate(lessons):
        if count >= MAX_LESSONS:
            break
        age = now_ms - lesson.learned_ms
        if not -SKEW <= age <= MAX_AGE:
            continue
        key = ScopeKey(exporter, lesson.subject.format, lesson.subject.domain)
        if isinstance(lesson, RatesLesson):
            _take_rates(state, key, lesson, max(age, 0))
        elif _take_template(state, key, lesson, max(age, 0)):
            wanted = lesson.subject.template
            ripe[key.format] += [(key, wanted, one) for one in state.parking.take(key, wanted)]
    return join([_decoded(state, kind, waiting) for kind, waiting in ripe.items() if waiting])


def _decoded(state: DecoderState, kind: Format, waiting: list[Ripe]) -> Columns:
    return unparked(DECODERS.load(kind.name.lower()).DIALECT, state, waiting)


def _take_template(state: DecoderState, key: ScopeKey, lesson: TemplateLesson, age: int) -> bool:
    """Whether it came into force."""
    scope = state.scopes.peek(key)
    known = scope.templates.get(lesson.subject.template) if scope else None
    if known is not None and not 0 < known.stored_ms < lesson.learned_ms:
        return False
    template = Template(lesson.definition, None, state.clock, lesson.generation, lesson.learned_ms, state.clock - age)
    if not state.scopes.restore(key, template):
        return False
    state.tally.add(key.exporter, "templates_recalled")
    return True


def _take_rates(state: DecoderState, key: ScopeKey, lesson: RatesLesson, age: int) -> None:
    scope = state.scopes.reopen(key)
    if scope is not None:
        state.forget_routines()
        if not scope.taught:
            scope.renewed = state.clock - age
        scope.samplers.recall(lesson.whole, lesson.by_id, lesson.by_interface)
        if scope.system_init is None:
            scope.system_init = lesson.system_init

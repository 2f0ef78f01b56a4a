"""What is asked of other systems: by a function outside the network, for those inside have no way out of it."""

from __future__ import annotations

from dataclasses import dataclass

from flowlens.aws import functions
from flowlens.model.errors import Invalid, Malformed, Refused, Unreachable
from flowlens.outbound import carried
from flowlens.outbound.client import Answer, Question


@dataclass(frozen=True, slots=True)
class Outside:
    """The function that asks."""

    function: str

    def ask(self, question: Question, *, what: str) -> Answer:
        """Invalid says in words why there is no answer of `what`, such as "the provider's metadata"."""
        try:
            return carried.read_answer(functions.call(self.function, carried.question(question)))
        except (Refused, Unreachable, Malformed) as problem:
            raise Invalid(f"{what}: {str(problem).partition(': ')[2] or problem}") from problem

"""What is wrong with a query, and where."""

from __future__ import annotations

from flowlens.model.errors import Invalid


class Misread(Invalid):
    """A query that cannot be read: what is wrong between the characters `at` and `end`."""

    def __init__(self, said: str, at: int, end: int) -> None:
        super().__init__(said)
        self.at = at
        self.end = max(end, at)

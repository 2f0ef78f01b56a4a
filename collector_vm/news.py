"""Names that exporters gave and that the next report carries."""

from __future__ import annotations

from flowlens.flows.decoding.names import NameBook
from flowlens.flows.report import MAX_NAMES, Name

from collector_vm.admission import Admission


class News:
    """What is new when a report is made. It is forgotten when the report is in the spool, and not before."""

    def __init__(self, book: NameBook, admission: Admission) -> None:
        self._book = book
        self._news = book.news(MAX_NAMES)
        self.told = tuple(
            Name(admission.addresses[place], kind, number, name)
            for place, kind, number, name in self._news
            if name and admission.state(place) == "accepted"
        )

    def forget(self) -> None:
        self._book.told(self._news)

"""What operators decided about exporters, read every few seconds in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import cast, get_args

from botocore.exceptions import BotoCoreError, ClientError
from flowlens.flows.report import State
from pynamodb.exceptions import PynamoDBException

from collector_vm.events import event

_STATES = frozenset(get_args(State))


class Enrolment:
    """The last states that could be read. While they cannot be read, the last ones hold."""

    def __init__(self, read: Callable[[], Mapping[str, str]]) -> None:
        self._read = read
        self._fresh: Mapping[str, State] | None = None
        self._failing = False

    def refresh(self) -> None:
        try:
            states = self._read()
        except (PynamoDBException, BotoCoreError, ClientError, OSError) as error:
            if not self._failing:
                event("sources_unreadable", error=str(error))
            self._failing = True
            return
        self._failing = False
        self._fresh = {address: cast("State", state) for address, state in states.items() if state in _STATES}

    def take(self) -> Mapping[str, State] | None:
        """States that were read since the last call."""
        fresh, self._fresh = self._fresh, None
        return fresh

    def run(self, stopping: threading.Event, every: float) -> None:
        while not stopping.wait(every):
            self.refresh()

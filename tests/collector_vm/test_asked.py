"""A signal may come at any line, those of its own handler among them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from types import FrameType

import pytest

from collector_vm.asked import Asked


@pytest.fixture
def restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("restored")
@pytest.mark.timeout(10)
@pytest.mark.parametrize("at", range(1, 12))
def test_a_signal_that_interrupts_the_handler_of_another_is_heard(at: int) -> None:
    asked, lines = Asked(), 0

    def interrupt(_frame: FrameType, what: str, _argument: object) -> object:
        nonlocal lines
        lines += what == "line"
        if what == "line" and lines == at:
            signal.raise_signal(signal.SIGINT)
        return interrupt

    asked.listen()
    traced = sys.gettrace()
    sys.settrace(interrupt)  # type: ignore[arg-type]
    try:
        signal.raise_signal(signal.SIGTERM)
    finally:
        sys.settrace(traced)
    assert asked.to_stop
    assert lines

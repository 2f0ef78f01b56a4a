"""Every target holds for its corpus and for fresh inputs of its making; and its oracle sees a bug that we plant."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from flowlens.access import signed
from flowlens.flows import body, conversations
from flowlens.flows.decoding.scopes import Scope, ScopeKey, Scopes
from flowlens.flows.decoding.tally import Faults, Tally
from flowlens.flows.grouping import Numbers
from flowlens.flows.reading import captures, entries
from flowlens.flows.reading.tally import Tally as Lines
from flowlens.flows.windows import Window
from flowlens.kit.wire import Reader
from lxml import etree
from numpy.typing import NDArray

from collector_vm import recovery
from tests.fuzz import engine
from tests.fuzz.engine import KEPT, Run, execute, structured
from tests.fuzz.targets import FAMILY, target

EXECUTIONS = {"decoders": 60, "saml": 250, "sequences": 40, "templates": 80}


@pytest.fixture(autouse=True)
def findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUILD", tmp_path)


@pytest.mark.parametrize("name", FAMILY.names())
def test_a_target_holds_for_its_corpus(name: str) -> None:
    inputs = sorted((KEPT / name).glob("*"))
    assert inputs, f"make fuzz ONLY={name} KEEP=1"
    for path in inputs:
        execute(target(name), path.read_bytes(), Run(name))


def test_the_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in KEPT.rglob("*") if path.is_file()) <= 300_000


@pytest.mark.parametrize("name", FAMILY.names())
def test_a_target_holds_for_fresh_inputs(name: str) -> None:
    run = structured(name, seed=1, executions=EXECUTIONS.get(name, 400))
    assert run.findings == []


def test_inputs_are_the_same_for_the_same_seed() -> None:
    for name in FAMILY.names():
        assert target(name).make(Random(3)) == target(name).make(Random(3)), name


def caught(name: str, what: str | None = None) -> bool:
    """Whether fresh inputs find the bug, and its replay does."""
    run = structured(name, seed=2, executions=600, most=1)
    if not run.findings:
        return False
    with pytest.raises(Exception, match=what):
        engine.replay(run.findings[0])
    return True


def test_a_decoder_that_forgets_a_reason_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def note(self: Faults, datagrams: NDArray[np.intp], _reason: str) -> None:
        self._tally.add_each(self._exporters[datagrams], "malformed")

    monkeypatch.setattr(Faults, "note", note)
    assert caught("decoders", "malformed")


def test_a_counter_without_a_name_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    add = Tally.add
    monkeypatch.setattr(Tally, "add", lambda self, who, name, amount=1: add(self, who, f"{name}_", amount))
    assert caught("decoders", "unnamed")


def test_templates_that_are_shared_by_exporters_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old bug of other collectors: the id alone tells templates apart, whoever sends."""
    find = Scopes.find

    def anybodys(self: Scopes, key: ScopeKey) -> Scope | None:
        others = (find(self, key._replace(exporter=exporter)) for exporter in (0, 1, 2))
        return next((scope for scope in others if scope is not None), None)

    monkeypatch.setattr(Scopes, "find", anybodys)
    assert caught("decoders", "in company")


def test_a_file_reader_that_lets_an_error_through_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(tally: Lines, reason: str, line: bytes) -> None:
        tally.count(reason + line.decode("ascii"), 0)

    monkeypatch.setattr(entries, "_fail", fail)
    assert caught("logs")


def test_a_ledger_that_forgets_what_was_lost_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Window, "settle", lambda self: self.gaps.clear())
    assert caught("sequences", "have no name")


def test_a_capture_that_believes_lengths_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures, "_take", lambda stream, size: stream.read(size))
    assert caught("captures")


def test_marks_without_a_limit_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "LAST", 1 << 70)
    assert caught("spool")


def test_a_cursor_that_overruns_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(self: Reader, size: int) -> memoryview:
        start, self._at = self._at, self._at + size
        return self._data[start : self._at]

    monkeypatch.setattr(Reader, "take", take)
    assert caught("templates")


def test_a_body_that_does_not_come_back_as_written_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "_whole", lambda columns, _: columns)
    assert caught("records", "than was written|without the kernel")


def test_a_fold_that_loses_what_came_back_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    directed = conversations._directed

    def one_way(*given: Any) -> tuple[Numbers, Numbers]:
        sent, received = directed(*given)
        return sent, received * 0

    monkeypatch.setattr(conversations, "_directed", one_way)
    assert caught("conversations", "octets")


def test_a_loop_that_does_not_end_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ENDLESS", 0.2)

    class Stuck:
        def run(self, data: bytes) -> None:
            while data:
                pass

        def make(self, rng: Random) -> bytes:
            return rng.randbytes(1)

    with pytest.raises(engine.Endless):
        execute(Stuck(), b"x", Run("stuck"))


def test_a_reader_that_believes_any_signature_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def covered(root: Any, tag: str, *_: object) -> bytes:
        element = root.find(f"./{tag}")
        element.remove(element.find(f"./{signed.DS}Signature"))
        return bytes(etree.tostring(element))

    monkeypatch.setattr(signed, "_covered", covered)
    assert caught("saml", "let in mallory")

"""tshark, nfdump and FlowLens read the same recordings and the same drawn captures: each disagreement is explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import tools, valid
from tests.fuzz.disagreements import RULES, explained, reasons
from tests.fuzz.valid import Flow
from tests.recordings import TOTALS, payloads

pytestmark = pytest.mark.exporters
DATAGRAMS, DRAWN = 150, 4  # of each recording; captures of each protocol
Tool = Callable[..., list[Flow]]


def captures() -> Iterator[tuple[str, str, list[bytes]]]:
    """Name, protocol and datagrams."""
    for name in TOTALS:
        protocol = "biflow" if name.endswith("_bi") else next(p for p in ("v5", "v9", "ipfix", "sflow") if p in name)
        yield name, protocol, [data for _, data in payloads(name)[:DATAGRAMS]]
    for seed in range(DRAWN):
        for protocol, (made, _) in drawn(seed).items():
            yield f"drawn {protocol} {seed}", protocol, made


def drawn(seed: int) -> dict[str, tuple[list[bytes], list[Flow]]]:
    rng = Random(seed)
    return {
        "v5": valid.netflow5(rng, 30),
        "v9": valid.templated(rng, 9, 60),
        "ipfix": valid.templated(rng, 10, 60),
    }


@pytest.mark.parametrize("seed", range(20))
def test_drawn_captures_are_read_as_they_were_meant(seed: int) -> None:
    for protocol, (made, meant) in drawn(seed).items():
        assert Counter(tools.flowlens(made)) == Counter(meant), protocol


@pytest.mark.parametrize("tool", ["tshark", "nfdump"])
def test_a_tool_says_the_same_of_every_flow_or_the_difference_has_a_reason(tool: str, tmp_path: Path) -> None:
    run: Tool = getattr(tools, tool)
    used, compared = set[str](), 0
    for at, (name, protocol, data) in enumerate(captures()):
        folder = tmp_path / str(at)
        folder.mkdir()
        theirs = run(data, folder, sflow=protocol == "sflow")
        (one, other), rules = explained(tool, protocol, (tools.flowlens(data), theirs))
        used |= rules
        compared += len(one)
        ours_alone, theirs_alone = Counter(one) - Counter(other), Counter(other) - Counter(one)
        assert not ours_alone + theirs_alone, f"{name}: {[*ours_alone][:3]} and {[*theirs_alone][:3]}"
    print(f"{tool}: {compared:,} flows compared; explained by {sorted(used)}")  # noqa: T201  # with -s
    assert compared > 10_000
    assert used == set(reasons(tool)), "a rule that explains nothing any more, or has no reason in the file"


def test_every_rule_has_its_reason() -> None:
    assert set(RULES) == {name for tool in ("tshark", "nfdump") for name in reasons(tool)}


def test_a_tool_that_says_something_else_is_noticed(tmp_path: Path) -> None:
    made, meant = drawn(0)["v9"]
    theirs = tools.nfdump(made, tmp_path)
    (one, other), _ = explained("nfdump", "v9", ([meant[0]._replace(octets=meant[0].octets + 1), *meant[1:]], theirs))
    assert Counter(one) != Counter(other)

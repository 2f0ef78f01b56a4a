"""Every decoder has the shape of its family, a recording, and hand-made cases that it reads as written beside them."""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path

import pytest
from flowlens.flows import reading
from flowlens.flows.columns import Format
from flowlens.flows.decoding import DECODERS
from flowlens.flows.decoding.tally import REASONS

from tests.families.rows import decoded, read_hex
from tests.recordings import TOTALS

CASES = Path(__file__).parents[1] / "data" / "decoders"
RECORDED = {"netflow5": "_v5", "netflow9": "_v9", "ipfix": "_ipfix", "sflow5": "_sflow5"}
RECORDED |= {"netflow1": "_v5", "netflow7": "_v5"}  # test_recordings lays a recording of v5 out as these
FILES = sorted(CASES.glob("*/*.hex"))
NAMES = {
    *("flows", "options_records", "counter_samples", "drop_samples", "other_samples"),
    *("malformed", "unknown_version", "names_refused"),
    *("template_missing", "template_missing_octets", "templates_evicted"),
    *("template_redefined", "template_flapping", "templates_recalled", "templates_not_kept"),
}


@pytest.mark.parametrize("name", DECODERS.names())
def test_a_decoder_is_a_label_and_a_verb(name: str) -> None:
    member = DECODERS.load(name)
    label = (member.__doc__ or "").splitlines()[0]
    assert 0 < len(label) <= 20
    assert list(inspect.signature(member.decode).parameters) == ["datagrams", "state"]


def test_every_format_has_its_decoder_or_reader() -> None:
    """But what the collector captures itself, which nobody sends and no file holds."""
    read = {*DECODERS.names(), *reading.FILES.names()}
    assert read == {form.name.lower() for form in Format if form is not Format.CAPTURE}


@pytest.mark.parametrize("name", DECODERS.names())
def test_a_decoder_has_a_recording_and_hand_made_cases(name: str) -> None:
    assert any(RECORDED[name] in recording for recording in TOTALS)
    assert list((CASES / name).glob("*.hex")), f"add tests/data/decoders/{name}/<case>.hex"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_hand_made_case_is_read_as_written(path: Path) -> None:
    found = decoded(read_hex(path))
    written = path.with_suffix(".json")
    if os.environ.get("GOLDEN"):
        written.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(written.read_text())


def test_every_written_answer_has_its_case() -> None:
    assert {path.with_suffix(".hex") for path in CASES.glob("*/*.json")} == set(FILES)


def test_what_is_counted_has_a_name_from_a_closed_set() -> None:
    reasons = {f"malformed.{reason}" for reason in REASONS}
    for path in FILES:
        counted = json.loads(path.with_suffix(".json").read_text())["counters"]
        assert counted.keys() <= reasons | NAMES, path
        assert counted.get("malformed", 0) == sum(counted.get(reason, 0) for reason in reasons)


def test_every_reason_for_refusing_a_datagram_has_a_case() -> None:
    seen = {name for path in FILES for name in json.loads(path.with_suffix(".json").read_text())["counters"]}
    beyond_a_datagram = {"set_count", "sample_count"}  # in tests/unit/flows, where bytes are computed
    assert {f"malformed.{reason}" for reason in REASONS - beyond_a_datagram} <= seen

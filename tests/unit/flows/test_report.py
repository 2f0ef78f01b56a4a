from __future__ import annotations

from uuid import UUID

import orjson
import pytest
from flowlens.flows import report
from flowlens.flows.report import ExporterReport, Report
from flowlens.model.errors import Malformed

SPOOL = UUID("00000000-0000-4000-8000-000000000007")
REPORT = Report(
    collector=SPOOL,
    started_ms=1_760_000_000_000,
    at_ms=1_760_000_010_000,
    exporters=(
        ExporterReport("192.0.2.1", "accepted", (5, 9), 1_760_000_000_001, 1_760_000_009_000, {"received": 7}),
        ExporterReport("2001:db8::9", "held", (), 1_760_000_000_002, 1_760_000_009_001, {"not_enrolled": 2**40}),
    ),
    totals={"kernel_dropped": 3, "malformed.record_truncated": 1},
)


def test_a_report_comes_back_as_it_was() -> None:
    assert report.decode(report.encode(REPORT)) == REPORT


def test_a_report_says_more_one_day_and_is_still_read() -> None:
    later = {**orjson.loads(report.encode(REPORT)), "mood": "good"}
    assert report.decode(orjson.dumps(later)) == REPORT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("collector", "me"),
        ("at_ms", -1),
        ("totals", {"received": -1}),
        ("totals", {"<script>": 1}),
        ("totals", {f"c{i}": i for i in range(300)}),
        ("exporters", [{"exporter": "192.0.2.1"}]),
        ("exporters", None),
    ],
)
def test_a_report_of_another_form_is_malformed(field: str, value: object) -> None:
    document = {**orjson.loads(report.encode(REPORT)), field: value}
    with pytest.raises(Malformed, match="report_form"):
        report.decode(orjson.dumps(document))


def test_bytes_that_are_not_json_are_malformed() -> None:
    with pytest.raises(Malformed, match="report_form"):
        report.decode(b"\xff{")

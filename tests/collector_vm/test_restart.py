"""Ten thousand templates outlive a collector. How long they take is printed, never judged."""

from __future__ import annotations

from pathlib import Path

from collector_vm.keepsake import NAME
from tests.bench import restart


def test_the_first_datagram_is_decoded_with_ten_thousand_templates_kept(tmp_path: Path) -> None:
    restart.keep(tmp_path / NAME)
    rows, seconds, cpu = restart.first_decode(tmp_path / NAME)
    print(f"{restart.TEMPLATES:,} templates kept: first flows after {seconds * 1000:.0f} ms, {cpu * 1000:.0f} of CPU")  # noqa: T201  # with -rP
    assert restart.TEMPLATES >= 10_000
    assert rows == len(restart.EXPORTERS)


def test_an_exporter_of_which_nothing_was_kept_has_to_teach_again(tmp_path: Path) -> None:
    restart.keep(tmp_path / NAME)
    assert restart.first_decode(tmp_path / NAME, missing=restart.EXPORTERS[1:])[0] == 1

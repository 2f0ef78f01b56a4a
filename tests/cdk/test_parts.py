"""What must be built before a synthesis."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk import parts
from cdk.parts import MissingPart, Parts


def test_a_part_that_was_not_built_is_named_with_the_command_that_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROOT", tmp_path)
    with pytest.raises(MissingPart, match=r"\.build/layers/runtime is not there: run `make layers`"):
        Parts.built()


def test_functions_that_lambda_could_not_unpack_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (".build/layers/runtime", ".build/layers/collector", "web/dist", "layers/flowlens", "functions"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(parts, "ROOT", tmp_path)
    with (tmp_path / ".build/layers/runtime/heavy.so").open("wb") as heavy:
        heavy.truncate(parts.LAMBDA_LIMIT)
    Parts.built()
    (tmp_path / "functions/one_more.py").write_text("x")
    with pytest.raises(MissingPart, match="262,144,001 bytes unzipped"):
        Parts.built()

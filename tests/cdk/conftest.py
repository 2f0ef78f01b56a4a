"""One synthesis for all tests of the stacks, and one emulation that its templates are deployed into."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_cdk import App

from cdk.app import build
from cdk.config import Settings
from cdk.parts import ROOT, Parts
from tests.cdk.emulation import Emulation, emulation
from tests.cdk.templates import Templates


def parts(folder: Path) -> Parts:
    """Small stand-ins for what make builds: what is in them is no business of the stacks."""
    made = Parts(runtime=folder / "runtime", collector=folder / "collector", site=folder / "site")
    for file in ("runtime/python/six.py", "collector/six.py", "site/index.html", "site/assets/index-1a2b.js"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(file)
    return made


def context() -> dict[str, object]:
    declared: dict[str, object] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return {**declared, "aws:cdk:enable-path-metadata": True}  # as the CDK command has it


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Synthesized without a context of ours; cdk-nag has seen them, or this fails."""
    out = tmp_path_factory.mktemp("cdk.out")
    app = App(context=context(), outdir=str(out))
    settings = Settings.from_context(app.node.get_all_context())
    build(app, settings=settings, parts=parts(tmp_path_factory.mktemp("parts")))
    app.synth()
    return Templates(out)


@pytest.fixture(scope="session")
def deployed(templates: Templates) -> Iterator[Emulation]:
    with emulation() as running:
        running.deploy(templates)
        yield running

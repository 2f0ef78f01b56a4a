"""A person opens the running product in a real browser: the map, a node, its evidence, the tables, both themes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.stack import start

WEB = Path(__file__).parents[2] / "web"


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_the_demo_estate_is_seen_selected_and_explained_in_a_browser(tmp_path: Path) -> None:
    stack = start(tmp_path / "home", "--demo")
    try:
        run = subprocess.run(
            ["node_modules/.bin/playwright", "test"],
            cwd=WEB,
            env={**os.environ, "FLOWLENS_URL": stack.url, "FLOWLENS_TOKEN": stack.token, "CI": "1"},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    finally:
        stack.stop()
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]

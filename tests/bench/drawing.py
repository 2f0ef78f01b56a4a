"""The map in headless Chromium without a GPU: 10,000 hosts, 50,000 links, the built site against the made-up API."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from tests.bench.loopback import free_port

WEB = Path(__file__).parents[2] / "web"
_SECONDS = 300


def run() -> dict[str, float]:
    """Frames a second and milliseconds, as the browser itself counts them."""
    subprocess.run(["npm", "run", "--silent", "build"], cwd=WEB, check=True, capture_output=True)
    with tempfile.TemporaryDirectory() as directory:
        figures = Path(directory) / "figures.json"
        told = {"FLOWLENS_FIGURES": str(figures), "FLOWLENS_WEB_PORT": str(free_port())}
        subprocess.run(
            ["node_modules/.bin/playwright", "test", "-c", "bench/playwright.config.ts"],
            cwd=WEB,
            env={**os.environ, **told},
            check=True,
            capture_output=True,
            timeout=_SECONDS,
        )
        found: dict[str, float] = json.loads(figures.read_text())
        return found

"""`make pictures`: starts the demo, lets it run for a while, and takes the documentation's pictures of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.stack import start

WEB = Path(__file__).parents[1] / "web"
_SECONDS = 300  # until the demo's estate has spoken, and there are two times to compare


def main() -> int:
    """The exit code of the browser's run."""
    with tempfile.TemporaryDirectory() as home:
        stack = start(Path(home) / "home", "--demo")
        try:
            time.sleep(_SECONDS)
            told = {"FLOWLENS_URL": stack.url, "FLOWLENS_TOKEN": stack.token}
            return subprocess.run(
                ["node_modules/.bin/playwright", "test", "-c", "pictures/playwright.config.ts"],
                cwd=WEB,
                env={**os.environ, **told},
                check=False,
            ).returncode
        finally:
            stack.stop()


if __name__ == "__main__":
    sys.exit(main())

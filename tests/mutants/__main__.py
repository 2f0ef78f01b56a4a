"""`make mutants`: every guard is taken away in turn; survivors are printed, and there must be none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.architecture.rooms import ROOT

# They ask whatever may be asked, thousands of times: no single guard is theirs to find.
_SLOW = ("test_contract.py", "test_hostile.py", "test_openapi.py")


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        ignored = [f"--ignore=tests/functions/api/{name}" for name in _SLOW]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutants.plugin", "-p", "no:cacheprovider"]
        environment = {**os.environ, "MUTANTS": "all", "REPORT": str(report)}
        subprocess.run(
            [*command, "--timeout=0", "tests/functions/api", *ignored], cwd=ROOT, env=environment, check=False
        )
        found = json.loads(report.read_text())
    survivors = "".join(f"  {name}\n" for name in found["survivors"])
    sys.stdout.write(f"{found['tried']} guards were taken away; {len(found['survivors'])} were not missed\n{survivors}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

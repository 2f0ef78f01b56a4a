"""`python -m collector_vm`: the collector, with its settings in the environment."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from collector_vm import supervise, worker
from collector_vm.settings import Settings


def main(arguments: list[str]) -> int:
    try:
        settings = Settings()
    except ValidationError as error:
        sys.stderr.write(f"The collector's settings (COLLECTOR_…) cannot be used: {error}\n")
        return 2
    if arguments[:1] == ["--worker"]:
        worker.main(settings, int(arguments[1]), int(arguments[2]))
        return 0
    return supervise.Supervisor(settings).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m collector_vm`: the collector, with its settings in the environment."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from collector_vm import supervise, worker
from collector_vm.capture import rights
from collector_vm.capture.capturer import Capturer
from collector_vm.settings import Settings


def main(arguments: list[str]) -> int:
    try:
        settings = Settings()
    except ValidationError as error:
        sys.stderr.write(f"The collector's settings (COLLECTOR_…) cannot be used: {error}\n")
        return 2
    if arguments[:1] == ["--worker"]:
        index, parent = int(arguments[1]), int(arguments[2])
        if index < settings.processes:
            rights.forgo_packets()
            worker.main(settings, index, parent)
        else:
            worker.main(settings, index, parent, Capturer)
        return 0
    return supervise.Supervisor(settings).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

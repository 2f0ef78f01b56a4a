"""One target under atheris, in a process of its own: `python -m tests.fuzz.guided TARGET [libFuzzer's arguments]`."""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]  # not everywhere

from tests.fuzz.engine import Run, execute, kept
from tests.fuzz.targets import Target, target


def _instrumented(name: str) -> Target:
    """The target, and all that it loads later, as they are imported with counters of coverage in them."""
    with atheris.instrument_imports(include=["flowlens", "collector_vm", "cdk.local"]):
        found = target(name)
        from flowlens.flows.decoding import DECODERS  # or they would come without counters
        from flowlens.flows.reading import FILES

        for family in (DECODERS, FILES):
            for member in family.names():
                family.load(member)
    return found


def main() -> None:
    name = sys.argv.pop(1)
    one, run = _instrumented(name), Run(name)
    seen: set[str] = set()

    def once(data: bytes) -> None:
        try:
            execute(one, data, run)
        except Exception as found:  # noqa: BLE001  # libFuzzer would stop at the first
            what = f"{type(found).__name__}: {found}"[:60]
            if what not in seen and len(seen) < 5:
                seen.add(what)
                print(f"FINDING {kept(name, data)} {what}", flush=True)  # noqa: T201
        if run.executions % 16 == 0:
            print(f"RUN {run.executions} {run.seconds} {run.worst}", flush=True)  # noqa: T201

    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

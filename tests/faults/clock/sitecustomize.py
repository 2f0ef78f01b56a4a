"""Put before a process by PYTHONPATH: its wall clock is off by the seconds in a file, its monotonic clock is not."""

from __future__ import annotations

import os
import time
from pathlib import Path

_now, _now_ns = time.time, time.time_ns


def _off() -> float:
    try:
        return float(Path(os.environ["CLOCK_OFF"]).read_text())
    except (KeyError, ValueError, FileNotFoundError):
        return 0.0


time.time = lambda: _now() + _off()
time.time_ns = lambda: _now_ns() + int(_off() * 1e9)

if "CLOCK_BUG" in os.environ:  # timers by the wall clock
    time.monotonic = time.time

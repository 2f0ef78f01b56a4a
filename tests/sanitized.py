"""A pytest plugin: the kernel that FLOWLENS_TEST_KERNEL names is used in place of the one that make built."""

from __future__ import annotations

import os
from pathlib import Path

from flowlens.flows.kernel import kernel, load

kernel().library = load(Path(os.environ["FLOWLENS_TEST_KERNEL"]))

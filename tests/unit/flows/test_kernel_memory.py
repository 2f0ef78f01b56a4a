"""The kernel under the address and undefined-behaviour sanitizers, fed with what reads and packs flows is fed with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flowlens.flows.kernel import path

from tests.architecture.rooms import ROOT

_DRIVEN = {
    "decoding and folding": (
        "tests/unit/flows/decoding/test_kernel.py",
        "tests/unit/flows/decoding/test_routine.py",
        "tests/unit/flows/decoding/test_plain.py",
        "tests/fuzz/test_targets.py::test_a_target_holds_for_fresh_inputs[decoders]",
        "tests/unit/flows/test_kernel_packing.py",
        "tests/unit/flows/test_kernel_folding.py",
        "tests/unit/flows/test_kernel_text.py",
        "tests/fuzz/test_targets.py::test_a_target_holds_for_fresh_inputs[conversations]",
    ),
    "reading": (
        "tests/unit/flows/reading/test_words.py",
        "tests/unit/flows/reading/test_entries.py",
        "tests/unit/flows/reading/test_parts.py",
        "tests/fuzz/test_targets.py::test_a_target_holds_for_fresh_inputs[logs]",
    ),
}
_FLAGS = (
    "-std=c11",
    "-g",
    "-O1",
    "-fno-omit-frame-pointer",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kernel with the sanitizers in it."""
    compiler = shutil.which("gcc")
    assert compiler, "tests/debian-packages installs gcc"
    made = tmp_path_factory.mktemp("kernel") / "checked.so"
    sources = sorted(path().parent.glob("*.c"))
    subprocess.run([compiler, *_FLAGS, "-fPIC", "-shared", "-o", made, *sources], check=True)
    return made


@pytest.mark.parametrize("driven", _DRIVEN)
def test_the_kernel_touches_no_octet_that_is_not_its_own(driven: str, checked: Path) -> None:
    found = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    environment = os.environ | {
        "LD_PRELOAD": found.stdout.strip(),
        "ASAN_OPTIONS": "detect_leaks=0",
        "FLOWLENS_TEST_KERNEL": str(checked),
        "PYTHONMALLOC": "malloc",  # so that every array has its own red zones
    }
    command = [sys.executable, "-m", "pytest", "-qxs", "-p", "no:cacheprovider", "-p", "tests.sanitized"]
    command += _DRIVEN[driven]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]

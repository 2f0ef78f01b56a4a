"""What has no password is served to our own processes alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from cdk.local.lambdas import LambdaService
from tests.unit.local.conftest import Emulation

_ASK = 'exec 3<>/dev/tcp/127.0.0.1/$0; printf "GET /moto-api/data.json HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3'


def _ask(port: int, *, uid: int) -> str:
    asked = subprocess.run(
        ["bash", "-c", _ASK, str(port)], capture_output=True, text=True, check=False, user=uid, group=uid, cwd="/"
    )
    return asked.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_another_user_gets_no_answer(emulation: Emulation, tmp_path: Path) -> None:
    service = LambdaService(tmp_path)
    for port in (emulation.port, int(service.url.rpartition(":")[2])):
        assert _ask(port, uid=os.geteuid()).startswith("HTTP/1")
        assert _ask(port, uid=65534) == ""
    service.close()

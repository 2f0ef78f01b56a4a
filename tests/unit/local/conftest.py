"""A running emulation with a Lambda service behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from cdk.local import aws, children, ports, processes
from cdk.local.home import Home
from cdk.local.lambdas import LambdaService


@dataclass(slots=True)
class Emulation:
    """One that can be killed and started again with what it keeps on the disk."""

    home: Home
    lambdas: LambdaService
    port: int = field(default_factory=ports.any_free)
    process: Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        return aws.client(service, self.endpoint)

    def start(self) -> None:
        self.process = children.start_emulation(self.home, self.port, self.lambdas.url)
        children.await_emulation(self.home, self.process, self.endpoint)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process, seconds=5)


def _made(path: Path) -> Emulation:
    home = Home(path)
    home.make()
    return Emulation(home, LambdaService(home.logs))


@pytest.fixture(scope="session")
def emulation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulation]:
    """Shared: tests name what they make after themselves."""
    one = _made(tmp_path_factory.mktemp("emulation"))
    one.start()
    yield one
    one.stop()
    one.lambdas.close()


@pytest.fixture
def own_emulation(tmp_path: Path) -> Iterator[Emulation]:
    """One of the test's own, to be killed."""
    one = _made(tmp_path)
    one.start()
    yield one
    one.stop()
    one.lambdas.close()

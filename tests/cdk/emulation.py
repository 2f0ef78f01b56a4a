"""An emulation of AWS in a process of its own, into which templates are deployed."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cdk.app import STACKS
from cdk.local import aws
from cdk.parts import ROOT
from tests.cdk.templates import Templates

STAGING = "cdk-hnb659fds-assets-123456789012-us-east-1"
START_SECONDS = 60


@dataclass(frozen=True)
class Emulation:
    endpoint: str

    def client(self, service: str) -> Any:
        return aws.client(service, self.endpoint)

    def deploy(self, templates: Templates) -> None:
        """As the CDK command does: assets first, then stack by stack. The code itself is not looked at."""
        self._stage(templates)
        stacks = self.client("cloudformation")
        for stack in STACKS:
            self.client("s3").put_object(Bucket=STAGING, Key=stack, Body=templates.text(stack).encode())
            url = f"https://s3.us-east-1.amazonaws.com/{STAGING}/{stack}"
            stacks.create_stack(StackName=f"flowlens-prod-{stack}", TemplateURL=url, Capabilities=["CAPABILITY_IAM"])

    def stack(self, name: str) -> dict[str, Any]:
        (found,) = self.client("cloudformation").describe_stacks(StackName=f"flowlens-prod-{name}")["Stacks"]
        return dict(found)

    def outputs(self, stack: str) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack(stack)["Outputs"]}

    def secret(self, secret_id: str) -> dict[str, str]:
        found = self.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
        return dict(json.loads(found))

    def functions(self) -> dict[str, dict[str, Any]]:
        """By handler."""
        listed = self.client("lambda").list_functions()["Functions"]
        return {function["Handler"]: function for function in listed}

    def _stage(self, templates: Templates) -> None:
        buckets = self.client("s3")
        buckets.create_bucket(Bucket=STAGING)
        empty = io.BytesIO()
        zipfile.ZipFile(empty, "w").close()
        for listing in templates.out.glob("*.assets.json"):
            for asset in json.loads(listing.read_text())["files"].values():
                for place in asset["destinations"].values():
                    buckets.put_object(Bucket=STAGING, Key=place["objectKey"], Body=empty.getvalue())
        version = "/cdk-bootstrap/hnb659fds/version"
        self.client("ssm").put_parameter(Name=version, Value="30", Type="String")


@contextmanager
def emulation() -> Iterator[Emulation]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    module = "cdk.local.emulation"
    command = [sys.executable, "-m", f"{module}.server", str(port), "--with", f"{module}.cloudformation"]
    with subprocess.Popen(command, cwd=ROOT, env=aws.environment(endpoint)) as server:
        try:
            _await(server, port)
            yield Emulation(endpoint)
        finally:
            server.terminate()


def _await(server: subprocess.Popen[bytes], port: int) -> None:
    give_up = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < give_up:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the emulation did not start")

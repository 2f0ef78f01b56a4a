"""Small Lambdas for the tests of the local Lambda service and of the stream poller."""

# ruff: noqa: ARG001 (a handler takes an event and a context)
from __future__ import annotations

import base64
import os
import sys
import time
from pathlib import Path
from typing import Any


class Unreachable(Exception):
    """Raised to see its name arrive at the caller."""


def echo(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"event": event, "pid": os.getpid(), "function": context.function_name, "setting": os.environ.get("SETTING")}


def fail(event: dict[str, Any], context: Any) -> None:
    raise Unreachable("nobody answers")


def leave(event: dict[str, Any], context: Any) -> None:
    sys.stdout.write("leaving now\n")
    sys.stdout.flush()
    os._exit(3)


def sleep(event: dict[str, Any], context: Any) -> str:
    time.sleep(event["seconds"])
    return "slept"


def collect(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Writes what it accepts as lines into the file SEEN; records that say `poison` are reported as failed."""
    failures = []
    with Path(os.environ["SEEN"]).open("a") as file:
        for record in event["Records"]:
            words = base64.b64decode(record["kinesis"]["data"]).decode()
            if words.startswith("poison"):
                failures.append({"itemIdentifier": record["kinesis"]["sequenceNumber"]})
            else:
                file.write(words + "\n")
    return {"batchItemFailures": failures}

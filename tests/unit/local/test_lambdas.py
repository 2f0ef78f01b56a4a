"""The local Lambda service fails the way Lambda fails, and always comes back."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cdk.local.lambdas import FunctionSpec, LambdaService, LocalFunction, UnknownFunction
from cdk.local.processes import trim_logs
from cdk.local.runtime import Outcome


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LambdaService]:
    service = LambdaService(tmp_path)
    yield service
    service.close()


def _add(service: LambdaService, name: str, *, timeout: float = 20, concurrency: int = 1, **more: Any) -> LocalFunction:
    handler = name if "." in name else f"tests.unit.local.handlers.{name}"
    environment = {"PATH": os.environ["PATH"], "SETTING": "given"}
    return service.add(
        FunctionSpec(
            name=name, handler=handler, timeout=timeout, environment=environment, concurrency=concurrency, **more
        )
    )


def _read(outcome: Outcome) -> Any:
    return json.loads(outcome.payload)


def test_an_invocation_is_answered_with_its_event_and_environment(service: LambdaService) -> None:
    _add(service, "echo")
    answer = _read(service.invoke("echo", b'{"a": 1}'))
    assert (answer["event"], answer["function"], answer["setting"]) == ({"a": 1}, "echo", "given")


def test_a_worker_is_kept_for_the_next_invocation(service: LambdaService) -> None:
    _add(service, "echo")
    assert _read(service.invoke("echo", b"{}"))["pid"] == _read(service.invoke("echo", b"{}"))["pid"]


def test_an_idle_worker_leaves_and_the_next_invocation_gets_a_new_one(service: LambdaService) -> None:
    function = _add(service, "echo", idle_seconds=0.2)
    first = _read(service.invoke("echo", b"{}"))["pid"]
    while function.pids or Path(f"/proc/{first}").exists():
        time.sleep(0.01)
    assert _read(service.invoke("echo", b"{}"))["pid"] != first


def test_a_warm_function_keeps_a_worker_however_idle(service: LambdaService) -> None:
    _add(service, "echo", idle_seconds=0.05, warm=True)
    first = _read(service.invoke("echo", b"{}"))["pid"]
    time.sleep(0.5)
    assert _read(service.invoke("echo", b"{}"))["pid"] == first


def test_an_exception_arrives_with_its_name(service: LambdaService) -> None:
    _add(service, "fail")
    outcome = service.invoke("fail", b"{}")
    assert outcome.failed
    assert (_read(outcome)["errorType"], _read(outcome)["errorMessage"]) == ("Unreachable", "nobody answers")


def test_a_module_that_cannot_be_imported_says_why(service: LambdaService) -> None:
    _add(service, "tests.unit.local.broken_handler.handler")
    outcome = service.invoke("tests.unit.local.broken_handler.handler", b"{}")
    assert outcome.failed
    assert "DATABASE_SECRET is not set" in _read(outcome)["errorMessage"]


def test_a_worker_that_exits_is_named_and_replaced(service: LambdaService, tmp_path: Path) -> None:
    _add(service, "leave")
    for _ in range(2):
        outcome = service.invoke("leave", b"{}")
        assert _read(outcome)["errorType"] == "Runtime.ExitError"
        assert "exit status 3" in _read(outcome)["errorMessage"]
    assert (tmp_path / "leave.log").read_text().count("leaving now") == 2


def test_a_worker_that_is_killed_between_invocations_is_replaced(service: LambdaService) -> None:
    _add(service, "echo")
    first = _read(service.invoke("echo", b"{}"))["pid"]
    os.kill(first, signal.SIGKILL)
    while Path(f"/proc/{first}").exists():
        time.sleep(0.01)
    outcome = service.invoke("echo", b"{}")
    assert not outcome.failed
    assert _read(outcome)["pid"] != first


def test_an_invocation_that_takes_too_long_is_cut_off(service: LambdaService) -> None:
    _add(service, "sleep", timeout=1)
    outcome = service.invoke("sleep", b'{"seconds": 60}')
    assert _read(outcome)["errorType"] == "Sandbox.Timedout"
    assert _read(service.invoke("sleep", b'{"seconds": 0}')) == "slept"


def test_workers_are_bounded_and_everyone_gets_an_answer(service: LambdaService) -> None:
    _add(service, "echo", concurrency=2)
    with ThreadPoolExecutor(12) as callers:
        answers = list(callers.map(lambda n: service.invoke("echo", json.dumps(n).encode()), range(60)))
    assert sorted(_read(answer)["event"] for answer in answers) == list(range(60))
    assert len({_read(answer)["pid"] for answer in answers}) <= 2


def test_a_large_payload_passes_both_ways(service: LambdaService) -> None:
    _add(service, "echo")
    assert len(_read(service.invoke("echo", json.dumps("x" * 5_000_000).encode()))["event"]) == 5_000_000


def _post(service: LambdaService, function: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", int(service.url.rpartition(":")[2]))
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", f"/2015-03-31/functions/{function}/invocations", b"{}", names)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def test_the_invoke_api_answers_by_arn_and_marks_failures(service: LambdaService) -> None:
    _add(service, "fail")
    answer = _post(service, "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Afail")
    assert answer.headers["X-Amz-Function-Error"] == "Unhandled"


def test_the_invoke_api_knows_what_it_does_not_know(service: LambdaService) -> None:
    answer = _post(service, "nobody")
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (404, "ResourceNotFoundException")


def test_an_event_invocation_is_accepted_at_once_and_run(service: LambdaService, tmp_path: Path) -> None:
    _add(service, "leave")
    assert _post(service, "leave", X_Amz_Invocation_Type="Event").status == 202
    log = tmp_path / "leave.log"
    for _ in range(500):
        if log.exists() and "leaving now" in log.read_text():
            return
        time.sleep(0.02)
    raise AssertionError("the event was never handled")


def test_a_function_nobody_added_is_unknown(service: LambdaService) -> None:
    with pytest.raises(UnknownFunction, match="nobody"):
        service.invoke("nobody", b"{}")


def test_closing_leaves_no_worker(service: LambdaService) -> None:
    function = _add(service, "echo")
    pid = _read(service.invoke("echo", b"{}"))["pid"]
    service.close()
    assert function.pids == []
    assert not Path(f"/proc/{pid}").exists()


def test_a_log_that_is_too_long_begins_again_and_keeps_its_end(tmp_path: Path) -> None:
    (tmp_path / "echo.log").write_bytes(b"a" * 50 + b"b" * 50)
    trim_logs(tmp_path, limit=60)
    assert (tmp_path / "echo.log").read_bytes() == b""
    assert (tmp_path / "echo.log.1").read_bytes() == b"a" * 10 + b"b" * 50

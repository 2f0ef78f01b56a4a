"""What the patches add to moto holds in a running server: these fail when moto changes underneath."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk.local import aws
from cdk.local.checkpoints import Checkpoints
from cdk.local.emulation import workflows
from cdk.local.lambdas import FunctionSpec
from cdk.local.runtime import arn
from tests.unit.local.conftest import Emulation

SHARD = "shardId-000000000000"
ROLE = "arn:aws:iam::123456789012:role/local"


def _read(kinesis: Any, stream: str, *, after: int = 0) -> list[dict[str, Any]]:
    start: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
    if after:
        start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": str(after)}
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=SHARD, **start)["ShardIterator"]
    found: list[dict[str, Any]] = []
    while records := (answer := kinesis.get_records(ShardIterator=iterator, Limit=1000))["Records"]:
        found += records
        iterator = answer["NextShardIterator"]
    return found


def _put(kinesis: Any, stream: str, *words: str) -> None:
    records = [{"Data": word.encode(), "PartitionKey": word} for word in words]
    assert kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"] == 0


def test_no_record_is_lost_under_concurrent_puts(emulation: Emulation) -> None:
    kinesis = emulation.client("kinesis")
    kinesis.create_stream(StreamName="concurrent", ShardCount=1)
    with ThreadPoolExecutor(8) as callers:
        list(callers.map(lambda n: _put(kinesis, "concurrent", *(f"{n}-{m}" for m in range(25))), range(40)))
    found = _read(kinesis, "concurrent")
    assert len({record["Data"] for record in found}) == 1000
    assert [int(record["SequenceNumber"]) for record in found] == list(range(1, 1001))


def test_what_was_accepted_survives_a_kill(own_emulation: Emulation) -> None:
    own_emulation.client("kinesis").create_stream(StreamName="kept", ShardCount=1)
    _put(own_emulation.client("kinesis"), "kept", "one", "two", "three")
    Checkpoints(own_emulation.home.checkpoints).set("kept", SHARD, 1)
    own_emulation.kill()
    own_emulation.start()
    kinesis = own_emulation.client("kinesis")
    kinesis.create_stream(StreamName="kept", ShardCount=1)
    assert [record["Data"] for record in _read(kinesis, "kept")] == [b"two", b"three"]
    _put(kinesis, "kept", "four")
    assert [(record["SequenceNumber"], record["Data"]) for record in _read(kinesis, "kept", after=3)] == [
        ("4", b"four")
    ]


def test_a_torn_journal_gives_back_all_that_is_whole(own_emulation: Emulation) -> None:
    own_emulation.client("kinesis").create_stream(StreamName="torn", ShardCount=1)
    _put(own_emulation.client("kinesis"), "torn", "one", "two")
    own_emulation.kill()
    segment = next((own_emulation.home.streams / "torn" / SHARD).glob("*.segment"))
    segment.write_bytes(segment.read_bytes()[:-2])
    own_emulation.start()
    kinesis = own_emulation.client("kinesis")
    kinesis.create_stream(StreamName="torn", ShardCount=1)
    _put(kinesis, "torn", "three")
    assert [record["Data"] for record in _read(kinesis, "torn")] == [b"one", b"three"]


def test_an_invocation_reaches_the_lambda_service(emulation: Emulation) -> None:
    _add(emulation, "echo")
    answer = emulation.client("lambda").invoke(FunctionName="echo", Payload=b'{"n": 1}')
    assert json.loads(answer["Payload"].read())["event"] == {"n": 1}
    assert "FunctionError" not in answer


def test_a_failing_function_is_marked_and_named(emulation: Emulation) -> None:
    _add(emulation, "fail")
    answer = emulation.client("lambda").invoke(FunctionName="fail", Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "Unreachable"


def test_a_state_machine_runs_our_functions_and_sees_their_errors(emulation: Emulation) -> None:
    _add(emulation, "echo")
    _add(emulation, "fail")
    machine = _machine(
        emulation,
        "calls",
        {
            "StartAt": "Fail",
            "States": {
                "Fail": {
                    **_task("fail"),
                    "Retry": [{"ErrorEquals": ["Unreachable"], "MaxAttempts": 1, "IntervalSeconds": 1}],
                    "Catch": [{"ErrorEquals": ["Unreachable"], "ResultPath": None, "Next": "Echo"}],
                    "End": True,
                },
                "Echo": {**_task("echo"), "OutputPath": "$.Payload.event", "End": True},
            },
        },
    )
    assert _finished(emulation, machine, "run-1", {"n": 2}) == ("SUCCEEDED", {"n": 2})


def test_old_executions_are_forgotten(emulation: Emulation) -> None:
    machine = _machine(emulation, "passes", {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})
    for number in range(workflows.KEEP + 5):
        assert _finished(emulation, machine, f"run-{number}", {})[0] == "SUCCEEDED"
    listed = emulation.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert len(listed) <= workflows.KEEP + 1


def test_an_execution_of_the_same_name_is_refused(emulation: Emulation) -> None:
    """The clock counts on it: a period is begun once."""
    machine = _machine(emulation, "named", {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})
    _finished(emulation, machine, "period-1", {"a": 1})
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        emulation.client("stepfunctions").start_execution(stateMachineArn=machine, name="period-1", input='{"a": 2}')


def _add(emulation: Emulation, name: str) -> None:
    emulation.lambdas.add(
        FunctionSpec(
            name=name,
            handler=f"tests.unit.local.handlers.{name}",
            timeout=20,
            environment=aws.environment(emulation.endpoint),
        )
    )
    with suppress(ClientError):  # another test was first
        emulation.client("iam").create_role(RoleName="local", AssumeRolePolicyDocument="{}")
    with suppress(ClientError):
        emulation.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="x.y",
            Role=ROLE,
            Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        )


def _task(function: str) -> dict[str, object]:
    parameters = {"FunctionName": arn(function), "Payload.$": "$"}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters}


def _machine(emulation: Emulation, name: str, definition: dict[str, object]) -> str:
    made = emulation.client("stepfunctions").create_state_machine(
        name=name, roleArn=ROLE, definition=json.dumps(definition)
    )
    return str(made["stateMachineArn"])


def _finished(emulation: Emulation, machine: str, name: str, given: dict[str, object]) -> tuple[str, object]:
    client = emulation.client("stepfunctions")
    execution = client.start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))["executionArn"]
    while (seen := client.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    return seen["status"], json.loads(seen.get("output", "null"))


def test_a_message_and_the_records_that_it_names_survive_a_kill(own_emulation: Emulation) -> None:
    own_emulation.client("kinesis").create_stream(StreamName="given-up", ShardCount=1)
    _put(own_emulation.client("kinesis"), "given-up", "one", "two", "three")
    Checkpoints(own_emulation.home.checkpoints).set("given-up", SHARD, 3)
    info = {"shardId": SHARD, "startSequenceNumber": "2", "streamArn": "arn:aws:kinesis:x:1:stream/given-up"}
    sqs = own_emulation.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"KinesisBatchInfo": info}))
    sqs.send_message(QueueUrl=url, MessageBody="dealt with")
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]:
        if message["Body"] == "dealt with":
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    own_emulation.kill()
    own_emulation.start()
    kinesis, sqs = own_emulation.client("kinesis"), own_emulation.client("sqs")
    kinesis.create_stream(StreamName="given-up", ShardCount=1)
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(message["Body"])["KinesisBatchInfo"] == info
    assert [record["Data"] for record in _read(kinesis, "given-up")] == [b"two", b"three"]

"""Our templates deployed into an emulation of AWS: what stands there is what the manifest lists."""

from __future__ import annotations

import json

import pytest
from flowlens.aws import objects

from cdk import manifest
from cdk.app import STACKS
from cdk.manifest import Kind, Ref
from tests.cdk.emulation import Emulation

LOG_QUEUES = [source for source in manifest.QUEUE_SOURCES if source.function == "objects.read"]

pytestmark = pytest.mark.infra


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_deploys_whole(deployed: Emulation, stack: str) -> None:
    assert deployed.stack(stack)["StackStatus"] == "CREATE_COMPLETE"


def named(deployed: Emulation, kind: Kind) -> list[str]:
    """The physical names of everything of a kind."""
    match kind:
        case Kind.STREAM_NAME:
            found = deployed.client("kinesis").list_streams()["StreamNames"]
        case Kind.TABLE_NAME:
            found = deployed.client("dynamodb").list_tables()["TableNames"]
        case Kind.QUEUE_URL:
            found = deployed.client("sqs").list_queues()["QueueUrls"]
        case Kind.SECRET_ID:
            found = [one["ARN"] for one in deployed.client("secretsmanager").list_secrets()["SecretList"]]
        case Kind.ARCHIVE_URL | Kind.LOG_BUCKETS:
            found = [one["Name"] for one in deployed.client("s3").list_buckets()["Buckets"]]
    return list(found)


def test_as_many_streams_tables_and_queues_stand_as_are_listed(deployed: Emulation) -> None:
    assert len(named(deployed, Kind.STREAM_NAME)) == len(manifest.STREAMS)
    assert len(named(deployed, Kind.TABLE_NAME)) == len(manifest.TABLES)
    assert len(named(deployed, Kind.QUEUE_URL)) == len(manifest.QUEUES)


@pytest.mark.parametrize("declared", manifest.TABLES, ids=lambda table: table.name)
def test_a_table_stands_with_its_keys(deployed: Emulation, declared: manifest.Table) -> None:
    (name,) = (one for one in named(deployed, Kind.TABLE_NAME) if declared.name.replace("-", "") in one)
    keys = deployed.client("dynamodb").describe_table(TableName=name)["Table"]["KeySchema"]
    assert [key["AttributeName"] for key in keys] == [declared.partition_key, declared.sort_key]


@pytest.mark.parametrize("declared", manifest.FUNCTIONS, ids=lambda function: function.name)
def test_a_function_stands_with_its_environment_resolved(deployed: Emulation, declared: manifest.Function) -> None:
    given = deployed.functions()[declared.handler]["Environment"]["Variables"]
    for name, value in declared.environment.items():
        if isinstance(value, Ref):
            assert resolved(deployed, value, given.get(name, "")), name
        else:
            assert given[name] == value


def resolved(deployed: Emulation, ref: Ref, given: str) -> bool:
    """Whether what a function is given is what its Ref asks for."""
    if ref.kind in (Kind.ARCHIVE_URL, Kind.HEADS_URL):
        bucket, _, prefix = given.removeprefix("s3://").partition("/")
        return bucket in named(deployed, Kind.ARCHIVE_URL) and prefix == (
            ref.name if ref.kind is Kind.ARCHIVE_URL else ""
        )
    if ref.kind is Kind.KEY_ID:
        key = deployed.client("kms").describe_key(KeyId=given)["KeyMetadata"]
        return bool((key["KeySpec"], key["KeyUsage"]) == ("RSA_3072", "SIGN_VERIFY"))
    if ref.kind is Kind.FUNCTION_NAME:
        return bool(given == deployed.functions()[f"functions.{ref.name}.handler"]["FunctionName"])
    if ref.kind is Kind.ROLE_ARN:  # that the function has: others name it in their policies
        return bool(given == deployed.functions()[f"functions.{ref.name}.handler"]["Role"])
    if ref.kind in (Kind.CHOSEN_VPCS, Kind.DEPLOYMENT, Kind.OUTBOUND, Kind.CHOICE):
        return given in ("", "flowlens-prod")
    if ref.kind is Kind.LOG_BUCKETS:
        return given in named(deployed, ref.kind)
    stands = given.rpartition("/")[2] in {one.rpartition("/")[2] for one in named(deployed, ref.kind)}
    return stands and ref.name.replace("-", "") in given.replace("-", "")


@pytest.mark.parametrize("declared", manifest.SECRETS, ids=lambda secret: secret.name)
def test_a_secret_holds_what_the_code_reads(deployed: Emulation, declared: manifest.Secret) -> None:
    (id, *_) = (
        deployed.functions()[function.handler]["Environment"]["Variables"][name]
        for function, name, ref in _references(Kind.SECRET_ID)
        if ref.name == declared.name
    )
    held = deployed.secret(id)
    address = {"host", "port", "dbname"} if "username" in declared.template else set()
    assert set(held) == {declared.generate, *declared.template} | address
    assert len(held[declared.generate]) >= 32
    assert int(held.get("port", 5432)) == 5432


def _references(kind: Kind) -> list[tuple[manifest.Function, str, Ref]]:
    return [
        (function, name, value)
        for function in manifest.FUNCTIONS
        for name, value in function.environment.items()
        if isinstance(value, Ref) and value.kind is kind
    ]


@pytest.mark.parametrize("declared", manifest.MAPPINGS, ids=lambda mapping: mapping.stream)
def test_a_mapping_joins_the_stream_to_the_function(deployed: Emulation, declared: manifest.EventSource) -> None:
    function = deployed.functions()[f"functions.{declared.function}.handler"]
    (made,) = deployed.client("lambda").list_event_source_mappings(FunctionName=function["FunctionArn"])[
        "EventSourceMappings"
    ]
    (stream,) = (name for name in named(deployed, Kind.STREAM_NAME) if declared.stream.replace("-", "") in name)
    (queue,) = (url for url in named(deployed, Kind.QUEUE_URL) if declared.on_failure.replace("-", "") in url)
    assert made["FunctionArn"] == function["FunctionArn"]
    assert made["EventSourceArn"].endswith(f"/{stream}")
    assert made["BatchSize"] == declared.batch_size
    assert made["DestinationConfig"]["OnFailure"]["Destination"].endswith(queue.rpartition("/")[2])


@pytest.mark.parametrize("declared", LOG_QUEUES, ids=lambda source: source.queue)
def test_a_delivered_log_is_told_to_the_queue_that_wakes_its_reader(
    deployed: Emulation, declared: manifest.QueueSource
) -> None:
    function = deployed.functions()[f"functions.{declared.function}.handler"]
    (made,) = deployed.client("lambda").list_event_source_mappings(FunctionName=function["FunctionArn"])[
        "EventSourceMappings"
    ]
    bucket = function["Environment"]["Variables"]["LOG_BUCKETS"]
    urls = (url for url in named(deployed, Kind.QUEUE_URL) if made["EventSourceArn"].endswith(url.rpartition("/")[2]))
    (queue,) = urls
    deployed.client("s3").put_object(Bucket=bucket, Key="AWSLogs/1/vpcflowlogs/a.log.gz", Body=b"delivered")
    (message,) = deployed.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    (told,) = objects.announced(message["Body"])
    assert (told.bucket, told.key) == (bucket, "AWSLogs/1/vpcflowlogs/a.log.gz")


@pytest.mark.parametrize("declared", manifest.WORKFLOWS, ids=lambda workflow: workflow.name)
def test_a_workflow_stands_and_knows_its_functions(deployed: Emulation, declared: manifest.Workflow) -> None:
    machines = deployed.client("stepfunctions")
    (made,) = machines.list_state_machines()["stateMachines"]
    definition = machines.describe_state_machine(stateMachineArn=made["stateMachineArn"])["definition"]
    tasks = {state["Resource"] for state in json.loads(definition)["States"].values() if state["Type"] == "Task"}
    handlers = {f"functions.{declared.name}.{task}.handler" for task in declared.tasks}
    assert tasks == {deployed.functions()[handler]["FunctionArn"] for handler in handlers}


def test_what_was_signed_cannot_be_removed_from_its_bucket(deployed: Emulation) -> None:
    environment = deployed.functions()["functions.operations.sign.handler"]["Environment"]["Variables"]
    bucket, storage = environment["HEADS_URL"].removeprefix("s3://"), deployed.client("s3")
    kept = storage.put_object(Bucket=bucket, Key="tenant/head.json", Body=b"signed")
    with pytest.raises(storage.exceptions.ClientError, match="AccessDenied"):
        storage.delete_object(Bucket=bucket, Key="tenant/head.json", VersionId=kept["VersionId"])
    assert storage.get_object(Bucket=bucket, Key="tenant/head.json")["Body"].read() == b"signed"

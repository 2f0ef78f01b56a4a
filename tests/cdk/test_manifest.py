"""The manifest against itself and against the code it names."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch import BatchProcessor
from flowlens.flows.report import COUNTERS

from cdk import manifest
from cdk.constructs.holdings import ARCHIVE
from cdk.manifest import Kind, Ref
from cdk.parts import ROOT
from collector_vm.settings import Settings as CollectorSettings

NAMES = {
    Kind.STREAM_NAME: {stream.name for stream in manifest.STREAMS},
    Kind.TABLE_NAME: {table.name for table in manifest.TABLES},
    Kind.QUEUE_URL: {queue.name for queue in manifest.QUEUES},
    Kind.SECRET_ID: {secret.name for secret in manifest.SECRETS},
    Kind.LOG_BUCKETS: {manifest.LOGS},
    Kind.CHOSEN_VPCS: {manifest.VPCS},
    Kind.DEPLOYMENT: {manifest.SERVICE},
    Kind.FUNCTION_NAME: {function.name for function in manifest.FUNCTIONS},
    Kind.ROLE_ARN: {function.name for function in manifest.FUNCTIONS if function.trusted},
    Kind.HEADS_URL: {manifest.HEADS},
    Kind.KEY_ID: {key.name for key in manifest.KEYS},
    Kind.CHOICE: {"quotas"},
    Kind.OUTBOUND: {"networks", "authorities"},
}
HELD = set().union(*NAMES.values()) | {ARCHIVE, manifest.LISTS, manifest.GROUPS, manifest.GEOGRAPHY, manifest.VPCS}
HELD |= {manifest.UPLOADS, manifest.READ_UPLOADS, manifest.FETCHED, manifest.ROLES}
FUNCTIONS = {function.name: function for function in manifest.FUNCTIONS}
environments = [
    *((name, function.environment) for name, function in FUNCTIONS.items()),
    ("collector", manifest.COLLECTOR),
]


def module(function: str) -> ModuleType:
    return import_module(f"functions.{function}")


def settings(function: str) -> Any:
    """The handler's own, or those that its folder shares."""
    own = getattr(module(function), "Settings", None)
    return own or import_module(f"functions.{function.partition('.')[0]}.settings").Settings


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_handler(name: str) -> None:
    assert callable(module(name).handler)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_environment_is_what_the_handler_reads(name: str) -> None:
    assert set(FUNCTIONS[name].environment) == {field.upper() for field in settings(name).model_fields}


def test_the_collectors_environment_is_what_it_reads() -> None:
    read = {f"COLLECTOR_{field.upper()}" for field in CollectorSettings.model_fields}
    assert set(manifest.COLLECTOR) <= read
    required = {name for name, field in CollectorSettings.model_fields.items() if field.is_required()}
    assert {f"COLLECTOR_{name.upper()}" for name in required} <= set(manifest.COLLECTOR)


@pytest.mark.parametrize(("name", "environment"), environments)
def test_a_reference_leads_somewhere(name: str, environment: dict[str, str | Ref]) -> None:
    for value in environment.values():
        if isinstance(value, Ref) and value.kind is not Kind.ARCHIVE_URL:
            assert value.name in NAMES[value.kind], name


@pytest.mark.parametrize("function", manifest.FUNCTIONS, ids=FUNCTIONS)
def test_a_function_may_read_the_secrets_that_it_is_told_of(function: manifest.Function) -> None:
    told = {ref.name for ref in function.environment.values() if isinstance(ref, Ref) and ref.kind is Kind.SECRET_ID}
    assert told <= set(function.reads)


@pytest.mark.parametrize("function", manifest.FUNCTIONS, ids=FUNCTIONS)
def test_a_function_calls_those_that_it_is_told_of_and_no_others(function: manifest.Function) -> None:
    told = {
        ref.name for ref in function.environment.values() if isinstance(ref, Ref) and ref.kind is Kind.FUNCTION_NAME
    }
    assert told == set(function.calls)


@pytest.mark.parametrize("function", manifest.FUNCTIONS, ids=FUNCTIONS)
def test_a_right_is_to_something_that_exists(function: manifest.Function) -> None:
    assert set(function.reads) | set(function.writes) <= HELD


def test_the_collector_may_touch_what_it_is_told_of_and_nothing_else() -> None:
    told = {value.name for value in manifest.COLLECTOR.values() if isinstance(value, Ref)}
    assert told == set(manifest.COLLECTOR_READS) | set(manifest.COLLECTOR_WRITES)
    assert told <= HELD


def test_functions_that_answer_record_by_record_are_those_that_streams_and_queues_wake() -> None:
    woken = {one.function for one in (*manifest.MAPPINGS, *manifest.QUEUE_SOURCES)}
    partial = {name for name in FUNCTIONS if any(isinstance(v, BatchProcessor) for v in vars(module(name)).values())}
    assert partial == woken


@pytest.mark.parametrize("mapping", manifest.MAPPINGS, ids=lambda mapping: mapping.stream)
def test_a_mapping_gives_up_while_the_record_can_still_be_read(mapping: manifest.EventSource) -> None:
    (stream,) = (stream for stream in manifest.STREAMS if stream.name == mapping.stream)
    assert 0 < mapping.max_age_seconds < stream.retention_hours * 3600
    assert mapping.retries >= 0
    assert mapping.on_failure in FUNCTIONS[mapping.function].writes
    assert mapping.stream in FUNCTIONS[mapping.function].reads


@pytest.mark.parametrize("source", manifest.QUEUE_SOURCES, ids=lambda source: source.queue)
def test_a_message_is_nobody_elses_while_it_is_worked_on(source: manifest.QueueSource) -> None:
    (queue,) = (queue for queue in manifest.QUEUES if queue.name == source.queue)
    assert queue.visibility_seconds >= 6 * FUNCTIONS[source.function].timeout
    if queue.failed is not None:
        assert queue.failed in NAMES[Kind.QUEUE_URL]
    assert source.queue in FUNCTIONS[source.function].reads


@pytest.mark.parametrize("workflow", manifest.WORKFLOWS, ids=lambda workflow: workflow.name)
def test_a_workflow_names_each_of_its_tasks(workflow: manifest.Workflow) -> None:
    definition = (ROOT / "functions" / workflow.name / "workflow.asl.json").read_text()
    for task in workflow.tasks:
        assert f"{workflow.name}.{task}" in FUNCTIONS
        assert f'"${{{task}}}"' in definition


def test_losses_are_counters_of_the_collector() -> None:
    assert set(manifest.COLLECTOR_LOSSES) <= set(COUNTERS)


def test_the_aggregate_counts_what_is_watched() -> None:
    text = (ROOT / "functions/stream/aggregate.py").read_text()
    assert f'"{manifest.FLOWS_COUNTED}"' in text
    assert f'"{manifest.DELTAS_REFUSED}"' in text

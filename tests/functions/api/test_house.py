"""Health, metrics, the bearer, and what the handler reads."""

from __future__ import annotations

import re
from datetime import timedelta

from flowlens.access.permissions import ALL
from flowlens.services.steps import MINUTES_KEPT
from flowlens.store.connection import Connection

from cdk import manifest
from functions.api import handler, version
from tests.architecture.rooms import ROOT
from tests.functions.api.estate import NOW, Estate, now
from tests.functions.api.gateway import Ask

_SAMPLE = re.compile(r'(flowlens_[a-z_]+)(\{[a-z_]+="[a-z0-9_.]+"\})? (\d+)')


def test_health_needs_no_token_and_tells_no_secret(gateway: Ask, estate: Estate) -> None:
    assert gateway("/health").json()["newest_data"] is None
    estate.depends("10.0.0.1 > 10.0.0.2")
    found = gateway("/health").json()
    assert found["status"] == "ok"
    assert found["schema_version"] == found["schema_expected"] > 0
    assert 0 <= found["newest_data_age_seconds"] < 60
    assert set(found) == {
        "status",
        "version",
        "schema_version",
        "schema_expected",
        "newest_data",
        "newest_data_age_seconds",
    }


def test_a_database_that_lacks_a_migration_is_behind(gateway: Ask, owner: Connection) -> None:
    owner.execute("UPDATE schema_migrations SET version = -version")
    try:
        assert gateway("/health").json()["status"] == "behind"
    finally:
        owner.execute("UPDATE schema_migrations SET version = -version")


def test_metrics_are_what_the_collectors_reported(ask: Ask, estate: Estate) -> None:
    first, second = estate.source("192.0.2.1", last_seen=now()), estate.source("192.0.2.2", last_seen=now())
    for source in (first, second):
        estate.counted(source, {"flows": 10, "malformed": 2, "malformed.truncated_header": 2, "flows_spool_full": 1})
    estate.counted(first, {"flows": 5, "template_missing": 3}, started=NOW - timedelta(hours=1))
    estate.depends("10.0.0.1 > 10.0.0.2")
    text = ask("/metrics").body.decode()
    samples = {f"{m[1]}{m[2] or ''}": int(m[3]) for m in map(_SAMPLE.fullmatch, text.splitlines()) if m}
    assert samples['flowlens_flows_received_total{source_type="netflow9"}'] == 25
    assert samples['flowlens_flow_parse_errors_total{reason="truncated_header"}'] == 4
    assert samples['flowlens_flow_parse_errors_total{reason="template_missing"}'] == 3
    assert samples['flowlens_sources{status="active"}'] == 2
    assert samples["flowlens_flows_lost_total"] == 2
    assert samples["flowlens_dependencies"] == 1
    assert samples[f'flowlens_build_info{{version="{version.VERSION}"}}'] == 1
    assert len(samples) == len([line for line in text.splitlines() if not line.startswith("#")])


def test_no_metric_names_an_address_or_an_exporters_choice(ask: Ask, estate: Estate) -> None:
    source = estate.source("192.0.2.1", last_seen=now())
    estate.counted(source, {"flows": 1, "malformed." + "x" * 60: 1, 'malformed."}evil': 1, "malformed.10.0.0.1": 1})
    text = ask("/metrics").body.decode()
    assert not any(word in text for word in ("192.0.2", "evil", "10.0.0.1", "xxxx"))


def test_the_bearer_learns_who_they_are(ask: Ask) -> None:
    found = ask("/me").json()
    assert (found["name"], found["tenant"]["name"], found["permissions"]) == ("administrator", "Default", list(ALL))


def test_the_handler_reads_what_the_manifest_gives_it() -> None:
    given = next(f for f in manifest.FUNCTIONS if f.name == "api.handler").environment
    assert {name.upper() for name in handler.Settings.model_fields} == set(given)


def test_minutes_are_asked_for_only_while_they_are_kept() -> None:
    retain = next(f for f in manifest.FUNCTIONS if f.name == "operations.retain").environment
    assert timedelta(days=int(str(retain["MINUTES_RETENTION_DAYS"]))) > MINUTES_KEPT


def test_the_api_says_the_version_of_the_project() -> None:
    assert f'version = "{version.VERSION}"' in (ROOT / "pyproject.toml").read_text()

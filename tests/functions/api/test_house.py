"""Health, metrics, the bearer, and what the handler reads."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from uuid import UUID

from flowlens.access.permissions import ALL
from flowlens.services.steps import MINUTES_KEPT
from flowlens.store.connection import Connection, tenant_transaction

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


def reported(estate: Estate, collector: UUID, counters: dict[str, int], *, started: datetime, at: datetime) -> None:
    query = "INSERT INTO collector_counters (tenant_id, collector, started, at, counters) VALUES (%s, %s, %s, %s, %s)"
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        conn.execute(query.encode(), (estate.tenant, collector, started, at, json.dumps(counters)))


def test_a_collector_is_one_through_all_its_lives_and_says_what_its_kernel_dropped(ask: Ask, estate: Estate) -> None:
    one, other = UUID(int=1), UUID(int=2)
    hour = timedelta(hours=1)
    first = {"received": 10, "kernel_dropped": 4, "receive_buffer": 100, "receive_buffer_wanted": 100}
    reported(estate, one, first, started=NOW - 2 * hour, at=NOW - hour)
    later = {"received": 5, "kernel_dropped": 1, "receive_buffer": 50, "receive_buffer_wanted": 100}
    reported(estate, one, later, started=NOW - hour, at=now())
    reported(estate, other, {"received": 1}, started=NOW - hour, at=NOW - timedelta(minutes=2))
    found = ask("/collectors").json()["items"]
    assert [(c["id"], c["status"], c["runs"]) for c in found] == [(str(one), "reporting", 2), (str(other), "silent", 1)]
    assert (found[0]["received"], found[0]["kernel_dropped"]) == (15, 5)
    assert (found[0]["receive_buffer"], found[0]["receive_buffer_wanted"]) == (50, 100)
    assert found[1]["receive_buffer"] is None


def test_a_collector_says_what_its_instance_was_not_allowed_where_its_driver_knows(ask: Ask, estate: Estate) -> None:
    hour = timedelta(hours=1)
    counted = {"bw_in_allowance_exceeded": 3, "pps_allowance_exceeded": 4, "conntrack_allowance_exceeded": 0}
    reported(estate, UUID(int=1), counted, started=NOW - 2 * hour, at=NOW - hour)
    reported(estate, UUID(int=1), counted | {"conntrack_allowance_exceeded": 5}, started=NOW - hour, at=now())
    reported(estate, UUID(int=2), {"received": 1}, started=NOW - hour, at=NOW - timedelta(minutes=2))
    assert [c["allowance_exceeded"] for c in ask("/collectors").json()["items"]] == [19, None]


def test_collectors_are_a_tenants_own_and_want_a_permission(gateway: Ask, estate: Estate, foreign: Estate) -> None:
    reported(foreign, UUID(int=3), {}, started=NOW, at=NOW)
    assert gateway("/collectors").status == 401
    assert gateway.as_(estate.token("assets:read"))("/collectors").status == 403
    assert gateway.as_(estate.token("sources:read"))("/collectors").json() == {"items": []}

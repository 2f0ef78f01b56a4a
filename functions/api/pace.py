"""Every request of somebody is held against their quotas here; what is left goes into the answer's headers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from fastapi import Request
from flowlens.access.actor import Actor
from flowlens.access.quotas import SECONDS, Quota, Standing, Weight, chosen
from flowlens.kit.lines import line
from flowlens.model.errors import OverQuota, Unreachable
from flowlens.services import quotas as service

from functions.api.settings import settings

logger = Logger(service="api", json_serializer=line)
metrics = Metrics()
_LEFT_ALONE = 5.0  # seconds, after the counter did not answer
_SEARCHING = (
    "read_topology",
    "read_timeline",
    "compare_topology",
    "find_path",
    "complete_query",
    "search",
    "read_metrics",
)
_BULK = (
    "export_assets",
    "export_classification_rules",
    "export_dependencies",
    "export_map",
    "export_audit_events",
    "export_audit_heads",
    "check_audit_trail",
    "preview_classification_rule",
    "preview_import",
    "apply_import",
    "undo_import",
    "change_selected_assets",
    "put_import_part",
    "try_feed",
    "create_upload",
    "test_provider",
)
# By the name of the route; all others are ordinary.
WEIGHTS: Mapping[str, Weight] = dict.fromkeys(_SEARCHING, Weight.SEARCHING) | dict.fromkeys(_BULK, Weight.BULK)
_away = {"until": 0.0}


@cache
def _quotas() -> tuple[Quota, ...]:
    return chosen(settings().quotas)


def hold(request: Request, actor: Actor) -> None:
    """OverQuota for a request that is one too many. A counter that is away holds nobody up: that is counted and logged,
    and it is not asked again for a few seconds (DECISIONS.md: Quotas fail open)."""
    if not _quotas() or time.monotonic() < _away["until"]:
        return
    weight = WEIGHTS.get(str(getattr(request.scope.get("route"), "name", "")), Weight.ORDINARY)
    try:
        standing = service.take(settings().throttles_table, _quotas(), actor, weight)
    except Unreachable as error:
        _away["until"] = time.monotonic() + _LEFT_ALONE
        logger.warning("quotas are not counted", reason=str(error))
        _count("QuotasUncounted")
        return
    request.scope["flowlens.headers"] |= headers(standing)
    if standing.refused is not None:
        logger.info("over quota", quota=standing.refused, tenant=str(actor.tenant), actor=actor.principal)
        _count("RequestsOverQuota")
        raise OverQuota(standing.refused, seconds=standing.seconds)


def headers(standing: Standing) -> dict[str, str]:
    """draft-ietf-httpapi-ratelimit-headers-10; its `r` and `q` are points, of which a plain request takes one."""
    policies = (f'"{one.quota.name}";q={one.quota.most};w={SECONDS}' for one in standing.left)
    left = (f'"{one.quota.name}";r={one.points};t={standing.seconds}' for one in standing.left)
    return {"ratelimit-policy": ", ".join(policies), "ratelimit": ", ".join(left)}


def _count(name: str) -> None:
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
    metrics.flush_metrics()

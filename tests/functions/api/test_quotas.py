"""What people, tokens and tenants may ask for in a minute, at every route; and what happens when nobody counts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from flowlens.access.quotas import QUOTAS, SECONDS, Weight
from flowlens.tables import quotas as table

from functions.api import pace
from functions.api.app import OPEN
from functions.api.settings import settings
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask
from tests.functions.api.test_guards import calls, routes

Turn = Callable[[str], None]


@pytest.fixture
def quotas(cloud: None, monkeypatch: pytest.MonkeyPatch) -> Generator[Turn]:  # noqa: ARG001 (a fixture for its effect)
    """Turns them on; all within one minute."""
    monkeypatch.setattr("flowlens.services.quotas.time.time", lambda: 1_790_000_030.0)

    def turn(said: str) -> None:
        monkeypatch.setenv("QUOTAS", said)
        forget()

    def forget() -> None:
        for remembered in (settings, pace._quotas, table.connection):
            remembered.cache_clear()
        pace._away["until"] = 0.0

    yield turn
    forget()


def test_a_token_that_asks_too_much_is_told_when_to_ask_again(quotas: Turn, gateway: Ask, estate: Estate) -> None:
    quotas("token=10")
    ask = gateway.as_(estate.token("assets:read"))
    first = ask("/assets")
    assert first.headers["ratelimit-policy"] == '"token";q=10;w=60, "tenant";q=6000;w=60'
    assert re.fullmatch(r'"token";r=9;t=\d+, "tenant";r=5999;t=\d+', first.headers["ratelimit"])
    assert [ask("/assets").status for _ in range(10)] == [200] * 9 + [429]
    refused = ask("/assets")
    problem = refused.json()
    assert (refused.status, problem["type"]) == (429, "/problems/over-quota")
    assert refused.headers["ratelimit"].startswith('"token";r=0;')
    assert 1 <= int(refused.headers["retry-after"]) <= SECONDS
    assert f"in {refused.headers['retry-after']} seconds" in problem["detail"]
    assert "'token'" in problem["detail"]


def test_the_next_minute_is_whole(quotas: Turn, gateway: Ask, estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    quotas("token=10")
    ask = gateway.as_(estate.token())
    assert [ask("/me").status for _ in range(11)][-1] == 429
    monkeypatch.setattr("flowlens.services.quotas.time.time", lambda: 1_790_000_090.0)
    assert ask("/me").status == 200


def test_what_is_refused_takes_from_nobody(quotas: Turn, gateway: Ask, estate: Estate, foreign: Estate) -> None:
    """A noisy token stops at its own quota; others of its tenant have theirs, and other tenants notice nothing."""
    quotas("token=10 tenant=40")
    noisy, quiet = gateway.as_(estate.token(name="noisy")), gateway.as_(estate.token(name="quiet"))
    assert [noisy("/me").status for _ in range(60)].count(200) == 10
    assert [quiet("/me").status for _ in range(10)] == [200] * 10
    assert '"tenant";r=20;' in quiet("/me").headers["ratelimit"]
    assert [gateway.as_(foreign.token())("/me").status for _ in range(10)] == [200] * 10


def test_a_noisy_tenant_leaves_the_others_all_of_theirs(
    quotas: Turn, gateway: Ask, estate: Estate, foreign: Estate
) -> None:
    quotas("tenant=20")
    many = [gateway.as_(estate.token(name=str(n))) for n in range(5)]
    assert [ask("/me").status for ask in many for _ in range(10)].count(200) == 20
    theirs = gateway.as_(foreign.token())
    assert [theirs("/me").status for _ in range(20)] == [200] * 20
    assert theirs("/me").json()["type"] == "/problems/over-quota"


def test_a_person_has_one_quota_for_all_tokens_and_sessions(quotas: Turn, gateway: Ask, estate: Estate) -> None:
    from flowlens.access import roles
    from flowlens.services import members, sessions
    from flowlens.services.sessions import Caller

    from tests.functions.api.test_matrix import browser

    who = {"email": "ada@example.com", "name": "", "by": "tests"}
    person = members.enrol(estate.conn, estate.tenant, **who, role=roles.VIEWER, accepted=True)
    begun = [sessions.begin(estate.conn, person, "password", Caller("192.0.2.77", "tests"))[0] for _ in range(2)]
    quotas("person=10")
    one, other = (browser(gateway, secret) for secret in begun)
    assert [ask("/me").status for _ in range(6) for ask in (one, other)] == [200] * 10 + [429] * 2


def test_what_costs_more_takes_more(quotas: Turn, gateway: Ask, estate: Estate) -> None:
    quotas("token-bulk=20")
    ask = gateway.as_(estate.administrator())
    assert [ask("/exports/assets").status for _ in range(3)] == [200, 200, 429]
    assert ask("/assets").status == 200
    left = ask("/topology").headers["ratelimit"]
    assert '"token";r=2976;' in left  # 2 exports of 10, one list, one map of 3
    assert '"token-searching";r=1497;' in left


@pytest.mark.parametrize("said", ["persons=12", "person=many", "person=9", "person", "person=-5", "tenant=٣٣٣"])
def test_what_is_no_quota_is_named(said: str) -> None:
    from flowlens.access.quotas import chosen
    from flowlens.model.errors import Invalid

    with pytest.raises(Invalid, match=said.partition("=")[0]):
        chosen(said)


def test_every_route_but_the_open_ones_is_held_against_quotas(quotas: Turn, gateway: Ask, estate: Estate) -> None:
    """Before anything else: who may not call it at all is counted too, so that nobody fills the trail with denials."""
    quotas("token=10")
    ask = gateway.as_(estate.token())
    for _ in range(10):
        ask("/me")
    found = {(method, path): ask(path, method=method).status for method, path in calls()}
    assert {call for call, status in found.items() if status != 429} == set()
    assert len(found) > 100


def test_weights_name_routes_that_there_are() -> None:
    names = {route.name for route in routes()} - OPEN
    assert set(pace.WEIGHTS) <= names
    exports = {name for name in names if name.startswith(("export_", "preview_"))}
    assert {name for name in exports if pace.WEIGHTS.get(name) is not Weight.BULK} == set()


def test_a_counter_that_is_away_holds_nobody_up(
    quotas: Turn, gateway: Ask, estate: Estate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is counted, and for a few seconds not asked again."""
    quotas("token=10")
    ask = gateway.as_(estate.token())
    assert ask("/me").status == 200
    asked = []

    def away(*_: object) -> object:
        asked.append(1)
        raise EndpointConnectionError(endpoint_url="http://dynamodb")

    monkeypatch.setattr(table.connection(), "dispatch", away)
    capsys.readouterr()
    replies = [ask("/me") for _ in range(20)]
    assert {reply.status for reply in replies} == {200}
    assert "ratelimit" not in replies[0].headers
    assert len(asked) == 1
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "QuotasUncounted" in line]
    assert [one["QuotasUncounted"] for one in counted] == [[1.0]]
    pace._away["until"] = 0.0
    ask("/me")
    assert len(asked) == 2


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_a_flood_that_the_counter_cannot_count_is_refused(
    quotas: Turn, gateway: Ask, estate: Estate, foreign: Estate, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """A tenant's counters are one item: whoever asks more often than DynamoDB writes it must not get rid of quotas."""
    quotas("")
    real = table.connection().dispatch

    def crowded(operation: str, given: dict[str, Any]) -> object:
        if given["Key"]["subject"]["S"].endswith(str(estate.tenant)):
            raise ClientError({"Error": {"Code": code, "Message": "too many"}}, operation)
        return real(operation, given)

    monkeypatch.setattr(table.connection(), "dispatch", crowded)
    noisy, quiet = gateway.as_(estate.token()), gateway.as_(foreign.token())
    refused = noisy("/me")
    assert (refused.status, refused.json()["type"]) == (429, "/problems/over-quota")
    assert quiet("/me").headers["ratelimit"]
    assert noisy("/me").status == 429


def test_a_request_asks_the_table_once(
    quotas: Turn, gateway: Ask, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    quotas("")
    ask = gateway.as_(estate.administrator())
    ask("/me")
    asked: list[str] = []
    real = table.connection().dispatch

    def noted(operation: str, given: dict[str, object]) -> object:
        asked.append(operation)
        return real(operation, given)

    monkeypatch.setattr(table.connection(), "dispatch", noted)
    for path in ("/assets", "/topology", "/exports/assets"):
        assert ask(path).status == 200
    assert asked == ["UpdateItem"] * 3


def test_the_defaults_leave_a_tenant_less_than_the_gateway_lets_through() -> None:
    from cdk.stacks.api import RATE

    tenant = next(quota for quota in QUOTAS if quota.name == "tenant")
    assert tenant.most <= RATE * SECONDS / 2

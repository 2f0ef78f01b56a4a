"""Each act of somebody leaves its line in the audit trail, in the tenant where it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from flowlens.access.roles import PLATFORM, PLATFORM_ADMINISTRATOR, VIEWER
from flowlens.flows.feeding import Origin
from flowlens.services import readings
from flowlens.services.operations import establish
from flowlens.store.connection import Connection

from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.provider import ISSUER, Provider
from tests.functions.api.test_entering import TEXT, Browser, ada, hashed, house
from tests.functions.api.test_factors import enrol
from tests.functions.api.test_sessions import MINE, OTHERS, enrolled, events, in_days
from tests.postgres import TENANT

__all__ = ["ada", "hashed", "house"]  # fixtures

ANY = {"if-match": "*"}


@dataclass(frozen=True, slots=True)
class Scene:
    """Ada, who is signed in, and what her acts are about."""

    ada: Browser
    owner: Connection
    gateway: Ask
    patch: pytest.MonkeyPatch
    tenant: UUID = TENANT

    def does(self, path: str, method: str = "POST", body: object = None) -> Reply:
        reply = self.ada(path, method, body, **ANY)
        assert reply.status < 300, reply.body
        return reply

    def made(self, path: str, body: object) -> str:
        return str(self.does(path, "POST", body).json()["id"])


def _export(what: str) -> Callable[[Scene], object]:
    return lambda scene: scene.does(f"/exports/{what}", "GET")


def _role(scene: Scene) -> str:
    return scene.made("/roles", {"name": "Planner", "note": "", "permissions": ["assets:read"]})


def _change_role(scene: Scene) -> None:
    scene.does(f"/roles/{_role(scene)}", "PATCH", {"name": "P", "note": "", "permissions": []})


def _provider(scene: Scene) -> str:
    return scene.made("/identity-providers", {"issuer": ISSUER, **TEXT})


def _token(scene: Scene) -> int:
    wanted = {"name": "probe", "permissions": ["assets:read"], "expires_at": in_days(1)}
    return int(scene.does("/tokens", "POST", wanted).json()["id"])


def _factor(scene: Scene) -> None:
    enrol(scene.ada, scene.patch)  # type: ignore[arg-type]  # a browser too


def _member(scene: Scene) -> UUID:
    return enrolled(scene.owner, "grace@example.com", VIEWER)


def _session_elsewhere(scene: Scene) -> str:
    elsewhere = Browser(scene.gateway)
    assert elsewhere("/session", "POST", {"email": "ada@example.com", "password": MINE}).status == 200
    return str(next(one["id"] for one in scene.ada("/sessions").json()["items"] if not one["current"]))


def _after(before: Callable[[Scene], object], path: str, method: str, body: object = None) -> Callable[[Scene], object]:
    """The act comes after something, whose id may be in its path."""
    return lambda scene: scene.does(path.format(before(scene)), method, body)


def _nothing(_: Scene) -> None:
    """There is nothing to be done before."""


ACTS: dict[str, Callable[[Scene], object]] = {
    "assets.export": _export("assets"),
    "dependencies.export": _export("dependencies"),
    "classification_rules.export": _export("classification-rules"),
    "factor.enrol": _factor,
    "factor.codes": _after(_factor, "/session/factor/codes", "POST"),
    "factor.remove": _after(_factor, "/session/factor", "DELETE"),
    "factor.require": _after(_factor, "/factor-rule", "PUT", {"required": True}),
    "link.make": _after(_member, "/members/{}/link", "POST"),
    "provider.create": _provider,
    "provider.update": _after(_provider, "/identity-providers/{}", "PATCH", TEXT),
    "provider.delete": _after(_provider, "/identity-providers/{}", "DELETE"),
    "provider.test": _after(_provider, "/identity-providers/{}/test", "POST"),
    "role.create": _role,
    "role.update": _change_role,
    "role.delete": _after(_role, "/roles/{}", "DELETE"),
    "session.prove": _after(_nothing, "/session/proof", "POST", {"password": MINE}),
    "session.end": _after(_nothing, "/session", "DELETE"),
    "session.revoke": _after(_session_elsewhere, "/sessions/{}", "DELETE"),
    "session.revoke of others": _after(_session_elsewhere, "/sessions", "DELETE"),
    "password.change": _after(_nothing, "/session/password", "PUT", {"old": MINE, "new": OTHERS}),
    "token.create": _token,
    "token.revoke": _after(_token, "/tokens/{}", "DELETE"),
}


@pytest.mark.parametrize("action", ACTS)
def test_an_act_leaves_its_line(
    ada: Browser,
    owner: Connection,
    gateway: Ask,
    monkeypatch: pytest.MonkeyPatch,
    house: Provider,  # noqa: ARG001 (for its effect)
    action: str,
) -> None:
    before = events(owner)
    ACTS[action](Scene(ada, owner, gateway, monkeypatch))
    assert events(owner)[len(before) :].count(action.partition(" ")[0]) == 1


def test_a_tenant_that_is_made_is_in_the_trail_of_the_platform(
    ada: Browser,
    owner: Connection,
    house: Provider,  # noqa: ARG001 (for its effect)
) -> None:
    establish(owner, PLATFORM, "Platform")
    enrolled(owner, "ada@example.com", PLATFORM_ADMINISTRATOR, PLATFORM)
    assert ada("/session/tenant", "PUT", {"tenant_id": str(PLATFORM)}).status == 200
    made = ada("/tenants", "POST", {"name": "North", "administrator": "noor@example.com"})
    assert made.status == 201, made.body
    assert "tenant.create" in events(owner, PLATFORM)


def test_a_feed_that_sets_itself_up_is_in_the_trail(owner: Connection) -> None:
    found = readings.feed_of(owner, TENANT, Origin("aws_s3", "flow-logs", "a.log"), {"bucket": "flow-logs"})
    assert (found.active, events(owner)[-1]) == (True, "feed.create")
    assert readings.feed_of(owner, TENANT, Origin("aws_s3", "flow-logs", "b.log"), {"bucket": "flow-logs"}) == found
    assert events(owner).count("feed.create") == 1


def test_a_sign_in_that_is_refused_is_in_the_trail_of_the_persons_tenants(ada: Browser, owner: Connection) -> None:
    assert ada("/session", "POST", {"email": "ada@example.com", "password": OTHERS}).status == 401
    assert events(owner)[-1] == "session.refuse"

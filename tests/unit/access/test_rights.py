"""Roles, limits and what grants come to."""

from __future__ import annotations

from uuid import UUID

import pytest
from flowlens.access import limits, rights, roles
from flowlens.access.actor import Actor
from flowlens.access.limits import EVERYWHERE, Limit
from flowlens.access.permissions import ALL, Permission
from flowlens.model.errors import Forbidden, Invalid

TENANT = UUID(int=1)
HERE, THERE = Limit(networks=("10.0.0.0/8",)), Limit(sites=("Berlin",))
READ, WRITE = Permission.ASSETS_READ, Permission.ASSETS_WRITE


def test_every_permission_is_some_roles_and_nobody_reads_a_secret() -> None:
    had = set().union(*(role.permissions for role in roles.OF_TENANTS + roles.OF_PLATFORM))
    assert had == set(ALL)
    assert not [permission for permission in ALL if permission.startswith("secrets:")]


def test_there_are_eight_roles_of_the_house() -> None:
    assert len({role.key for role in roles.OF_TENANTS + roles.OF_PLATFORM}) == 8


def test_an_auditor_changes_nothing() -> None:
    assert {p.partition(":")[2] for p in roles.AUDITOR.permissions} == {"read", "verify"}


def test_nobody_proposes_and_approves() -> None:
    for role in roles.OF_TENANTS + roles.OF_PLATFORM:
        for what in ("discovery", "retention"):
            assert not {f"{what}:propose", f"{what}:approve"} <= role.permissions


def test_a_platform_administrator_sees_nothing_of_tenants() -> None:
    assert not roles.PLATFORM_ADMINISTRATOR.permissions & roles.VIEWER.permissions - {Permission.TOKENS_WRITE}


def test_a_tenants_role_cannot_have_what_is_the_platforms() -> None:
    assert roles.check(TENANT, ["assets:read", "assets:read"]) == ["assets:read"]
    for wrong in ("tenants:write", "nothing:read", ""):
        with pytest.raises(Invalid):
            roles.check(TENANT, [wrong])
    with pytest.raises(Invalid):
        roles.check(roles.PLATFORM, ["assets:read"])


def test_one_grant_without_limits_lifts_those_of_the_others() -> None:
    assert rights.of([([READ], HERE), ([READ], EVERYWHERE)]).everywhere(READ)
    assert rights.of([([READ], HERE), ([READ], THERE)]).limits[READ] == (HERE, THERE)


def test_a_limit_of_one_permission_is_none_of_another() -> None:
    held = rights.of([([READ], EVERYWHERE), ([READ, WRITE], HERE)])
    assert held.view([READ]) == ()
    assert held.view([READ, WRITE]) == ((HERE,),)


def test_a_token_is_never_wider_than_its_owner() -> None:
    held = rights.of([([READ, WRITE], HERE)]).within([READ, Permission.AUDIT_READ])
    assert held.permissions == {READ}
    assert held.view([READ]) == ((HERE,),)


def test_an_actor_sees_what_each_needed_permission_allows() -> None:
    held = rights.of([([READ], HERE), ([WRITE], THERE)])
    actor = Actor(TENANT, "ada", held.permissions, rights=held)
    assert actor.asking([READ, WRITE]).view == ((HERE,), (THERE,))
    limits = '{"clauses": 1, "limits": [{"clause": 0, "networks": ["10.0.0.0/8"]}]}'
    assert actor.asking([READ]).limits == limits
    assert actor.limits == ""
    with pytest.raises(Forbidden, match="audit:read"):
        actor.asking([READ, Permission.AUDIT_READ])


def test_a_limit_is_read_as_it_was_kept() -> None:
    limit = Limit((3,), ("10.0.0.0/8", "2001:db8::/32"), ("Berlin",), (("tag:zone", "dmz"),))
    assert limits.read(limit.as_json()) == limit
    assert limits.read({}).everywhere


@pytest.mark.parametrize(
    "kept",
    [
        {"places": []},
        {"spaces": [0]},
        {"spaces": [True]},
        {"spaces": "1"},
        {"networks": ["10.0.0.1/8"]},
        {"networks": ["x"]},
        {"sites": [""]},
        {"sites": ["a\nb"]},
        {"tags": [["zone", "dmz"]]},
        {"tags": ["tag:zone"]},
        {"sites": ["x"] * 101},
    ],
)
def test_what_is_no_limit_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        limits.read(kept)

"""Members, roles, grants and tenants: nobody grants what they lack, and somebody always stays."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flowlens.access import limits, rights, roles
from flowlens.access.actor import Actor
from flowlens.access.limits import Limit
from flowlens.access.permissions import Permission
from flowlens.model.errors import Conflict, FlowLensError, Forbidden, Invalid, NotFound
from flowlens.services import grants, members, tenants
from flowlens.services import roles as service
from flowlens.services.grants import Wanted
from flowlens.services.operations import establish
from flowlens.store import audit
from flowlens.store import grants as store
from flowlens.store import members as people
from flowlens.store.connection import Connection, connect, tenant_transaction
from flowlens.store.grants import RoleText

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask
from tests.postgres import APP, OTHER, TENANT, Server

NOBODY = UUID(int=7)
SOON = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def conn(owner: Connection, postgres: Server) -> Generator[Connection]:
    """As the application, in a database with the platform's tenant too."""
    establish(owner, roles.PLATFORM, "Platform")
    with connect(postgres.secret(APP, owner.info.dbname)) as conn:
        yield conn


def person(conn: Connection, name: str, role: roles.Role, tenant: UUID = TENANT) -> Callable[[], Actor]:
    """Who they are at the time of asking: rights are read for each request."""
    user = members.enrol(conn, tenant, email=f"{name}@example.com", name=name, role=role, by="test", accepted=True)

    def actor() -> Actor:
        held = members.rights_of(conn, tenant, user)
        return Actor(tenant, f"{name}@example.com", held.permissions, f"user:{user}", user, held)

    return actor


def role(conn: Connection, key: str, tenant: UUID = TENANT) -> int:
    with tenant_transaction(conn, tenant):
        return store.role_of_house(conn, tenant, key) or 0


def user(actor: Callable[[], Actor]) -> UUID:
    return actor().user or NOBODY


def wanted(conn: Connection, key: str, **kept: object) -> Wanted:
    return Wanted(role(conn, key), kept)


def invited(conn: Connection, by: Callable[[], Actor], what: Wanted, name: str = "bob") -> grants.Listed:
    """They accepted, too."""
    made = grants.invite(conn, by(), email=f"{name}@example.com", name="", wanted=what)
    accepts(conn, made.member.id)
    return grants.read(conn, by(), made.member.id)


def accepts(conn: Connection, who: UUID, tenant: UUID = TENANT) -> None:
    with tenant_transaction(conn, tenant):
        assert people.accept(conn, tenant, who)


def test_the_first_administrator_is_the_first_custodian_and_appoints_others(conn: Connection) -> None:
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    assert ada().permissions >= roles.CUSTODIAN.permissions | roles.ADMINISTRATOR.permissions
    grace = person(conn, "grace", roles.ADMINISTRATOR)
    assert Permission.CREDENTIALS_WRITE not in grace().permissions
    with pytest.raises(Forbidden, match="credentials:write"):
        invited(conn, grace, wanted(conn, "credential-custodian"))
    made = invited(conn, ada, wanted(conn, "credential-custodian"))
    assert members.rights_of(conn, TENANT, made.member.id).permissions == roles.CUSTODIAN.permissions


def test_nobody_grants_what_they_lack_or_further_than_they_reach(conn: Connection) -> None:
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    made = invited(conn, ada, wanted(conn, "administrator", networks=["10.1.0.0/16"]))
    held = members.rights_of(conn, TENANT, made.member.id)
    bob = Actor(TENANT, "bob", held.permissions, "", made.member.id, held)
    for kept in ({}, {"networks": ["10.0.0.0/8"]}, {"sites": ["Berlin"]}, {"networks": ["10.1.0.0/16", "10.2.0.0/16"]}):
        with pytest.raises(Forbidden, match="nobody grants what they lack"):
            grants.invite(conn, bob, email="c@example.com", name="", wanted=Wanted(role(conn, "viewer"), kept))
    narrower: dict[str, object] = {"networks": ["10.1.2.0/24"], "sites": ["Berlin"]}
    grants.invite(conn, bob, email="c@example.com", name="", wanted=Wanted(role(conn, "viewer"), narrower))
    for act in (
        lambda: service.create(conn, bob, RoleText("Mine", "", ["assets:read"])),
        lambda: grants.shut(conn, bob, user(ada), disabled=True),
        lambda: grants.remove(conn, bob, user(ada)),
        lambda: grants.revoke(conn, bob, user(ada), grants.read(conn, ada(), user(ada)).grants[0].id),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_role_of_ones_own_holds_what_its_maker_has_and_no_more(conn: Connection) -> None:
    ada, grace = person(conn, "ada", roles.ADMINISTRATOR), person(conn, "grace", roles.ADMINISTRATOR)
    with pytest.raises(Forbidden):
        service.create(conn, grace(), RoleText("Keeper", "", ["credentials:write"]))
    keeper = service.create(conn, ada(), RoleText("Keeper", "", ["credentials:write", "assets:read"]))
    with pytest.raises(Forbidden):
        service.update(conn, grace(), keeper.id, None, RoleText("Keeper", "", ["assets:read"]))
    with pytest.raises(Forbidden):
        service.delete(conn, grace(), keeper.id, None)
    with pytest.raises(Conflict):
        service.create(conn, ada(), RoleText("Keeper", "", []))
    with pytest.raises(Invalid):
        service.create(conn, ada(), RoleText("X", "", ["tenants:write"]))
    bob = invited(conn, ada, Wanted(keeper.id, {}))
    with pytest.raises(Conflict, match="revoke"):
        service.delete(conn, ada(), keeper.id, None)
    service.update(conn, ada(), keeper.id, keeper.version, RoleText("Keeper", "", ["assets:read"]))
    assert members.rights_of(conn, TENANT, bob.member.id).permissions == {"assets:read"}
    grants.remove(conn, ada(), bob.member.id)
    service.delete(conn, ada(), keeper.id, None)


def test_a_role_of_the_house_stays_as_it_is(conn: Connection) -> None:
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    viewer = role(conn, "viewer")
    with pytest.raises(Forbidden):
        service.update(conn, ada(), viewer, None, RoleText("Viewer", "", []))
    with pytest.raises(Forbidden):
        service.delete(conn, ada(), viewer, None)


def test_whoever_governs_is_not_their_own_auditor(conn: Connection) -> None:
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    auditor = invited(conn, ada, wanted(conn, "auditor"))
    for who, key in ((user(ada), "auditor"), (auditor.member.id, "administrator")):
        with pytest.raises(Conflict, match="auditor"):
            grants.give(conn, ada(), who, wanted(conn, key))


@pytest.mark.parametrize("act", ["revoke", "remove", "shut"])
def test_the_last_administrator_and_the_last_custodian_stay(conn: Connection, act: str) -> None:
    ada = person(conn, "ada", roles.ADMINISTRATOR)

    def go(actor: Actor, who: UUID, *, number: int = 0) -> None:
        if act == "revoke":
            grants.revoke(conn, actor, who, grants.read(conn, actor, who).grants[number].id)
        elif act == "remove":
            grants.remove(conn, actor, who)
        else:
            grants.shut(conn, actor, who, disabled=True)

    with pytest.raises(Conflict, match="last administrator"):
        go(ada(), user(ada))
    grace = person(conn, "grace", roles.ADMINISTRATOR)
    with pytest.raises(Conflict, match="last credential custodian"):
        go(grace(), user(ada), number=1)
    grants.give(conn, ada(), user(grace), wanted(conn, "credential-custodian"))
    go(grace(), user(ada))
    assert Permission.USERS_WRITE not in ada().permissions


def test_two_administrators_cannot_remove_each_other_at_once(conn: Connection, postgres: Server) -> None:
    pair = [person(conn, name, roles.ADMINISTRATOR) for name in ("ada", "grace")]
    grants.give(conn, pair[0](), user(pair[1]), wanted(conn, "credential-custodian"))
    actors = [one() for one in pair]

    def go(at: int) -> str:
        with connect(postgres.secret(APP, conn.info.dbname)) as own:
            try:
                grants.shut(own, actors[at], actors[1 - at].user or NOBODY, disabled=True)
            except FlowLensError as error:
                return type(error).__name__
        return ""

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, range(2))) == ["", "Conflict"]


def test_a_grant_of_another_member_or_none_is_not_found(conn: Connection) -> None:
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    bob = invited(conn, ada, wanted(conn, "viewer"))
    for who, number in ((user(ada), bob.grants[0].id), (bob.member.id, 999), (NOBODY, bob.grants[0].id)):
        with pytest.raises(NotFound):
            grants.revoke(conn, ada(), who, number)
    for act in (grants.read, grants.remove):
        with pytest.raises(NotFound):
            act(conn, ada(), NOBODY)
    with pytest.raises(NotFound):
        grants.give(conn, ada(), NOBODY, wanted(conn, "viewer"))
    with pytest.raises(NotFound):
        grants.give(conn, ada(), bob.member.id, Wanted(role(conn, "viewer", OTHER), {}))
    with pytest.raises(Conflict):
        invited(conn, ada, wanted(conn, "viewer"))
    with pytest.raises(Invalid):
        grants.give(conn, ada(), bob.member.id, Wanted(role(conn, "viewer"), {}, datetime.now(UTC)))


def test_each_change_of_who_may_what_is_an_event(conn: Connection) -> None:
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    bob = invited(conn, ada, Wanted(role(conn, "viewer"), {"sites": ["Berlin"]}, SOON, "a guest"))
    grants.shut(conn, ada(), bob.member.id, disabled=True)
    grants.shut(conn, ada(), bob.member.id, disabled=False)
    grants.revoke(conn, ada(), bob.member.id, bob.grants[0].id)
    grants.remove(conn, ada(), bob.member.id)
    with tenant_transaction(conn, TENANT):
        found = [event.action for event in reversed(audit.page(conn, TENANT, audit.Wanted(), limit=100))]
    wanted_actions = "members.enrol member.invite grant.give member.disable member.enable grant.revoke member.remove"
    assert found == wanted_actions.split()


def test_a_platform_administrator_makes_tenants_and_sees_nothing_of_them(conn: Connection, estate: Estate) -> None:
    root = person(conn, "root", roles.PLATFORM_ADMINISTRATOR, roles.PLATFORM)
    estate.asset("10.0.0.1")
    made, _ = tenants.create(conn, root(), name="Warehouse", administrator="Carl@example.com")
    assert [one.name for one in tenants.every(conn, root())] == ["Default", "Other", "Warehouse"]
    with pytest.raises(Conflict):
        tenants.create(conn, root(), name="warehouse", administrator="x@example.com")
    assert members.rights_of(conn, TENANT, user(root)).permissions == frozenset()
    assert not root().permissions & {"assets:read", "topology:read", "dependencies:read"}
    carl = members.person(conn, email="carl@example.com")
    assert carl is not None
    assert members.tenants_of(conn, carl.id) == []  # until he accepts
    accepts(conn, carl.id, made.id)
    assert [one.name for one in members.tenants_of(conn, carl.id)] == ["Warehouse"]
    assert members.rights_of(conn, made.id, carl.id).permissions >= roles.ADMINISTRATOR.permissions


def test_whoever_breaks_the_glass_is_seen_and_leaves_by_themselves(conn: Connection, owner: Connection) -> None:
    root = person(conn, "root", roles.PLATFORM_ADMINISTRATOR, roles.PLATFORM)
    ada = person(conn, "ada", roles.ADMINISTRATOR)
    until = tenants.enter(conn, root(), TENANT, role=roles.VIEWER, reason="incident 4711", minutes=100_000)
    assert until < datetime.now(UTC) + tenants.LONGEST + timedelta(minutes=1)
    assert members.rights_of(conn, TENANT, user(root)).permissions == roles.VIEWER.permissions
    seen = next(one for one in grants.page(conn, ada(), limit=10).items if one.member.id == user(root))
    assert (seen.grants[0].reason, seen.grants[0].until) == ("incident 4711", until)
    for tenant in (TENANT, roles.PLATFORM):
        with tenant_transaction(conn, tenant):
            (event,) = audit.page(conn, tenant, audit.Wanted(action="tenant.enter"), limit=10)
            assert event.detail["reason"] == "incident 4711"
    with tenant_transaction(owner, TENANT):
        owner.execute("UPDATE grants SET until = now() WHERE reason <> ''")
    assert members.rights_of(conn, TENANT, user(root)).permissions == frozenset()


def test_only_a_person_of_the_platform_enters_a_tenant_that_there_is(conn: Connection) -> None:
    root = person(conn, "root", roles.PLATFORM_ADMINISTRATOR, roles.PLATFORM)()
    ada = person(conn, "ada", roles.ADMINISTRATOR)()
    token = Actor(roles.PLATFORM, "token", root.permissions, "token:1", None, root.rights)
    for actor, tenant, refused in (
        (token, TENANT, Forbidden),
        (ada, OTHER, Forbidden),
        (root, uuid4(), NotFound),
        (root, roles.PLATFORM, NotFound),
    ):
        with pytest.raises(refused):
            tenants.enter(conn, actor, tenant, role=roles.VIEWER, reason="incident 4711", minutes=10)
    for act in (
        lambda: tenants.every(conn, ada),
        lambda: tenants.create(conn, ada, name="Mine", administrator="x@example.com"),
    ):
        with pytest.raises(Forbidden):
            act()


@pytest.mark.parametrize(
    ("inner", "outer", "within"),
    [
        (Limit(), Limit(), True),
        (Limit(spaces=(1,)), Limit(), True),
        (Limit(), Limit(spaces=(1,)), False),
        (Limit(spaces=(1,)), Limit(spaces=(1, 2)), True),
        (Limit(spaces=(1, 3)), Limit(spaces=(1, 2)), False),
        (Limit(networks=("10.1.0.0/16",)), Limit(networks=("10.0.0.0/8", "::/0")), True),
        (Limit(networks=("10.0.0.0/8",)), Limit(networks=("10.1.0.0/16",)), False),
        (Limit(networks=("::/0",)), Limit(networks=("0.0.0.0/0",)), False),
        (Limit(sites=("a",), networks=("10.1.0.0/16",)), Limit(networks=("10.0.0.0/8",)), True),
        (Limit(sites=("a",)), Limit(networks=("10.0.0.0/8",)), False),
    ],
)
def test_a_limit_is_within_another(inner: Limit, outer: Limit, within: bool) -> None:
    assert inner.within(outer) is within
    held = rights.of([(["x"], outer)])
    assert held.reaches("x", inner) is within
    assert not held.reaches("y", inner)
    assert limits.read(inner.as_json()) == inner


def test_the_routes_say_what_the_services_do(ask: Ask) -> None:
    catalogue = ask("/roles").json()
    assert [one["builtin"] for one in catalogue["items"]] == [one.key for one in roles.OF_TENANTS]
    viewer = catalogue["items"][0]["id"]
    new = {"email": "Bob@Example.com", "name": "Bob", "role_id": viewer, "limits": {"networks": ["10.0.0.0/8"]}}
    made = ask("/members", method="POST", body=new)
    assert (made.status, made.json()["email"]) == (201, "bob@example.com")
    bob = made.json()["id"]
    more = ask(f"/members/{bob}/grants", method="POST", body={"role_id": viewer, "until": SOON.isoformat()})
    assert len(more.json()["grants"]) == 2
    grant = more.json()["grants"][0]["id"]
    assert ask(f"/members/{bob}/grants/{grant}", method="DELETE").status == 204
    assert ask(f"/members/{bob}", method="PUT", body={"disabled": True}).json()["disabled_at"]
    assert [one["email"] for one in ask("/members").json()["items"]] == ["bob@example.com"]
    assert ask(f"/members/{bob}").json()["grants"][0]["role"] == "Viewer"
    assert ask(f"/members/{bob}", method="DELETE").status == 204
    own = ask("/roles", method="POST", body={"name": "Own", "permissions": ["assets:read"]})
    path, tag = own.headers["location"], own.headers["etag"]
    assert ask(path, method="PATCH", body={"name": "Own", "permissions": []}).status == 428
    changed = ask(path, method="PATCH", body={"name": "Ours", "permissions": []}, headers={"if-match": tag})
    assert (changed.status, changed.json()["name"]) == (200, "Ours")
    assert ask(path, method="DELETE", headers={"if-match": tag}).status == 412
    assert ask(path, method="DELETE", headers={"if-match": "*"}).status == 204
    assert ask("/tenants").status == 403

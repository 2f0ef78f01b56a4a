"""An invitation counts once its person accepted it: nobody becomes a member elsewhere by holding an address first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flowlens.access import roles
from flowlens.access.roles import ADMINISTRATOR, PLATFORM, PLATFORM_ADMINISTRATOR, VIEWER
from flowlens.model.errors import Conflict, FlowLensError
from flowlens.services import accepting, links, members, tenants
from flowlens.services.operations import establish
from flowlens.services.sessions import Caller, begin
from flowlens.store import passwords as kept
from flowlens.store.connection import Connection, connect, person_transaction, tenant_transaction

from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.test_factors import enrol
from tests.functions.api.test_matrix import CELLS
from tests.functions.api.test_sessions import MINE, OTHERS, Browser, browser, enrolled, events, hashed, in_days, person
from tests.postgres import APP, OTHER, TENANT, Server

__all__ = ["browser", "hashed", "person"]  # fixtures

VICTIM = "victim@example.com"


@pytest.fixture
def other(gateway: Ask, owner: Connection, hashed: str, browser: Browser) -> Browser:
    """The administrator of another tenant; Ada, of the first one, is signed in as well."""
    eve = enrolled(owner, "eve@example.com", ADMINISTRATOR, OTHER)
    with person_transaction(owner, user=eve) as conn:
        kept.keep(conn, eve, hashed)
    browser.sign_in()
    made = Browser(gateway)
    made.sign_in("eve@example.com")
    return made


def invites(by: Browser, email: str = VICTIM, role: str = "viewer") -> str:
    number = next(one["id"] for one in by("/roles").json()["items"] if one["builtin"] == role)
    made = by("/members", "POST", {"email": email, "name": "V.", "role_id": number})
    assert (made.status, made.json()["accepted_at"], made.json()["name"]) == (201, None, "V.")
    return str(made.json()["id"])


def link_of(by: Browser, user: str) -> str:
    made = by(f"/members/{user}/link", "POST")
    assert made.status == 201, made.body
    return str(made.json()["secret"])


def use(link: str, gateway: Ask, password: str = OTHERS) -> tuple[Browser, Reply]:
    made = Browser(gateway)
    return made, made("/links/use", "POST", {"link": link, "password": password})


def tenants_of(of: Browser) -> set[str]:
    return {one["name"] for one in of("/session/tenants").json()["items"]}


def test_whoever_holds_an_address_first_gets_into_no_other_tenant(
    browser: Browser, other: Browser, gateway: Ask
) -> None:
    """The takeover: A's administrator invites somebody, uses the link himself, and waits for B to invite them too."""
    user = invites(browser)
    thief, _ = use(link_of(browser, user), gateway)
    assert tenants_of(thief) == {"Default"}
    assert invites(other) == user
    link = link_of(other, user)
    assert tenants_of(thief) == {"Default"}
    assert thief("/session/tenant", "PUT", {"tenant_id": str(OTHER)}).status == 404
    assert thief.sign_in(VICTIM, OTHERS).json()["tenant"]["name"] == "Default"
    seen = next(one for one in other("/members").json()["items"] if one["id"] == user)
    assert (seen["accepted_at"], seen["disabled_at"]) == (None, None)
    # Whom the link was for sees that somebody else is them already; the link gives nobody another password.
    assert Browser(gateway)("/links/purpose", "POST", {"link": link}).json()["accept"] is True
    assert use(link, gateway, MINE)[1].status == 409
    assert thief.sign_in(VICTIM, OTHERS).status == 200


def test_a_second_tenant_counts_after_the_person_who_is_signed_in_accepted_it(
    browser: Browser, other: Browser, gateway: Ask, owner: Connection
) -> None:
    grace, _ = use(link_of(browser, invites(browser, "grace@example.com")), gateway)
    second = Browser(gateway)
    second.sign_in("grace@example.com", OTHERS)
    user = invites(other, "grace@example.com", "analyst")
    link = link_of(other, user)
    assert other("/links/accept", "POST", {"link": link}).status == 403  # another's invitation
    assert Browser(gateway)("/links/accept", "POST", {"link": link}).status == 401
    before = Browser(gateway, grace.cookie)
    said = grace("/links/accept", "POST", {"link": link})
    assert (said.status, said.json()["tenant"]["name"]) == (200, "Other")
    assert "data:export" in said.json()["permissions"]
    assert tenants_of(grace) == {"Default", "Other"}
    assert [before("/me").status, second("/me").status] == [401, 401]
    assert grace("/links/accept", "POST", {"link": link}).status == 404  # used
    assert "member.accept" in events(owner, OTHER)
    assert next(one for one in other("/members").json()["items"] if one["email"] == "grace@example.com")["accepted_at"]
    # And from then on neither tenant gives her another password, or takes her factor away.
    for administrator in (browser, other):
        assert administrator(f"/members/{user}/link", "POST").status == 409
        assert administrator(f"/members/{user}/factor", "DELETE").status == 409


def test_a_link_of_the_one_tenant_invites_nobody_to_the_other(browser: Browser, other: Browser, gateway: Ask) -> None:
    user = invites(browser, "grace@example.com")
    grace, _ = use(link_of(browser, user), gateway)
    invites(other, "grace@example.com")
    mine = browser(f"/members/{user}/link", "POST").json()["secret"]
    assert grace("/links/accept", "POST", {"link": mine}).status == 409  # she is a member there already
    assert tenants_of(grace) == {"Default"}


def test_a_person_whom_two_tenants_invited_belongs_to_whichever_link_is_used_first(
    browser: Browser, other: Browser, gateway: Ask
) -> None:
    user = invites(browser)
    assert invites(other) == user
    first, second = link_of(browser, user), link_of(other, user)
    assert use(second, gateway)[1].json()["tenant"]["name"] == "Other"
    assert use(first, gateway, MINE)[1].status == 409


def test_whoever_left_a_tenant_takes_nothing_along_into_the_next(
    browser: Browser, other: Browser, gateway: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Password, second factor and sessions that the first tenant's administrator may know are worth nothing then."""
    user = invites(browser)
    thief, _ = use(link_of(browser, user), gateway)
    enrol(thief, monkeypatch)
    assert browser(f"/members/{user}", "DELETE").status == 204
    assert invites(other) == user
    victim, said = use(link_of(other, user), gateway, MINE)
    assert (said.json()["tenant"]["name"], said.json()["factor"]) == ("Other", "none")
    assert thief("/me").status == 401
    assert thief.sign_in(VICTIM, OTHERS).status == 401
    assert victim("/me").status == 200


def test_a_token_of_a_membership_that_ended_is_no_token_of_the_next(browser: Browser, gateway: Ask) -> None:
    browser.sign_in()
    user = invites(browser)
    grace, _ = use(link_of(browser, user), gateway)
    made = grace("/tokens", "POST", {"name": "probe", "permissions": ["assets:read"], "expires_at": in_days(1)})
    program = gateway.as_(made.json()["token"])
    assert program("/assets").status == 200
    assert browser(f"/members/{user}", "DELETE").status == 204
    assert invites(browser) == user
    again, _ = use(link_of(browser, user), gateway, MINE)
    assert (again("/assets").status, program("/assets").status) == (200, 401)


def test_being_shut_out_of_the_first_tenant_gives_the_second_no_right_to_the_password(
    browser: Browser, other: Browser, gateway: Ask
) -> None:
    """The first may let them in again: whoever chose the password meanwhile would come along."""
    user = invites(browser)
    use(link_of(browser, user), gateway)
    assert browser(f"/members/{user}", "PUT", {"disabled": True}).status == 200
    assert use(link_of(other, invites(other)), gateway, MINE)[1].status == 409


def test_whoever_waits_is_as_no_member_whatever_they_ask(browser: Browser, gateway: Ask, owner: Connection) -> None:
    """With a session and with a token that they had when they were a member before."""
    browser.sign_in()
    user = invites(browser, role="administrator")
    secret, _ = begin(owner, enrolled(owner, VICTIM, ADMINISTRATOR, OTHER), "password", Caller("192.0.2.7", "tests"))
    with tenant_transaction(owner, OTHER) as conn:
        row = conn.execute("SELECT permissions FROM roles WHERE builtin = 'administrator'").fetchone()
    mine = Browser(gateway, f"flowlens-session={secret}")
    may = sorted(row[0]) if row else []
    wanted = {"name": "kept", "permissions": may, "expires_at": in_days(1)}
    token = mine("/tokens", "POST", wanted).json()["token"]
    with tenant_transaction(owner, OTHER) as conn:
        conn.execute("UPDATE members SET accepted_at = NULL WHERE user_id = %s", [user])
    program = gateway.as_(token)
    needed = [cell for cell in CELLS if cell.needed]
    assert len(needed) > 60
    for cell in needed:
        assert mine(cell.path, cell.method).status == 403, cell
        assert program(cell.path, method=cell.method).status == 403, cell
    assert mine.sign_in(VICTIM).status == 401
    assert mine("/me").json()["permissions"] == []
    assert tenants_of(mine) == set()


def test_one_who_waits_is_not_the_last_administrator(browser: Browser, person: UUID) -> None:
    browser.sign_in()
    invites(browser, role="administrator")
    said = browser(f"/members/{person}", "PUT", {"disabled": True})
    assert (said.status, "last" in said.json()["detail"]) == (409, True)


def test_nobody_gets_a_link_for_one_who_will_may_more_than_they(
    browser: Browser, gateway: Ask, owner: Connection, hashed: str
) -> None:
    """What counts is what they may once they accepted: else whoever makes the link would be them."""
    browser.sign_in()
    user = invites(browser, role="administrator")
    lesser = browser("/roles", "POST", {"name": "Helper", "permissions": ["users:read", "users:write"]}).json()["id"]
    helper = enrolled(owner, "helper@example.com", VIEWER)
    assert browser(f"/members/{helper}/grants", "POST", {"role_id": lesser}).status == 201
    with person_transaction(owner, user=helper) as conn:
        kept.keep(conn, helper, hashed)
    helping = Browser(gateway)
    helping.sign_in("helper@example.com")
    assert helping(f"/members/{user}/link", "POST").status == 403


def test_a_tenants_first_administrator_accepts_it_with_the_link_that_came_with_it(
    gateway: Ask, owner: Connection, browser: Browser
) -> None:
    establish(owner, PLATFORM, "Platform")
    root = enrolled(owner, "root@example.com", PLATFORM_ADMINISTRATOR, PLATFORM)
    secret, _ = begin(owner, root, "password", Caller("192.0.2.7", "tests"))
    platform = Browser(gateway, f"flowlens-session={secret}")
    browser.sign_in()
    made = platform("/tenants", "POST", {"name": "Warehouse", "administrator": "ada@example.com"})
    assert made.status == 201
    assert tenants_of(browser) == {"Default"}
    assert (
        browser("/links/accept", "POST", {"link": made.json()["link"]["secret"]}).json()["tenant"]["name"]
        == "Warehouse"
    )
    assert "users:write" in browser("/me").json()["permissions"]


def test_an_invitation_is_not_accepted_by_breaking_the_glass(owner: Connection) -> None:
    establish(owner, PLATFORM, "Platform")
    root = enrolled(owner, "root@example.com", PLATFORM_ADMINISTRATOR, PLATFORM)
    members.enrol(owner, TENANT, email="root@example.com", name="", role=ADMINISTRATOR, by="tests")
    _, actor = begin(owner, root, "password", Caller("192.0.2.7", "tests"))
    with pytest.raises(Conflict, match="invited"):
        tenants.enter(owner, actor, TENANT, role=roles.VIEWER, reason="incident 4711", minutes=10)
    assert members.rights_of(owner, TENANT, root).permissions == frozenset()


def test_of_a_password_and_an_acceptance_at_once_one_comes_second(
    browser: Browser, other: Browser, gateway: Ask, owner: Connection, postgres: Server
) -> None:
    """Or the second tenant would rely on a person whose password the first one set in that moment."""
    user = invites(browser)
    use(link_of(browser, user), gateway)
    theirs, mine = link_of(other, invites(other)), link_of(browser, user)
    _, actor = begin(owner, UUID(user), "password", Caller("192.0.2.7", "tests"))

    def accepts(conn: Connection) -> None:
        accepting.accept(conn, actor, theirs)

    def sets(conn: Connection) -> None:
        links.use(conn, "throttles", Caller("192.0.2.8", "tests"), mine, links.Chosen(MINE))

    def go(act: Callable[[Connection], None]) -> str:
        with connect(postgres.secret(APP, owner.info.dbname)) as own:
            try:
                act(own)
            except FlowLensError as error:
                return type(error).__name__
        return ""

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, (accepts, sets))) in (["", "Conflict"], ["", "Unauthenticated"])


def test_whoever_runs_the_installation_helps_one_who_was_only_invited(browser: Browser, owner: Connection) -> None:
    browser.sign_in()
    invites(browser, "late@example.com")
    made = links.to_regain(owner, "late@example.com")
    back = Browser(browser.ask)
    assert back("/links/use", "POST", {"link": made.secret, "password": OTHERS}).json()["tenant"]["name"] == "Default"

"""The session of whoever is signed in, and how it begins and ends."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from flowlens.access.actor import Actor
from flowlens.access.sessions import cookie
from flowlens.services import access, factors, sessions
from flowlens.store.sessions import Listed

from functions.api.deps import Called, Conn, Encrypted, factor_key, may, same_origin
from functions.api.settings import settings
from functions.api.shapes.house import Me
from functions.api.shapes.sessions import NewPassword, Proof, Sessions, SignIn, Tenants, Turn

router = APIRouter(tags=["Signing in"])
Anyone = Annotated[Actor, may()]
Half = Annotated[Actor, may(before_factor=True)]
Fresh = Annotated[Actor, may(fresh=True)]
SessionId = Annotated[UUID, Path()]


def told(conn: Conn, actor: Actor) -> dict[str, object]:
    """What a browser is told of whoever it speaks for."""
    return {
        "name": actor.name,
        "tenant": {"id": actor.tenant, "name": access.tenant_name(conn, actor)},
        "permissions": sorted(actor.permissions),
        "signed_in": actor.session is not None,
        "at_provider": actor.provider is not None,
        "factor": actor.factor,
    }


@router.post("/session", response_model=Me, dependencies=[Depends(same_origin)])
def sign_in(who: SignIn, response: Response, conn: Conn, caller: Called, tls: Encrypted) -> object:
    """Begins a session; its secret comes in a cookie that pages cannot read. 429 after too many tries."""
    secret, actor = sessions.sign_in(
        conn, settings().throttles_table, caller, email=who.email, password=who.password.get_secret_value()
    )
    response.headers["set-cookie"] = cookie(secret, encrypted=tls)
    return told(conn, actor)


@router.delete("/session", status_code=204)
def sign_out(response: Response, conn: Conn, half: Half, tls: Encrypted) -> None:
    """Ends the session at once, wherever its cookie was copied to."""
    sessions.sign_out(conn, half)
    response.headers["set-cookie"] = cookie("", encrypted=tls)


@router.post("/session/proof", status_code=204)
def prove_session(proof: Proof, response: Response, conn: Conn, half: Half, caller: Called, tls: Encrypted) -> None:
    """Shows once more who one is, which dangerous changes want within five minutes before them."""
    table, shown = settings().throttles_table, factors.Proof(factor_key(), proof.code.get_secret_value())
    secret = sessions.prove(conn, table, shown, half, caller, password=proof.password.get_secret_value())
    response.headers["set-cookie"] = cookie(secret, encrypted=tls)


@router.put("/session/password", status_code=204)
def change_password(new: NewPassword, response: Response, conn: Conn, anyone: Anyone, tls: Encrypted) -> None:
    """Ends all of one's other sessions."""
    old, chosen = new.old.get_secret_value(), new.new.get_secret_value()
    secret = sessions.change_password(conn, settings().throttles_table, anyone, old=old, new=chosen)
    response.headers["set-cookie"] = cookie(secret, encrypted=tls)


@router.get("/session/tenants", response_model=Tenants)
def list_own_tenants(conn: Conn, half: Half) -> object:
    """The tenants one may turn to."""
    return {"items": sessions.tenants_of(conn, half)}


@router.put("/session/tenant", response_model=Me)
def turn_to_tenant(to: Turn, conn: Conn, half: Half) -> object:
    """From then on the session sees that tenant's data, as far as one may."""
    return told(conn, sessions.enter(conn, half, to.tenant_id))


@router.get("/sessions", response_model=Sessions)
def list_sessions(conn: Conn, anyone: Anyone) -> object:
    """Where one is signed in."""
    found = sessions.every(conn, anyone)
    return {"items": [{**_fields(one), "current": one.id == anyone.session} for one in found]}


@router.delete("/sessions", status_code=204)
def revoke_other_sessions(conn: Conn, anyone: Anyone) -> None:
    """Ends all of one's own but this one."""
    sessions.revoke_others(conn, anyone)


@router.delete("/sessions/{session_id}", status_code=204)
def revoke_session(session_id: SessionId, conn: Conn, anyone: Anyone) -> None:
    """Ends one of one's own, from its next request on."""
    sessions.revoke(conn, anyone, session_id)


def _fields(one: Listed) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}

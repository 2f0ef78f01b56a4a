"""The second factor: one's own, a member's, and whether the tenant wants one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.access.sessions import cookie
from flowlens.services import factors as service
from flowlens.services import links
from flowlens.services.factors import Proof

from functions.api.deps import Conn, Encrypted, factor_key, may
from functions.api.settings import settings
from functions.api.shapes.factors import BegunFactor, FactorRule, KeptFactorRule, OwnFactor, RecoveryCodes, ShownCode

router = APIRouter(tags=["Signing in"])
Half = Annotated[Actor, may(before_factor=True)]
FreshHalf = Annotated[Actor, may(fresh=True, before_factor=True)]
Fresh = Annotated[Actor, may(fresh=True)]
Reader = Annotated[Actor, may(Permission.USERS_READ)]
Writer = Annotated[Actor, may(Permission.USERS_READ, Permission.USERS_WRITE, fresh=True)]


@router.get("/session/factor", response_model=OwnFactor)
def read_factor(conn: Conn, half: Half) -> object:
    """Whether one has a second factor, and whether this session showed it."""
    return service.read(conn, half)


@router.post("/session/factor", status_code=204)
def show_factor(shown: ShownCode, response: Response, conn: Conn, half: Half, tls: Encrypted) -> None:
    """Shows a code after the password. Each is taken once; 429 after too many tries."""
    proof = Proof(factor_key(), shown.code.get_secret_value())
    secret = service.show(conn, settings().throttles_table, proof, half)
    response.headers["set-cookie"] = cookie(secret, encrypted=tls)


@router.delete("/session/factor", status_code=204)
def remove_factor(conn: Conn, fresh: Fresh) -> None:
    """Removes one's own, with its recovery codes."""
    service.remove(conn, fresh)


@router.post("/session/factor/seed", response_model=BegunFactor, status_code=201)
def begin_factor(conn: Conn, half: FreshHalf) -> object:
    """Begins to set one up; it counts from the first code that is shown."""
    return service.begin(conn, factor_key(), half)


@router.post("/session/factor/confirmation", response_model=RecoveryCodes)
def confirm_factor(shown: ShownCode, response: Response, conn: Conn, half: FreshHalf, tls: Encrypted) -> object:
    """Shows the first code; one's other sessions end."""
    proof = Proof(factor_key(), shown.code.get_secret_value())
    secret, codes = service.confirm(conn, settings().throttles_table, proof, half)
    response.headers["set-cookie"] = cookie(secret, encrypted=tls)
    return {"codes": codes}


@router.post("/session/factor/codes", response_model=RecoveryCodes)
def renew_recovery_codes(conn: Conn, fresh: Fresh) -> object:
    """Ten new ones; those before are worth nothing."""
    return {"codes": service.renew_codes(conn, fresh)}


@router.delete("/members/{user_id}/factor", status_code=204)
def reset_factor(user_id: Annotated[UUID, Path()], conn: Conn, writer: Writer) -> None:
    """Takes away the factor of a member who lost it; their sessions end."""
    links.check_theirs(conn, writer, user_id)
    service.reset(conn, writer, user_id)


@router.get("/factor-rule", response_model=KeptFactorRule)
def read_factor_rule(conn: Conn, reader: Reader) -> object:
    """Whether this tenant wants a second factor of its members."""
    return {"required": service.required(conn, reader)}


@router.put("/factor-rule", response_model=KeptFactorRule)
def set_factor_rule(rule: FactorRule, conn: Conn, writer: Writer) -> object:
    """Holds from everybody's next request on: without a factor they can do nothing but set one up."""
    service.require(conn, writer, required=rule.required)
    return {"required": rule.required}

"""One's own API tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import tokens as service
from flowlens.store.tokens import Wanted

from functions.api.deps import Conn, may
from functions.api.shapes.fields import SmallId
from functions.api.shapes.sessions import MadeToken, NewToken, Tokens

router = APIRouter(prefix="/tokens", tags=["Signing in"])
Owner = Annotated[Actor, may(Permission.TOKENS_WRITE)]
Maker = Annotated[Actor, may(Permission.TOKENS_WRITE, fresh=True)]


@router.get("", response_model=Tokens)
def list_tokens(conn: Conn, owner: Owner) -> object:
    """One's own in this tenant."""
    return {"items": service.every(conn, owner)}


@router.post("", response_model=MadeToken, status_code=201)
def create_token(new: NewToken, response: Response, conn: Conn, maker: Maker) -> object:
    """A token with some of one's own permissions. It is told this once, and only its hash is kept."""
    wanted = Wanted(new.name, [str(one) for one in new.permissions], list(new.networks), new.expires_at)
    token, made = service.create(conn, maker, wanted)
    response.headers["location"] = f"/api/v1/tokens/{made.id}"
    return {**{name: getattr(made, name) for name in made.__slots__}, "token": token}


@router.delete("/{token_id}", status_code=204)
def revoke_token(token_id: Annotated[SmallId, Path()], conn: Conn, owner: Owner) -> None:
    """From its next request on it is nobody's."""
    service.revoke(conn, owner, token_id)

"""Members of the tenant, and what they were given."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import grants as service

from functions.api.deps import Conn, may
from functions.api.shapes.fields import BigId, Paged
from functions.api.shapes.members import Member, MemberPage, MemberPatch, NewGrant, NewMember

router = APIRouter(prefix="/members", tags=["Members"])
Reader = Annotated[Actor, may(Permission.USERS_READ)]
Writer = Annotated[Actor, may(Permission.USERS_READ, Permission.USERS_WRITE, fresh=True)]
UserId = Annotated[UUID, Path()]


def _wanted(new: NewGrant) -> service.Wanted:
    return service.Wanted(new.role_id, new.limits.model_dump(), new.until, new.reason)


@router.get("", response_model=MemberPage)
def list_members(which: Annotated[Paged, Query()], conn: Conn, reader: Reader) -> object:
    """Who is in this tenant, and what each may do."""
    found = service.page(conn, reader, **which.model_dump())
    return {"items": [Member.of(one) for one in found.items], "next_cursor": found.next_cursor}


@router.post("", response_model=Member, status_code=201)
def create_member(new: NewMember, response: Response, conn: Conn, writer: Writer) -> object:
    """Makes a person a member, with a first role. Nobody grants what they lack."""
    made = service.invite(conn, writer, email=new.email, name=new.name, wanted=_wanted(new))
    response.headers["location"] = f"/api/v1/members/{made.member.id}"
    return Member.of(made)


@router.get("/{user_id}", response_model=Member)
def read_member(user_id: UserId, conn: Conn, reader: Reader) -> object:
    """One member."""
    return Member.of(service.read(conn, reader, user_id))


@router.put("/{user_id}", response_model=Member)
def shut_member(user_id: UserId, patch: MemberPatch, conn: Conn, writer: Writer) -> object:
    """Shuts a member out of this tenant from their next request on, or lets them in again."""
    return Member.of(service.shut(conn, writer, user_id, disabled=patch.disabled))


@router.delete("/{user_id}", status_code=204)
def remove_member(user_id: UserId, conn: Conn, writer: Writer) -> None:
    """Ends the membership and everything that was given with it."""
    service.remove(conn, writer, user_id)


@router.post("/{user_id}/grants", response_model=Member, status_code=201)
def create_grant(user_id: UserId, new: NewGrant, conn: Conn, writer: Writer) -> object:
    """Gives a member one more role, everywhere or within limits."""
    return Member.of(service.give(conn, writer, user_id, _wanted(new)))


@router.delete("/{user_id}/grants/{grant_id}", status_code=204)
def revoke_grant(user_id: UserId, grant_id: Annotated[BigId, Path()], conn: Conn, writer: Writer) -> None:
    """Takes it back, from the member's next request on."""
    service.revoke(conn, writer, user_id, grant_id)

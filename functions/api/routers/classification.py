"""CIDR rules that classify assets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.model.errors import Invalid
from flowlens.services import classification as service

from functions.api.answers import expected, strong
from functions.api.deps import Conn, may
from functions.api.shapes.classification import Change, NewRule, Preview, Rule, RuleHistory, RuleList, RuleTime
from functions.api.shapes.fields import SmallId

router = APIRouter(prefix="/classification-rules", tags=["Classification"])
Reader = Annotated[Actor, may(Permission.ASSETS_READ)]
Writer = Annotated[Actor, may(Permission.ASSETS_WRITE)]
RuleId = Annotated[SmallId, Path()]
IfMatch = Annotated[str | None, Header(max_length=200, description="the ETag that the change is based on: required")]


def _wanted(rule: NewRule) -> service.Wanted:
    return service.Wanted(space=rule.address_space_id, network=rule.network, attributes=rule.attributes, note=rule.note)


@router.get("", response_model=RuleList)
def list_classification_rules(when: Annotated[RuleTime, Query()], conn: Conn, reader: Reader) -> object:
    """All rules, with how many assets each one decides something of, and what in it decides nothing."""
    return RuleList.model_validate(
        {
            "items": [
                {
                    **{name: getattr(one.rule, name) for name in one.rule.__slots__},
                    "assets": one.assets,
                    "decides": one.decides,
                    "findings": one.findings,
                }
                for one in service.every(conn, reader, at=when.at)
            ]
        }
    )


@router.post("", response_model=Rule, status_code=201)
def create_classification_rule(new: NewRule, response: Response, conn: Conn, writer: Writer) -> object:
    """From the next request on, every view shows the network's assets by it."""
    made = service.create(conn, writer, _wanted(new))
    response.headers["location"] = f"/api/v1/classification-rules/{made.id}"
    response.headers["etag"] = strong(made.version)
    return made


@router.post("/preview", response_model=Preview)
def preview_classification_rule(change: Change, conn: Conn, reader: Reader) -> object:
    """What a new, changed or deleted rule would move. Nothing is written."""
    if change.rule is None and change.rule_id is None:
        raise Invalid("give rule_id, rule or both")
    moves = service.preview(conn, reader, change.rule_id, None if change.rule is None else _wanted(change.rule))
    return {"items": moves}


@router.get("/{rule_id}", response_model=Rule)
def read_classification_rule(rule_id: RuleId, response: Response, conn: Conn, reader: Reader) -> object:
    """One rule."""
    found = service.read(conn, reader, rule_id)
    response.headers["etag"] = strong(found.version)
    return found


@router.get("/{rule_id}/history", response_model=RuleHistory)
def read_classification_rule_history(rule_id: RuleId, conn: Conn, reader: Reader) -> object:
    """Who changed a rule, and when; also of one that was deleted."""
    return {"items": service.history(conn, reader, rule_id)}


@router.put("/{rule_id}", response_model=Rule)
def replace_classification_rule(
    rule_id: RuleId, new: NewRule, response: Response, conn: Conn, writer: Writer, if_match: IfMatch = None
) -> object:
    """The rule says this from now on; what it said before stays in its history."""
    changed = service.update(conn, writer, rule_id, expected(if_match), _wanted(new))
    response.headers["etag"] = strong(changed.version)
    return changed


@router.delete("/{rule_id}", status_code=204)
def delete_classification_rule(rule_id: RuleId, conn: Conn, writer: Writer, if_match: IfMatch = None) -> None:
    """Its addresses inherit from the network around it from now on."""
    service.delete(conn, writer, rule_id, expected(if_match))

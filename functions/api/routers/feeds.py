"""Feeds of flow logs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission
from flowlens.services import feeds as service
from flowlens.services import trust
from flowlens.services.pages import Page
from flowlens.store.feeds import Feed as Kept
from flowlens.store.feeds import Fields

from functions.api.answers import expected, strong
from functions.api.deps import Conn, may
from functions.api.settings import settings
from functions.api.shapes.feeds import (
    Feed,
    FeedCoverage,
    FeedFilter,
    FeedKinds,
    FeedPage,
    FeedPatch,
    FeedTrust,
    NewFeed,
    Trial,
    TrialOf,
)
from functions.api.shapes.fields import SmallId

router = APIRouter(prefix="/feeds", tags=["Feeds"])
Reader = Annotated[Actor, may(Permission.SOURCES_READ)]
Writer = Annotated[Actor, may(Permission.SOURCES_WRITE)]
FeedId = Annotated[SmallId, Path()]
IfMatch = Annotated[str | None, Header(max_length=200, description="the ETag that the change is based on: required")]


def _given(said: NewFeed | FeedPatch) -> service.Given:
    secret = said.secret.get_secret_value() if said.secret is not None else None
    return service.Given(settings().sealing_secret, secret)


def _shown(actor: Actor, feed: Kept) -> Kept:
    return service.shown(settings().visits_table, actor, feed)


def _fields(said: NewFeed | FeedPatch) -> Fields:
    return Fields(name=said.name, note=said.note, state=said.state, settings=said.settings)


@router.get("", response_model=FeedPage)
def list_feeds(which: Annotated[FeedFilter, Query()], conn: Conn, reader: Reader) -> object:
    """Where flow logs come from, with what was read in the last day, what was not, and how late it came."""
    found = service.page(conn, reader, **which.model_dump())
    return Page([_shown(reader, one) for one in found.items], found.next_cursor)


@router.get("/kinds", response_model=FeedKinds)
def list_feed_kinds(reader: Reader) -> object:  # noqa: ARG001 (who may ask)
    """What can be set up, with the form of each kind."""
    return {"items": service.kinds()}


@router.post("", response_model=Feed, status_code=201)
def create_feed(new: NewFeed, response: Response, conn: Conn, writer: Writer) -> object:
    """From then on, logs that its settings describe are read."""
    made = service.create(conn, writer, new.kind, _fields(new), _given(new))
    response.headers["location"] = f"/api/v1/feeds/{made.id}"
    response.headers["etag"] = strong(made.version)
    return _shown(writer, made)


@router.get("/{feed_id}", response_model=Feed)
def read_feed(feed_id: FeedId, response: Response, conn: Conn, reader: Reader) -> object:
    """One feed."""
    found = service.read(conn, reader, feed_id)
    response.headers["etag"] = strong(found.version)
    return _shown(reader, found)


@router.get("/{feed_id}/coverage", response_model=FeedCoverage)
def read_feed_coverage(feed_id: FeedId, conn: Conn, reader: Reader) -> object:
    """Which interfaces had no data, and which the cloud did not capture, in the last day."""
    return {"items": service.coverage(conn, reader, feed_id)}


@router.get("/{feed_id}/trust", response_model=FeedTrust)
def read_feed_trust(feed_id: FeedId, conn: Conn, writer: Writer) -> object:
    """What the role that a feed reads another account by must say. The external id is FlowLens' own: nobody sets it."""
    return trust.of(conn, writer, feed_id, settings().visit_role)


@router.post("/{feed_id}/trial", response_model=Trial)
def try_feed(feed_id: FeedId, which: TrialOf, conn: Conn, writer: Writer) -> object:
    """Reads one object, or the latest events, and says what it understands. Nothing is counted."""
    from flowlens.services import trials  # here, because only a trial needs the readers of logs

    told = settings()
    buckets = frozenset(name.strip() for name in told.log_buckets.split(",") if name.strip())
    allowed = trials.Allowed(told.log_tenant, buckets, told.visit_function)
    return trials.run(conn, writer, allowed, feed_id, which.key)


@router.patch("/{feed_id}", response_model=Feed)
def update_feed(
    feed_id: FeedId, patch: FeedPatch, response: Response, conn: Conn, writer: Writer, if_match: IfMatch = None
) -> object:
    """Renames, changes, pauses or resumes a feed. Logs of a paused feed are refused by name and can be read later."""
    changed = service.update(conn, writer, service.Based(feed_id, expected(if_match)), _fields(patch), _given(patch))
    response.headers["etag"] = strong(changed.version)
    return _shown(writer, changed)


@router.delete("/{feed_id}", status_code=204)
def delete_feed(feed_id: FeedId, conn: Conn, writer: Writer, if_match: IfMatch = None) -> None:
    """Forgets a feed and what is known of its readings. Flows that were counted stay."""
    service.delete(conn, writer, service.Based(feed_id, expected(if_match)))

"""Feeds: which of them a log belongs to, and what is known of the log because of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from flowlens.flows.reading import About
from flowlens.kit.family import Family
from flowlens.model.errors import Invalid

FEEDS = Family("flowlens.flows.feeds")


class Form(BaseModel):
    """What a person says about a feed of one kind; the page draws its form from it."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a log was found: `place` is a bucket or a log group, `key` an object's or the log group's account."""

    kind: str
    place: str
    key: str = ""

    @property
    def name(self) -> str:
        """What a feed of it is called until somebody says otherwise."""
        return self.place if self.kind == "aws_s3" else f"{self.place} of {self.key}"


class Kind(Protocol):
    """A member of FEEDS. BRIEF is its label in a list; SECRET says in words what opens its place, if anything does."""

    Settings: type[Form]
    BRIEF: str
    SECRET: str
    BOUND: tuple[str, ...]  # settings that a secret was given for: with others, it is asked for again
    VISITED: bool  # FlowLens goes there; nobody delivers
    PUSHED: str  # the way in which clouds push to its gate, the last part of the address; empty: it has none

    def claims(self, settings: Any, origin: Origin) -> bool: ...

    def about(self, settings: Any, origin: Origin) -> About: ...


@dataclass(frozen=True, slots=True)
class Feed:
    """One that is set up."""

    id: int
    kind: str
    settings: Form
    active: bool = True

    def claims(self, origin: Origin) -> bool:
        return origin.kind == self.kind and member(self.kind).claims(self.settings, origin)

    def about(self, origin: Origin) -> About:
        return member(self.kind).about(self.settings, origin)


def member(kind: str) -> Kind:
    """Invalid when there is no such kind."""
    if kind not in FEEDS.names():
        raise Invalid(f"kind: one of {', '.join(FEEDS.names())}")
    return cast(Kind, FEEDS.load(kind))


def settings(kind: str, said: Mapping[str, object]) -> Form:
    """The form as it was filled in; Invalid names the first field that does not hold."""
    try:
        return member(kind).Settings.model_validate(dict(said))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in ("settings", *first["loc"]))
        raise Invalid(f"{where}: {first['msg']}") from error


def visited() -> list[str]:
    """Kinds whose logs FlowLens fetches."""
    return [name for name in FEEDS.names() if member(name).VISITED]


def bond(kind: str, said: Mapping[str, object]) -> str:
    """What a secret of such a feed was given for."""
    return "\n".join(str(said.get(name, "")) for name in member(kind).BOUND)


def owner(feeds: Iterable[Feed], origin: Origin) -> Feed | None:
    """The feed that claims it; of several, the one with the longest description."""
    claiming = [feed for feed in feeds if feed.claims(origin)]
    return max(claiming, key=lambda feed: len(feed.settings.model_dump_json(exclude_defaults=True)), default=None)

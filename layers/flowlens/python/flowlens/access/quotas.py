"""How much whoever asks may ask for in a minute: quotas as data, and what is left of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from flowlens.access.actor import Actor
from flowlens.model.errors import Invalid

SECONDS = 60  # for which a quota is given; then it is whole again
OFF = "off"


class Weight(StrEnum):
    """Classes of routes, by what an answer costs."""

    ORDINARY = "ordinary"
    SEARCHING = "searching"  # goes through the map or the whole estate
    BULK = "bulk"  # makes a file, or reads one


POINTS: Mapping[Weight, int] = {Weight.ORDINARY: 1, Weight.SEARCHING: 3, Weight.BULK: 10}


class Holder(StrEnum):
    """Whose a quota is."""

    TOKEN = "token"  # noqa: S105 (who, not a secret)
    PERSON = "person"  # with all sessions and tokens of theirs
    TENANT = "tenant"
    PUSHES = "pushes"  # of a tenant: what clouds send to the gates of its feeds, which takes from no other quota


@dataclass(frozen=True, slots=True)
class Quota:
    """So many points in a minute for each of a kind of holder; `weight` narrows it to a class of routes."""

    name: str
    holder: Holder
    most: int
    weight: Weight | None = None


# A person working fast asks ten times a second at most; a tenant gets half of what the gateway lets through for all
# (cdk/stacks/api.py), so that one alone cannot take it all.
QUOTAS: tuple[Quota, ...] = (
    Quota("token", Holder.TOKEN, 3_000),
    Quota("person", Holder.PERSON, 3_000),
    Quota("tenant", Holder.TENANT, 6_000),
    Quota("token-searching", Holder.TOKEN, 1_500, Weight.SEARCHING),
    Quota("person-searching", Holder.PERSON, 1_500, Weight.SEARCHING),
    Quota("tenant-searching", Holder.TENANT, 3_000, Weight.SEARCHING),
    Quota("token-bulk", Holder.TOKEN, 1_200, Weight.BULK),
    Quota("person-bulk", Holder.PERSON, 1_200, Weight.BULK),
    Quota("tenant-bulk", Holder.TENANT, 2_400, Weight.BULK),
    Quota("pushes", Holder.PUSHES, 3_000),
)


@dataclass(frozen=True, slots=True)
class Share:
    """A quota of one holder: under `counter` it is counted among those of the tenant."""

    quota: Quota
    counter: str


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a quota for the rest of the minute."""

    quota: Quota
    points: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands after a request, and in how many seconds everything is whole again.

    `refused` names the quota that the request would have gone beyond; then it took from none.
    """

    left: tuple[Left, ...]
    seconds: int
    refused: str | None = None


def chosen(said: str) -> tuple[Quota, ...]:
    """`name=points` with spaces between changes the defaults, `off` counts nothing; Invalid names what is no quota."""
    if said.strip() == OFF:
        return ()
    quotas = {quota.name: quota for quota in QUOTAS}
    for name, _, points in (word.partition("=") for word in said.split()):
        if name not in quotas:
            raise Invalid(f"no quota is called {name[:80]!r}; there are {', '.join(quotas)}")
        most = int(points) if points.isascii() and points.isdigit() and len(points) < 10 else 0
        if most < max(POINTS.values()):
            raise Invalid(f"{name}: at least {max(POINTS.values())} points, what the dearest request costs")
        quotas[name] = replace(quotas[name], most=most)
    return tuple(quotas.values())


def shares(quotas: tuple[Quota, ...], actor: Actor, weight: Weight) -> tuple[Share, ...]:
    """Those that a request of this class takes from."""
    holders = {Holder.TENANT: "tenant"}
    if actor.principal.startswith("push:"):
        holders = {Holder.PUSHES: "pushes"}
    if actor.principal.startswith("token:"):
        holders[Holder.TOKEN] = actor.principal
    if actor.user is not None:
        holders[Holder.PERSON] = f"person:{actor.user.hex[-12:]}"  # the random end of a UUID: items stay small
    return tuple(
        Share(quota, f"{holders[quota.holder]}/{quota.weight or 'all'}")
        for quota in quotas
        if quota.holder in holders and quota.weight in (None, weight)
    )

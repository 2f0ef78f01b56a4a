"""What an identity provider vouches for, by kind: where somebody is sent, and what is believed of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast
from uuid import UUID

from flowlens.access.oidc import SKEW, Attempt, Person
from flowlens.kit.family import Family
from flowlens.model.errors import Invalid, Throttled, Unauthenticated
from flowlens.services.outside import Outside
from flowlens.services.sessions import Caller
from flowlens.store.providers import Provider, Waiting
from flowlens.tables import throttles
from flowlens.tables.throttles import Allowance

KINDS = Family("flowlens.services.vouching")
ENTER, LINK, CONNECT, PROVE = "enter", "link", "connect", "prove"
# Nothing can be guessed here: what is limited is what it costs, and a whole office may come from one address.
_TRIES = Allowance(120, 300)


@dataclass(frozen=True, slots=True)
class Ways:
    """How this deployment asks others: the function that does, the sealing key's secret, the table of tries."""

    outside: Outside
    sealing: str
    throttles: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is said of a provider; `secret` of None leaves the one it has, "" takes it away. `saml`: of that kind."""

    name: str
    client_id: str
    secret: str | None
    algorithm: str
    enabled: bool
    shown: bool
    role: int | None
    saml: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Where the browser goes, what of it is kept, and the digest by which an answer without cookie finds it."""

    location: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    relay: bytes | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a test looked at; `detail` says what was found."""

    name: str
    detail: str
    right: bool


class Noted(Unauthenticated):
    """An answer that was refused when it came, which the trail knows already."""


class Kind(Protocol):
    """A member of KINDS."""

    def issuer(self, said: str) -> str:
        """As it is kept; Invalid when it can be none."""

    def settled(self, wanted: Wanted) -> tuple[str | None, Mapping[str, Any] | None]:
        """The algorithm and the settings that are kept; Invalid says what does not fit this kind."""

    def question(self, ways: Ways, provider: Provider, redirect: str, attempt: Attempt, *, anew: bool) -> Asked:
        """`anew`: to show once more who they are."""

    def person(self, ways: Ways, provider: Provider, waiting: Waiting, answer: str) -> Person:
        """Whom the query that the browser came back with is worth."""

    def examine(self, ways: Ways, provider: Provider, redirect: str) -> Iterator[Step]:
        """What a test finds, until it meets what is wrong; nobody is signed in."""


def kind(name: str) -> Kind:
    """Invalid where there is no such kind."""
    if name not in KINDS.names():
        raise Invalid(f"kind: one of {', '.join(KINDS.names())}")
    return cast(Kind, KINDS.load(name))


def person(ways: Ways, provider: Provider, waiting: Waiting, answer: str) -> Person:
    """Whom the provider vouches for, after all that it and the browser said was looked at."""
    found = kind(provider.kind).person(ways, provider, waiting, answer)
    begun = waiting.begun_at.timestamp() - SKEW
    # Who asks with max_age is told auth_time (OpenID Core 3.1.2.1): a provider that tells none may have asked nothing.
    if waiting.purpose == PROVE and (found.signed_in_at is None or found.signed_in_at < begun):
        raise Unauthenticated("the provider did not ask you again who you are")
    return found


def count(ways: Ways, caller: Caller, *, what: str = "address") -> None:
    """Before anything is looked at; Throttled when there was too much of it. `what` keeps counts apart."""
    if wait := throttles.count(ways.throttles, f"provider/{what}/{caller.address}", _TRIES):
        raise Throttled("too many tries to sign in; try again in a while", seconds=wait)


def belongs(provider: UUID) -> str:
    """What its sealed secret is bound to."""
    return f"identity provider {provider}"

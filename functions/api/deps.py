"""What routes are given: a live connection and an actor who may."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from flowlens.access.actor import Actor
from flowlens.access.factors import Factor
from flowlens.access.permissions import Permission
from flowlens.access.sessions import check_origin, taken
from flowlens.aws import secrets
from flowlens.aws.stream import Stream
from flowlens.model.errors import Forbidden, Invalid, Unauthenticated
from flowlens.services import access, audit, geography, sessions
from flowlens.services.database import Database
from flowlens.services.outside import Outside
from flowlens.services.published import Ring
from flowlens.services.sessions import Caller
from flowlens.services.vouching import Ways
from flowlens.store.connection import Connection

from functions.api import pace
from functions.api.settings import settings

_COOKIE = APIKeyCookie(
    name="__Host-flowlens", auto_error=False, scheme_name="session", description="A signed-in person"
)
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,260}")
VIEWER, FRONT = "x-flowlens-viewer", "x-flowlens-origin"  # cdk/constructs/site.py, cdk/constructs/viewer.js
_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="An API token: `fl_…`")


@cache
def database() -> Database:
    """One connection per Lambda environment, which answers one request at a time."""
    geography.use(settings().geography_url)
    return Database(settings().database_secret)


@cache
def factor_key() -> bytes:
    """What the seeds of second factors are derived with."""
    return str(secrets.fetch(settings().factors_secret)["key"]).encode()


@cache
def ring() -> Ring:
    """Keys of issuers, for as long as this environment lives."""
    return Ring(Outside(settings().outbound_function))


@cache
def waiting_room() -> Stream:
    """Where pushed log entries wait to be read."""
    return Stream(settings().log_events_stream)


def connection() -> Connection:
    return database()()


Conn = Annotated[Connection, Depends(connection)]


def caller(request: Request) -> Caller:
    """The address is the gateway's word, or CloudFront's, whom a secret shows; other headers anybody can write."""
    context = request.scope.get("aws.event", {}).get("requestContext", {}).get("http", {})
    viewer = request.headers.get(VIEWER, "") if _from_cloudfront(request) else ""
    address = viewer or context.get("sourceIp") or (request.client.host if request.client else "")
    return Caller(str(address), request.headers.get("user-agent", ""))


@cache
def _origin_key() -> bytes:
    return str(secrets.fetch(settings().origin_secret)["key"]).encode()


def _from_cloudfront(request: Request) -> bool:
    """Only its distribution sends the secret, which no viewer sees."""
    shown = request.headers.get(FRONT)
    return shown is not None and hmac.compare_digest(shown.encode(), _origin_key())


Called = Annotated[Caller, Depends(caller)]


def encrypted(request: Request) -> bool:
    """Whether it came by TLS as far as the gateway; only then can a cookie be bound to it."""
    return request.headers.get("x-forwarded-proto") == "https"


Encrypted = Annotated[bool, Depends(encrypted)]


def same_origin(request: Request) -> None:
    """For what anybody may call and what gives or takes a cookie: only our own pages may."""
    check_origin(request.method, request.headers)


@dataclass(frozen=True)
class Guard:
    """Lets in who bears a token, or is signed in, with all of these permissions."""

    permissions: tuple[Permission, ...]
    fresh: bool = False
    before_factor: bool = False

    def __call__(
        self,
        request: Request,
        conn: Conn,
        _scheme: Annotated[object, Security(_BEARER)],
        _other: Annotated[object, Security(_COOKIE)],
    ) -> Actor:
        actor = _actor(request, conn)
        pace.hold(request, actor)
        if not self.before_factor:
            _check_factor(actor)
        request.state.actor = actor
        target = f"{request.method} {self._route(request)}"
        request.state.denied = partial(audit.denied, conn, actor, target)
        request.state.missed = lambda: audit.missed(conn, actor, target, _named(request))
        if self.fresh:
            sessions.check_fresh(actor)
        return actor.asking(self.permissions)

    @staticmethod
    def _route(request: Request) -> str:
        """The route as it is declared: no id, so that a stranger cannot fill the trail with what they make up."""
        return str(getattr(request.scope.get("route"), "path", request.url.path))


def _named(request: Request) -> str:
    return ", ".join(f"{name} {value}" for name, value in request.path_params.items())


def _check_factor(actor: Actor) -> None:
    """Before it a session is half a session."""
    if actor.factor is Factor.WANTED:
        raise Forbidden("show a code of your second factor first")
    if actor.factor is Factor.MISSING:
        raise Forbidden("this tenant wants a second factor of everybody: set one up under Your account")


def _actor(request: Request, conn: Connection) -> Actor:
    """By the token where one came, else by the cookie: a browser sends that by itself, so its changes are looked at."""
    authorization = request.headers.get("authorization")
    secret = taken(request.cookies, encrypted=encrypted(request)) if authorization is None else None
    if secret is None:
        return access.authenticate(conn, authorization, address=caller(request).address)
    check_origin(request.method, request.headers)
    return sessions.authenticate(conn, secret)


def signed_in(request: Request, conn: Conn) -> Actor | None:
    """Whoever is signed in in this browser; for what anybody may call."""
    secret = taken(request.cookies, encrypted=encrypted(request))
    if secret is None:
        return None
    try:
        return sessions.authenticate(conn, secret)
    except Unauthenticated:
        return None


def ways() -> Ways:
    """How identity providers are asked."""
    told = settings()
    return Ways(Outside(told.outbound_function), told.sealing_secret, told.throttles_table)


def landing(request: Request) -> str:
    """The page that a provider sends the browser back to: where the browser says that it is."""
    origin = request.headers.get("origin", "")
    if not _ORIGIN.fullmatch(origin):
        raise Invalid("the browser does not say which site it is on (Origin)")
    return f"{origin}/signed-in"


OnTheWay = Annotated[Ways, Depends(ways)]
Landing = Annotated[str, Depends(landing)]


def may(
    *permissions: Permission, fresh: bool = False, before_factor: bool = False
) -> Any:  # what Depends gives, which FastAPI types as Any
    """Goes into the type of a route's actor; without a permission, anyone who is somebody will do.

    `fresh`: people must have shown in the last minutes who they are.
    `before_factor`: also those who have not shown the second factor that is wanted of them.
    """
    return Depends(Guard(permissions, fresh, before_factor))

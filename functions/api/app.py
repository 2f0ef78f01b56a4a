"""The API as an ASGI application."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.routing import APIRoute

from functions.api import docs, problems
from functions.api.finish import Finish
from functions.api.openapi import describe
from functions.api.routers import (
    assets,
    attempts,
    audit,
    classification,
    collectors,
    dead_letters,
    dependencies,
    entering,
    exports,
    factors,
    feeds,
    geography,
    health,
    imports,
    links,
    me,
    members,
    metrics,
    providers,
    pushes,
    query,
    roles,
    search,
    session,
    sources,
    spaces,
    tenants,
    tokens,
    topology,
    uploads,
    views,
)
from functions.api.version import VERSION

BASE = "/api/v1"
ROUTERS = (
    topology,
    views,
    query,
    assets,
    classification,
    dependencies,
    attempts,
    sources,
    imports,
    exports,
    feeds,
    pushes,
    uploads,
    dead_letters,
    spaces,
    collectors,
    geography,
    search,
    members,
    roles,
    tenants,
    audit,
    session,
    entering,
    providers,
    factors,
    links,
    tokens,
    me,
    health,
    metrics,
)
# Routes that anyone may call, by name: no data of a tenant is in them, and those that let somebody in ask for a secret.
OPEN = frozenset(
    {"read_health", "read_openapi", "read_docs", "sign_in", "read_link", "use_link"}
    | {"list_doors", "begin_at_provider", "finish_at_provider"}
    | {"receive_saml_answer", "read_saml_metadata"}
    | {"receive_pubsub", "receive_events", "allow_events"}  # a token of Google's, or a secret, for the gate of one feed
)
_ABOUT = "Who talks to whom, since when, with what evidence. Times are RFC 3339 in UTC, lists are cursor pages."


def build() -> FastAPI:
    """The whole application; building it reads no setting."""
    app = FastAPI(
        title="FlowLens",
        version=VERSION,
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    for module in ROUTERS:
        app.include_router(module.router, prefix=BASE)
    app.include_router(_about(app), prefix=BASE)
    problems.install(app)
    app.add_middleware(Finish)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _about(app: FastAPI) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @cache
    def description() -> dict[str, Any]:
        return describe(app)

    @router.get("/openapi.json")
    def read_openapi() -> dict[str, Any]:
        return description()

    @router.get("/docs")
    def read_docs() -> Response:
        return docs.page(description())

    return router

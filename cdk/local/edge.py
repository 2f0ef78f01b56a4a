"""The one address of FlowLens on this machine: the API behind /api, the web pages everywhere else."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import IO

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from cdk.local import gateway, uploads
from cdk.local.runtime import Outcome

LARGEST_BODY = 4_000_000  # Lambda takes 6 MB with everything around it
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# As the site's construct sends them; a test compares both. Without Strict-Transport-Security, as this is plain HTTP.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_UNBUILT = "The web pages are not built: run `make up`, or `npm ci && npm run build` in web/. The API works: /api/v1.\n"


class Pages(StaticFiles):
    """A built single-page app: a path without a dot in its last part is one of its pages."""

    async def check_config(self) -> None:
        """Nothing: without built pages it says how to build them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        page = path == "." or "." not in path.rpartition("/")[2]  # "." is the root itself
        try:
            response = await super().get_response("index.html" if page else path, scope)
        except HTTPException as missing:
            if missing.status_code != 404 or not page:
                raise
            response = PlainTextResponse(_UNBUILT, 503)
        lasting = path.startswith("assets/") and not page and response.status_code < 400
        response.headers["Cache-Control"] = "public,max-age=31536000,immutable" if lasting else "no-cache"
        response.headers.update(HEADERS)
        return response


def app(
    *,
    invoke: Callable[[bytes], Outcome],
    pages: Path,
    config: Mapping[str, object],
    status: Callable[[], Mapping[str, object]],
    keep: Callable[[uploads.Form], None],
) -> Starlette:
    """`invoke` calls the API's function; `config` is what the pages read first; `status` is for `flowlens doctor`.

    `keep` is what takes uploads, as S3 does.
    """

    async def api(request: Request) -> Response:
        asked = await _read(request)
        if len(asked.body) > LARGEST_BODY:
            detail = f"A request may have {LARGEST_BODY:,} bytes; this one is larger."
            said = gateway.problem(asked, 413, detail, title="Content Too Large")
        else:
            said = gateway.answer(asked, await run_in_threadpool(invoke, gateway.event(asked)))
        response = Response(said.body, said.status)
        for name, value in said.headers:
            if name.lower() != "content-length" or request.method == "HEAD":
                response.raw_headers.append((name.lower().encode(), value.encode("latin-1")))
        if request.method == "HEAD":
            response.raw_headers = [header for header in response.raw_headers if header != (b"content-length", b"0")]
        return response

    async def settings(_: Request) -> Response:
        return JSONResponse(config, headers={"Cache-Control": "no-cache", **HEADERS})

    async def state(_: Request) -> Response:
        return JSONResponse(await run_in_threadpool(status), headers={"Cache-Control": "no-store"})

    routes = [
        Route("/api/{path:path}", api, methods=_METHODS),
        Route("/uploads", _taker(keep), methods=["POST"]),
        Route("/config.json", settings),
        Route("/local/status", state),
        Mount("/", Pages(directory=pages, check_dir=False)),
    ]
    # Another site's name that resolves to 127.0.0.1 must not read what is served here.
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=routes, middleware=[hosts])


def _taker(keep: Callable[[uploads.Form], None]) -> Callable[[Request], Awaitable[Response]]:
    async def upload(request: Request) -> Response:
        try:
            with uploads.spooled() as body:
                form = await _form(request, body)
                await run_in_threadpool(keep, form)
        except uploads.Refused as refused:
            return Response(refused.document, refused.status, media_type="application/xml")
        return Response(status_code=204)

    return upload


async def _form(request: Request, body: IO[bytes]) -> uploads.Form:
    """What is posted, on disk where it is large."""
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > uploads.LARGEST_FORM:
            raise uploads.Refused(400, "EntityTooLarge")
        body.write(chunk)
    body.seek(0)
    return uploads.Form(body, length, request.headers.get("content-type", ""))


async def _read(request: Request) -> gateway.HttpRequest:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            break
    return gateway.HttpRequest(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1"),
        query=request.url.query,
        headers=request.headers.items(),
        body=bytes(body),
        source_ip=request.client.host if request.client else "127.0.0.1",
    )


class Edge:
    """The HTTP server, in a thread of its own."""

    def __init__(self, application: Callable[..., Awaitable[None]], port: int) -> None:
        settings = uvicorn.Config(
            application, host="127.0.0.1", port=port, log_level="critical", access_log=False, lifespan="off",
            server_header=False, timeout_graceful_shutdown=3,
        )  # fmt: skip
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def serving(self) -> bool:
        return self._server.started and self.alive

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self, *, seconds: float) -> None:
        self._server.should_exit = True
        self._thread.join(seconds)

"""Tells FlowLens about the demo's exporters before they send: their names, and whose 10.20.0.0/16 they speak of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from flowlens.model.errors import Conflict, FlowLensError, Forbidden, Invalid, Unauthenticated

from cdk.local.demo.estate import Exporter

_NOTE = "Simulated by flowlens demo"
_REFUSALS: Mapping[int, type[FlowLensError]] = {401: Unauthenticated, 403: Forbidden, 409: Conflict}


class Unreachable(FlowLensError):
    """Nobody answers at the API's address."""


@dataclass(frozen=True, slots=True)
class Api:
    """FlowLens at a URL, for somebody with a token."""

    url: str
    token: str

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise Invalid(f"{self.url!r} is not an http or https URL")

    def call(self, method: str, path: str, body: object = None, *, version: int | None = None) -> dict[str, object]:
        """The answer's JSON; a refusal is raised with the API's own words."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        if version is not None:
            headers["if-match"] = f'"{version}"'
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.url.rstrip('/')}/api/v1{path}"
        request = Request(url, data, headers, method=method)  # noqa: S310 (the scheme was checked)
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
                found = json.load(answer)
                return found if isinstance(found, dict) else {}
        except HTTPError as error:
            raise _refusal(error, f"{method} {path}") from error
        except (URLError, TimeoutError, ConnectionError) as error:
            raise Unreachable(f"{self.url} does not answer: is `flowlens up` running?") from error

    def items(self, path: str) -> list[dict[str, object]]:
        """All items of a list, page after page."""
        found: list[dict[str, object]] = []
        cursor: object = ""
        while cursor is not None:
            page = self.call("GET", f"{path}?cursor={cursor}" if cursor else path)
            items = page.get("items")
            found += items if isinstance(items, list) else []
            cursor = page.get("next_cursor")
        return found


def _refusal(error: HTTPError, what: str) -> FlowLensError:
    try:
        detail = json.load(error).get("detail") or error.reason
    except (ValueError, AttributeError):
        detail = error.reason
    return _REFUSALS.get(error.code, FlowLensError)(f"{what}: {detail}")


def enrol(api: Api, exporters: Sequence[Exporter]) -> None:
    """Makes or mends the address spaces and flow sources that the demo needs; again and again gives the same."""
    spaces = {str(s["name"]): s["id"] for s in api.items("/address-spaces")}
    default = next((s["id"] for s in api.items("/address-spaces") if s["is_default"]), None)
    for name in dict.fromkeys(e.space for e in exporters if e.space):
        if name not in spaces:
            spaces[name] = api.call("POST", "/address-spaces", {"name": name})["id"]
    known = {str(s["exporter"]): s for s in api.items("/sources")}
    for exporter in exporters:
        wanted = {
            "name": exporter.name,
            "note": _NOTE,
            "address_space_id": spaces[exporter.space] if exporter.space else default,
            "state": "accepted",
        }
        _settle(api, exporter, wanted, known.get(exporter.address))


def _settle(api: Api, exporter: Exporter, wanted: dict[str, object], found: dict[str, object] | None) -> None:
    if found is None:
        api.call("POST", "/sources", {"exporter": exporter.address, **wanted})
    elif any(found[name] != value for name, value in wanted.items()):
        version = found["version"]
        api.call("PATCH", f"/sources/{found['id']}", wanted, version=version if isinstance(version, int) else None)

"""The doctor looks at the running stack: its processes, its stream, its exporters and what they lost."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cdk.local.finding import Finding, fail, ok, warn
from cdk.local.home import Home

_PARTS = ("postgres", "emulation", "collector")
_BEHIND_SECONDS = 60
_NAMED = 5  # exporters told one by one; there may be thousands
_TODO = {
    "held": "accept or refuse it on the page Sources; until then its flows are dropped and counted",
    "silent": "look at the exporter: is it up, does it still send to this machine?",
    "never": "it was announced but never sent: look at its export settings",
}


def processes(home: Home) -> Iterator[Finding]:
    status = _get(home, "/local/status")
    if status is None:
        yield fail(
            "FlowLens holds its home but does not answer", f"look into {home.logs}, or stop it and start it again"
        )
        return
    gone = [part for part in _PARTS if part not in status["running"]]
    for part in gone:
        yield fail(
            f"{part} is not running", f"it is started again by itself; {home.logs / part}.log says why it stopped"
        )
    if not gone:
        yield ok(f"FlowLens runs at {home.running().get('url')}")
    for part, times in status["restarts"].items():
        if times:
            yield warn(f"{part} had to be started again {times} times", f"its log in {home.logs} says why")


def stream(home: Home) -> Iterator[Finding]:
    for name, state in ((_get(home, "/local/status") or {}).get("streams") or {}).items():
        if state["behind_seconds"] > _BEHIND_SECONDS:
            todo = "if it does not fall: fewer exporters or a higher sampling rate, or a faster machine"
            yield warn(f"counting is {state['behind_seconds']:.0f} s behind on stream {name}", todo)
        else:
            yield ok(f"stream {name} is counted as it comes")
        if state["buried"]:
            todo = f"their bytes are in {home.archive}/flows/dead: send one with a bug report"
            yield warn(f"{state['buried']} records of stream {name} could not be read and were put aside", todo)


def database(home: Home) -> Iterator[Finding]:
    health = _get(home, "/api/v1/health")
    if health is None:
        yield fail("the API does not answer", f"look into {home.logs / 'api-handler.log'}")
    elif health["status"] != "ok":
        yield fail("the database is older than this FlowLens", "stop it and start it again: the start migrates it")
    else:
        yield ok("the API answers and the database is up to date")


def totals(home: Home) -> Iterator[Finding]:
    """What was lost since the beginning, over all restarts."""
    counted = _metrics(home)
    if dead := counted.get("flowlens_dead_letters", 0):
        todo = f"`flowlens redrive` tries them again; their bytes are in {home.archive}/flows/dead for a bug report"
        yield warn(f"{dead:,} records could not be counted so far", todo)
    if dropped := counted.get("flowlens_datagrams_dropped_total", 0):
        todo = "a larger net.core.rmem_max, fewer exporters on this machine, or a higher sampling rate"
        yield warn(f"the kernel dropped {dropped:,} datagrams before the collector could read them", todo)


def exporters(home: Home) -> Iterator[Finding]:
    page = _get(home, "/api/v1/sources?limit=200")
    if page is None:
        return
    sources: list[dict[str, Any]] = page["items"]
    if not sources:
        ports = home.running().get("ports", {})
        where = f"NetFlow or IPFIX at udp {ports.get('netflow')}, sFlow at udp {ports.get('sflow')}"
        yield warn("nobody has sent flows yet", f"point {where}, or try `flowlens demo`")
        return
    active = sum(source["status"] == "active" for source in sources)
    yield ok(f"{active} of {len(sources)} exporters sent within the last 5 minutes")
    for status, todo in _TODO.items():
        yield from _named([source for source in sources if source["status"] == status], status, todo)
    yield from _losses(sources)


def _named(sources: list[dict[str, Any]], status: str, todo: str) -> Iterator[Finding]:
    for source in sources[:_NAMED]:
        yield warn(f"exporter {source['name'] or source['exporter']} is {status}", todo)
    if len(sources) > _NAMED:
        yield warn(f"{len(sources) - _NAMED} more exporters are {status}", todo)


def _losses(sources: list[dict[str, Any]]) -> Iterator[Finding]:
    lossy = [source for source in sources if source["losses"]]
    for source in lossy[:_NAMED]:
        lost = ", ".join(f"{name} {count:,}" for name, count in source["losses"].items())
        yield warn(f"of exporter {source['name'] or source['exporter']} was lost: {lost}", "the page Sources explains")


def _metrics(home: Home) -> dict[str, int]:
    """The figures that carry no label."""
    found = {}
    for line in (_ask(home, "/api/v1/metrics") or b"").decode().splitlines():
        name, _, value = line.partition(" ")
        if name.isidentifier() and value.isdecimal():
            found[name] = int(value)
    return found


def _get(home: Home, path: str) -> Mapping[str, Any] | None:
    """None when there is no answer, or one that is no JSON."""
    try:
        found: Mapping[str, Any] = json.loads(_ask(home, path) or b"null")
    except ValueError:
        return None
    return found


def _ask(home: Home, path: str) -> bytes | None:
    url, token = home.running().get("url"), home.read_token()
    if not url:
        return None
    request = urllib.request.Request(f"{url}{path}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 (loopback)
            body: bytes = response.read()
            return body
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


CHECKS: tuple[Callable[[Home], Iterable[Finding]], ...] = (processes, stream, database, totals, exporters)

"""`flowlens redrive`: dead letters are tried again, here at once, elsewhere when the workflow runs next."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flowlens.model.errors import Forbidden, Invalid, NotFound, Unauthenticated

from cdk.local import aws
from cdk.local.home import Home
from cdk.local.resources import deployed

_RECOVER = "operations.recover"
_SECONDS = 60.0
_REFUSED = {401: Unauthenticated, 403: Forbidden}


def run(home: Home, *, reason: str | None, ignore: bool, api: str | None, token: str | None) -> int:
    """The exit status: 1 when records stay that do not count."""
    told = {} if api else home.running()
    url, token = api or told.get("url"), token or home.read_token()
    if not url or not token:
        raise NotFound(f"no FlowLens runs with {home.path}: name one with --api and --token")
    wanted = {"kind": "record", **({"reason": reason} if reason else {})}
    changed = _ask(url, token, "/dead-letters/ignore" if ignore else "/dead-letters/retry", wanted)["changed"]
    if ignore:
        _say(f"{changed:,} ignored")
        return 0
    if told:
        _recover(str(told["aws_endpoint"]))
    left = _ask(url, token, "/dead-letters/reasons")["items"]
    waiting = sum(one["letters"] for one in left if one["state"] == "retrying")
    _say(f"{changed:,} to be tried again" + (f", {waiting:,} within five minutes" if waiting else ""))
    still = [one for one in left if one["state"] == "open"]
    for one in still:
        _say(f"  {one['letters']:,} cannot be counted: {one['reason']} ({one['kind']})")
    return int(bool(still))


def _recover(endpoint: str) -> None:
    """Here nobody need wait for the workflow's clock."""
    client = aws.client("lambda", endpoint)
    answer = client.invoke(FunctionName=deployed(_RECOVER), Payload=b"{}")
    if "FunctionError" in answer:
        raise Invalid(f"{_RECOVER} failed: {answer['Payload'].read().decode()[:500]}")


def _ask(url: str, token: str, path: str, body: Mapping[str, str] | None = None) -> Any:
    if urlsplit(url).scheme not in ("http", "https"):
        raise Invalid(f"--api takes an http or https URL, and {url!r} is none")
    request = urllib.request.Request(  # noqa: S310 (http or https: see above)
        f"{url.rstrip('/')}/api/v1{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
        method="GET" if body is None else "POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        detail = json.loads(refused.read() or b"{}").get("detail", refused.reason)
        raise _REFUSED.get(refused.code, Invalid)(f"{path}: {detail}") from refused


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")

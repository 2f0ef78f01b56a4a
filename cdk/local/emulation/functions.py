"""Lambda: invocations go to the local Lambda service; moto itself would want Docker."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from moto.awslambda import models

_LONGEST = 2 * 900 + 60  # the service answers by itself before that


def install(service: str) -> None:
    """`service` is the URL of an Invoke API."""
    function: Any = models.LambdaFunction

    def _invoke_lambda(self: Any, event: object = None) -> tuple[str, bool, str]:
        """What step functions, rules and triggers call."""
        payload = json.dumps({} if event is None else event).encode()
        status, headers, body = _post(service, self.function_name, payload, later=False)
        return body.decode(), status != 200 or "X-Amz-Function-Error" in headers, ""

    def invoke(self: Any, body: str | bytes, request_headers: Any, response_headers: Any) -> bytes:
        """What the Invoke API calls."""
        later = request_headers.get("X-Amz-Invocation-Type") == "Event"
        payload = body.encode() if isinstance(body, str) else body
        _, headers, answer = _post(service, self.function_name, payload or b"{}", later=later)
        if kind := headers.get("X-Amz-Function-Error"):
            response_headers["x-amz-function-error"] = kind
        return answer

    function._invoke_lambda, function.invoke = _invoke_lambda, invoke


def _post(service: str, name: str, payload: bytes, *, later: bool) -> tuple[int, http.client.HTTPMessage, bytes]:
    address = urlsplit(service)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=_LONGEST)
    try:
        headers = {"X-Amz-Invocation-Type": "Event" if later else "RequestResponse"}
        connection.request("POST", f"/2015-03-31/functions/{name}/invocations", payload, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()

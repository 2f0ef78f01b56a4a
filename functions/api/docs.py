"""The description as a page that needs no script: it shows under the strictest content security policy."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi.responses import HTMLResponse

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "code,pre{font:13px/1.4 ui-monospace,monospace}pre{overflow:auto;padding:.8rem;border:1px solid #8884}"
    "summary{cursor:pointer;padding:.3rem 0}summary b{display:inline-block;min-width:4rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}"
    "details{border-top:1px solid #8884}h2{margin-top:2.5rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"


def page(description: dict[str, Any]) -> HTMLResponse:
    """One section per tag, one line per operation; open a line to see its parameters, answers and example."""
    info = description["info"]
    body = "".join(_sections(description))
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info['description'])}</p>"
        "<p>Send <code>Authorization: Bearer fl_…</code> with each request. For tools: "
        f'<a href="openapi.json">openapi.json</a>.</p>{body}</html>'
    )
    return HTMLResponse(html, headers={"content-security-policy": _POLICY})


def _sections(description: dict[str, Any]) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, item in description["paths"].items():
        for method, operation in item.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(description, path, method, operation))
    for tag, operations in by_tag.items():
        yield f"<h2>{escape(tag)}</h2>{''.join(operations)}"


def _operation(description: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    parameters = "".join(_parameter(p) for p in operation.get("parameters", []))
    answers = "".join(
        f"<tr><td><code>{status}</code><td>{escape(response['description'])}"
        for status, response in operation["responses"].items()
    )
    table = f"<h4>Parameters</h4><table>{parameters}</table>" if parameters else ""
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b>{method.upper()}</b> <code>{escape(path)}</code>'
        f" {escape(operation['summary'])}</summary><p>{escape(operation.get('description', ''))}</p>"
        f"{table}<h4>Answers</h4><table>{answers}</table>{_example(description, operation)}</details>"
    )


def _parameter(parameter: dict[str, Any]) -> str:
    needed = " (required)" if parameter.get("required") else ""
    text = parameter.get("description", "")
    return f"<tr><td><code>{escape(parameter['name'])}</code>{needed}<td>{escape(parameter['in'])}<td>{escape(text)}"


def _example(description: dict[str, Any], operation: dict[str, Any]) -> str:
    for status in ("200", "201"):
        for content in operation["responses"].get(status, {}).get("content", {}).values():
            example = content.get("example") or _of_schema(description, content.get("schema", {}))
            if example:
                text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
                return f"<h4>Example</h4><pre>{escape(text)}</pre>"
    return ""


def _of_schema(description: dict[str, Any], schema: dict[str, Any]) -> object:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    examples = description["components"]["schemas"].get(name, {}).get("examples", [])
    return examples[0] if examples else None

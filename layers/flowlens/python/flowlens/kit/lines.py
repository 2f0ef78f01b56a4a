"""A record of a log as one line, whatever is in it."""

from __future__ import annotations

import json


def line(record: object) -> str:
    """In ASCII: some readers end a line at U+0085, U+2028 or U+2029 too, which whoever calls us may have written."""
    return json.dumps(record, default=str, separators=(",", ":"))

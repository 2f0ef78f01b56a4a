"""Sessions: a random value in a cookie, of which only the SHA-256 is kept; how long they last, and who may use them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from flowlens.model.errors import Forbidden

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=8)
FRESH = timedelta(minutes=5)  # for which a sign-in is enough for what is dangerous
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def make() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> bytes:
    """What is kept of it, and what it is found by. The value is random, so a plain hash is enough."""
    return hashlib.sha256(value.encode()).digest()


def cookie_name(*, encrypted: bool) -> str:
    """`__Host-` binds it to one host and to TLS (RFC 6265bis 4.1.3); plain HTTP, on one machine, cannot have it."""
    return "__Host-flowlens" if encrypted else "flowlens-session"


def cookie(value: str, *, encrypted: bool) -> str:
    """A Set-Cookie header; an empty value removes it."""
    secure = "; Secure" if encrypted else ""
    ends = "" if value else "; Max-Age=0"
    return f"{cookie_name(encrypted=encrypted)}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{ends}"


def way_cookie(value: str, *, encrypted: bool) -> str:
    """As `cookie`, for a browser that is on its way to an identity provider and back; it lives as long as that."""
    secure = "; Secure" if encrypted else ""
    ends = f"; Max-Age={600 if value else 0}"
    return f"{_way_name(encrypted=encrypted)}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{ends}"


def way_taken(cookies: Mapping[str, str], *, encrypted: bool) -> str | None:
    """The value that a browser brought back, if it can be one of ours."""
    value = cookies.get(_way_name(encrypted=encrypted), "")
    return value if _VALUE.fullmatch(value) else None


def _way_name(*, encrypted: bool) -> str:
    return "__Host-flowlens-way" if encrypted else "flowlens-way"


def taken(cookies: Mapping[str, str], *, encrypted: bool) -> str | None:
    """The value that a browser sent, if it can be one of ours."""
    value = cookies.get(cookie_name(encrypted=encrypted), "")
    return value if _VALUE.fullmatch(value) else None


def check_origin(method: str, headers: Mapping[str, str]) -> None:
    """Forbidden for a change that another site's page sends with our cookie (OWASP: Fetch Metadata, else Origin)."""
    if method in _READS:
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise Forbidden(f"a change must come from FlowLens's own pages, not from a page that is {site[:20]}")
        return
    origin, host = headers.get("origin", ""), headers.get("host", "")
    if not origin or urlsplit(origin).netloc != host:
        raise Forbidden("a change must come from FlowLens's own pages: no Sec-Fetch-Site or Origin says so")

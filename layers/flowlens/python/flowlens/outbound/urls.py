"""URLs that people set: of one shape only, so that nobody reads another host in it than we do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flowlens.model.errors import Refused

_LONGEST = 4096
# RFC 3986 without userinfo and without characters that readers of URLs disagree about. Names in other scripts are
# written as they stand in DNS (xn--…).
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?",
)
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Place:
    """What a URL names."""

    scheme: str
    host: str  # without the brackets of IPv6
    port: int
    target: str  # path and query, as it is sent

    @property
    def authority(self) -> str:
        """What the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def place(url: str, *, plain: bool = False) -> Place:
    """Refused by `url` when it has another shape, by `scheme` for http unless `plain` allows it."""
    found = _URL.fullmatch(url) if len(url) <= _LONGEST else None
    if found is None:
        raise Refused("url", "it must be https://host/path, of plain characters, without a user name")
    scheme = found["scheme"]
    if scheme != "https" and not plain:
        raise Refused("scheme", "only https is asked")
    port = int(found["port"]) if found["port"] else _PORTS[scheme]
    if not 0 < port < 65536:
        raise Refused("url", "the port is none")
    host = found["host"].strip("[]").lower()
    if ".." in host:
        raise Refused("url", "the host is none")
    return Place(scheme, host, port, (found["path"] or "/") + (found["query"] or ""))

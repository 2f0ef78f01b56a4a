"""What a person typed into a search box, as something that the store can look for."""

from __future__ import annotations

from dataclasses import dataclass

from flowlens.flows import ports
from flowlens.topology.places import network

_TCP, _UDP, _SCTP = 6, 17, 132
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Sought:
    """Either a network, or a part of an address that may also be a port or the beginning of a service's name."""

    network: str | None = None
    part: str | None = None
    services: tuple[tuple[int, int], ...] = ()  # (protocol, port)


def understand(text: str | None) -> Sought:
    """`10.1.2.3` and `10.1.0.0/16` are networks; `10.1.`, `443` and `postgres` are parts."""
    if text is None:
        return Sought()
    text = text.strip().lower()
    try:
        return Sought(network=str(network(text)))
    except ValueError:
        return Sought(part=text, services=_services(text))


def _services(text: str) -> tuple[tuple[int, int], ...]:
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= _MAX_PORT:
        return tuple((protocol, int(text)) for protocol in (_TCP, _UDP, _SCTP))
    return tuple(ports.beginning(text)[:1000])

"""Finds ports: the customary one when it is free, any free one otherwise."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from flowlens.model.errors import Invalid

LOOPBACK = "127.0.0.1"


def free(kind: socket.SocketKind, port: int = 0, *, addresses: Sequence[str] = (LOOPBACK,)) -> bool:
    """Whether nobody has the port on any of these addresses. It may be gone a moment later."""
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, kind) as probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that only lingers is free
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def any_free(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def choose(
    kind: socket.SocketKind, wanted: int | None, customary: int, *, addresses: Sequence[str] = (LOOPBACK,)
) -> int:
    """What was asked for (0 asks for any); else the customary port, unless somebody has it.

    Raises Invalid when somebody has what was asked for.
    """
    if wanted and not free(kind, wanted, addresses=addresses):
        raise Invalid(f"port {wanted} is taken: choose another, or 0 for any that is free")
    if wanted:
        return wanted
    if wanted is None and free(kind, customary, addresses=addresses):
        return customary
    return any_free(kind)

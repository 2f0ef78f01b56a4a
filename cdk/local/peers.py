"""Tells our own processes from other users' on loopback, where a port is open to everybody on the machine."""

from __future__ import annotations

import os
import socketserver
from pathlib import Path

_LOOPBACK = "0100007F"  # 127.0.0.1 as /proc/net/tcp writes it


def uid_of(port: int, peer_port: int) -> int | None:
    """Who owns the socket 127.0.0.1:`port` that is connected to 127.0.0.1:`peer_port`; None when it is gone."""
    local, remote = f"{_LOOPBACK}:{port:04X}", f"{_LOOPBACK}:{peer_port:04X}"
    with Path("/proc/net/tcp").open() as table:
        next(table)
        for line in table:
            fields = line.split()
            if fields[1] == local and fields[2] == remote:
                return int(fields[7])
    return None


class OnlyOurs(socketserver.BaseServer):
    """A server (mixed in first) that hangs up on other users' connections: what it serves has no password."""

    server_port: int

    def verify_request(self, request: object, client_address: object) -> bool:  # noqa: ARG002 (socketserver's)
        if not isinstance(client_address, tuple):
            return False
        return uid_of(client_address[1], self.server_port) == os.geteuid()

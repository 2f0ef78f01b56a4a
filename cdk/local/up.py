"""`flowlens up`: runs the stack until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from types import FrameType

from flowlens.model.errors import Invalid

from cdk.local import welcome
from cdk.local.children import await_leftovers
from cdk.local.processes import ROOT
from cdk.local.supervisor import Stack, Wishes

_HARMLESS = {"", "local", "test", "testing", "dummy"}
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")


def run(wishes: Wishes, *, embedded: bool = False) -> int:
    """Returns when the user has stopped it and nothing is left running."""
    _refuse_real_credentials(embedded=embedded)
    _refuse_uncapturable(wishes.capture)
    wishes.home.make()
    lock = wishes.home.lock()
    await_leftovers(wishes.home, seconds=20)
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGINT too: a shell's & starts us ignoring it
        signal.signal(wish, _interrupt)
    began = time.monotonic()
    stack = Stack(wishes, _say)
    try:
        stack.start()
        _greet(stack, wishes, time.monotonic() - began)
        stack.run()
    except KeyboardInterrupt:
        _say("stopping; press Ctrl-C again to stop at once")
    finally:
        for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(wish, _leave)
        stack.stop()
        os.close(lock)
    return 0


def _refuse_real_credentials(*, embedded: bool) -> None:
    """Nothing here would use them; but who has them set may expect FlowLens to run in that account."""
    found = [name for name in _CREDENTIALS if os.environ.get(name, "") not in _HARMLESS]
    if found and not embedded:
        raise Invalid(
            f"{', '.join(found)} is set, but `flowlens up` runs on this machine alone. `make deploy` puts FlowLens "
            "into an AWS account; add --embedded to run here all the same (the credentials are not used)"
        )


def _refuse_uncapturable(interfaces: Sequence[str]) -> None:
    """Whoever asks for a capture wants to know at once that there will be none."""
    for interface in interfaces:
        try:
            socket.if_nametoindex(interface)
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
        except PermissionError as error:
            raise Invalid("--capture takes the right CAP_NET_RAW: run it as root") from error
        except OSError as error:
            raise Invalid(f"--capture takes interfaces of this machine, and {interface!r} is none") from error


def _greet(stack: Stack, wishes: Wishes, seconds: float) -> None:
    listening = stack.ports
    _say(f"FlowLens runs (started in {seconds:.1f} s)\n")
    _say(f"  open       {stack.url}/#token={stack.token}")
    _say(welcome.words(stack.url, stack.token))
    _say(f"  NetFlow    udp {listening['netflow']} (v5, v9, IPFIX; also {listening['ipfix']})")
    _say(f"  sFlow      udp {listening['sflow']}")
    for interface in wishes.capture:
        _say(f"  capture    {interface} (headers of its packets become flows)")
    if not wishes.elsewhere:
        _say("             from this machine only; --listen 0.0.0.0 takes them from others too")
    _say(f"  logs       {stack.logs}")
    if not (ROOT / "web" / "dist" / "index.html").exists():
        _say("  web pages  not built: `make up` builds them, or `npm ci && npm run build` in web/")
    _say("\nCtrl-C stops it; its data stays.")


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _leave(_signal: int, _frame: FrameType | None) -> None:
    os._exit(130)  # every child is tied to this process and goes with it

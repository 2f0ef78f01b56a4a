"""Runs a command that receives a signal as soon as whoever started it is gone, however it went.

Used as a program between the parent and the real command (it replaces itself by the command, so the process id stays).
Standard library only, and no import of ours: it runs before anything else does, sometimes as another user.

PR_SET_PDEATHSIG looks at the *thread* that forked: start it from a thread that lives as long as the parent should.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def command(argv: Sequence[str], *, death: signal.Signals, uid: int | None = None) -> list[str]:
    """The command line that runs `argv` tied to this process; as root, `uid` makes it give up root first."""
    become = "-" if uid is None else str(uid)
    return [sys.executable, "-ISs", __file__, str(int(death)), str(os.getpid()), become, *argv]


def main(arguments: Sequence[str]) -> None:
    death, parent, become, argv = int(arguments[0]), int(arguments[1]), arguments[2], list(arguments[3:])
    if become != "-":
        os.setgroups([])
        os.setgid(int(become))
        os.setuid(int(become))
    # After the change of user: the kernel forgets the wish when credentials change.
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before the wish was heard
        raise SystemExit(1)
    os.execvp(argv[0], argv)  # noqa: S606 (no shell is the point)


if __name__ == "__main__":
    main(sys.argv[1:])

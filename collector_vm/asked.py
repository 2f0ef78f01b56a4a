"""What a signal asks for, told without a lock."""

import signal


class Asked:
    """Whether SIGTERM or SIGINT asked this process to stop.

    A plain flag, for a handler runs inside whatever the main thread was doing: were that the waiting or the setting of
    a `threading.Event`, the handler's own `set` would wait for a lock that can never come free.
    """

    __slots__ = ("to_stop",)

    def __init__(self) -> None:
        self.to_stop = False

    def listen(self) -> None:
        """From the main thread only (signal.signal)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def _hear(self, *_: object) -> None:
        self.to_stop = True

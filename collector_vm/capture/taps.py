"""All captured interfaces: opened while somebody accepts them, and what they see handed on every few seconds."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Sequence

from flowlens.flows import sightings
from flowlens.flows.columns import Columns, join
from flowlens.flows.reading.packets import folded
from flowlens.flows.sightings import Seen

from collector_vm.admission import NOBODY, Admission
from collector_vm.capture.ring import RETIRE_MS, Block, Ring, Uncapturable
from collector_vm.capture.tap import Tap
from collector_vm.events import event

_BLOCKS = 8  # of an interface at once, so that none keeps another waiting
_MANY = 1 << 16  # flows after which they are folded although it is not time

Open = Callable[[str], Ring]


class Taps:
    """`give` gets flows, `tell` the bodies of sightings; both every `seconds`, and at the end."""

    def __init__(
        self,
        taps: Sequence[Tap],
        admission: Admission,
        open_: Open,
        *,
        seconds: float,
        give: Callable[[Columns], None],
        tell: Callable[[bytes], bool],
    ) -> None:
        self.taps = taps
        self._admission, self._open = admission, open_
        self._seconds, self._give, self._tell = seconds, give, tell
        self._poll = select.poll()
        self._parts: list[Columns] = []
        self._rows, self._since = 0, time.monotonic()
        self._seen: Seen = {}

    @property
    def dropped(self) -> int:
        """What the kernel drops is known by interface."""
        return 0

    @property
    def capturing(self) -> int:
        return sum(tap.ring is not None for tap in self.taps)

    def take(self, timeout: float) -> bool:
        """Waits for packets at most so long; whether there were any."""
        ready = self._poll.poll(max(timeout, 0) * 1000)
        troubled = {descriptor for descriptor, what in ready if what & ~select.POLLIN}
        took = False
        for tap in self.taps:
            if tap.ring is not None:
                if tap.ring.socket.fileno() in troubled:
                    tap.ring.calm()
                for block in tap.ring.blocks(_BLOCKS):
                    self._gather(tap, tap.ring, block)
                    took = True
        if time.monotonic() - self._since >= self._seconds:
            self.hand_on()
        return took

    def _gather(self, tap: Tap, ring: Ring, block: Block) -> None:
        count = len(block.at)
        places = self._admission.admit([tap.source] * count, int(time.time() * 1000))
        if not count or places[0] == NOBODY:  # refused since it was opened
            return
        flows = tap.flows(ring, block, self._seen)
        if not flows.rows:
            return
        self._parts.append(flows)
        self._rows += flows.rows
        if self._rows >= _MANY:
            self._parts = [folded(join(self._parts))]
            self._rows = self._parts[0].rows
            if self._rows >= _MANY // 2:
                self.hand_on()

    def hand_on(self) -> None:
        """What was gathered becomes flows of a record, and names those of another."""
        parts, self._parts, self._rows = self._parts, [], 0
        self._since = time.monotonic()
        if parts:
            self._give(folded(join(parts)))
        if self._seen and all(self._tell(body) for body in sightings.bodies(self._seen)):
            self._seen = {}  # else there is no room: they go with the next

    def look(self) -> None:
        """Opens what is accepted and there, closes what is not, and takes the kernel's counts."""
        for tap in self.taps:
            tap.look()
            if tap.ring is not None and (tap.ring.gone or not self._accepted(tap)):
                self._shut(tap)
                event("capture_stopped", interface=tap.interface)
            if tap.ring is None and self._accepted(tap):
                self._try(tap)

    def _accepted(self, tap: Tap) -> bool:
        """Whoever holds or refuses this source keeps the interface closed: nothing of it is read."""
        place = self._admission.introduce(tap.source, int(time.time() * 1000))
        if place != NOBODY:
            tap.place = place
        return place != NOBODY

    def _try(self, tap: Tap) -> None:
        try:
            ring = self._open(tap.interface)
        except Uncapturable as error:
            if tap.trouble != str(error):
                event("cannot_capture", interface=tap.interface, error=str(error))
            tap.trouble = str(error)
            return
        tap.took(ring, tap.place)
        self._poll.register(ring.socket.fileno(), select.POLLIN)
        event("capturing", interface=tap.interface, exporter=tap.address, ring=ring.octets)

    def _shut(self, tap: Tap) -> None:
        if tap.ring is not None:
            self._poll.unregister(tap.ring.socket.fileno())
            tap.close()

    def finish(self) -> None:
        """No packet from now on; those that came become flows."""
        for tap in self.taps:
            if tap.ring is not None:
                tap.ring.end()
        time.sleep(RETIRE_MS * 3 / 1000)
        while self.take(0):
            pass
        for tap in self.taps:
            self._shut(tap)
        self.hand_on()

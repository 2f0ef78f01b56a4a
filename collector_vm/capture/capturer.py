"""The process that captures: a worker whose flows come from packets of this machine's interfaces."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from flowlens.flows import batch

from collector_vm.capture.ring import Ring
from collector_vm.capture.tap import Tap, machine
from collector_vm.capture.taps import Taps
from collector_vm.intake import Intake
from collector_vm.spool import Full
from collector_vm.worker import Worker


class Capturer(Worker):
    """Its spool, shipping, reports and end are those of any worker."""

    _taps: Taps | None = None

    @property
    def capturing(self) -> int:
        return self._taps.capturing if self._taps else 0

    def _intake(self) -> Intake:
        settings, name = self._settings, machine()
        open_ = partial(
            Ring,
            octets=settings.capture_buffer,
            names=settings.capture_names,
            promiscuous=settings.capture_promiscuous,
        )
        taps = [Tap(one, name, settings.ports, self.pipeline.state) for one in dict.fromkeys(settings.capture)]
        self._taps = Taps(
            taps, self.admission, open_, seconds=settings.capture_seconds, give=self.pipeline.add, tell=self._tell
        )
        self._taps.look()
        return self._taps

    def _tell(self, body: bytes) -> bool:
        with suppress(Full):
            self.lanes[0].append(batch.SIGHTINGS, body)
            return True
        return False

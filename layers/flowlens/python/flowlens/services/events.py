"""Log events of CloudWatch Logs: from what a subscription delivers to records on the stream."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from flowlens.aws import objects
from flowlens.aws.stream import Stream
from flowlens.flows.feeding import Feed, Origin
from flowlens.flows.files.aws_vpc import fields_by_default
from flowlens.flows.reading import pushed
from flowlens.flows.reading.envelopes import Envelope, envelopes
from flowlens.model.errors import FlowLensError, Invalid, Malformed
from flowlens.services import readings, waiting
from flowlens.services.files import Log, Shipped, ship_all
from flowlens.store.connection import Connection

KEPT = "log-events/"  # where in the bucket deliveries lie that could not be read at once
PUSHED = f"{KEPT}pushed/"  # those of what was pushed
_KIND = "aws_logs"
_PATIENCE = 10.0  # seconds that a full stream may take to make room


@dataclass(slots=True)
class _Sum:
    """What was read of one feed."""

    feed: Feed
    origin: Origin
    shipped: Shipped = field(default_factory=Shipped)
    names: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Of these deliveries together."""
        digest = hashlib.blake2b("\n".join(self.names).encode(), digest_size=16).hexdigest()
        return f"logs://{self.origin.key}/{self.origin.place}#{digest}"


class Reading:
    """Reads deliveries of one batch or one object, whose feeds it asks for once each."""

    def __init__(self, conn: Connection, tenant: UUID, stream: Stream) -> None:
        self._conn = conn
        self._tenant = tenant
        self._stream = stream
        self._sums: dict[Origin, _Sum] = {}

    def take_in(self, found: Iterable[Envelope], *, patience: float) -> Shipped:
        """All of it on the stream and noted when it returns; each delivery's records are named by its events' ids.

        Malformed by `feed_paused`, by `events_group` (no log group has such a name), or as the readers say; then some
        may be on the stream, and will count once.
        """
        ship_all(self._logs(found), self._stream, tenant=self._tenant, patience=patience)
        total = Shipped()
        for one in self._sums.values():
            readings.note(self._conn, self._tenant, one.feed, one.name, one.shipped)
            total.add(one.shipped)
        return total

    def _logs(self, found: Iterable[Envelope]) -> Iterator[tuple[Log, Shipped]]:
        for envelope in found:
            one = self._sum(Origin(_KIND, envelope.group, envelope.owner))
            one.names.append(envelope.name)
            about = one.feed.about(one.origin)
            if not about.fields:
                about = replace(about, fields=fields_by_default(envelope.text))
            yield Log(io.BytesIO(envelope.text), envelope.name, about), one.shipped

    def _sum(self, origin: Origin) -> _Sum:
        if origin not in self._sums:
            otherwise = {"log_group": origin.place, "account": origin.key}
            try:
                feed = readings.feed_of(self._conn, self._tenant, origin, otherwise)
            except Invalid as error:
                raise Malformed("events_group", str(error)) from error
            self._sums[origin] = _Sum(feed, origin)
        return self._sums[origin]


_Read = Callable[[Sequence[bytes]], Shipped]


@dataclass(slots=True)
class Settled:
    """What became of deliveries: in `errors`, by position, those that come again; in `kept`, why others were kept."""

    shipped: Shipped = field(default_factory=Shipped)
    errors: list[Exception | None] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


class Desk:
    """Where deliveries of subscriptions are settled. Each payload is a gzipped document."""

    def __init__(self, database: Callable[[], Connection], tenant: UUID, stream: Stream, bucket: str) -> None:
        self._database = database
        self._tenant = tenant
        self._stream = stream
        self._bucket = bucket

    def settle(self, payloads: Sequence[bytes]) -> Settled:
        """Together, and what was pushed feed by feed; what cannot be read now, for whatever reason, is put into our
        bucket of logs.

        Its reader tries it again, or says why it cannot be read and keeps it for a person.
        """
        settled = Settled(errors=[None] * len(payloads))
        told = {at: payload for at, payload in enumerate(payloads) if not pushed.waits(payload)}
        if told:
            self._settle(told, settled, self._events)
        for positions in waiting.by_feed((at, one) for at, one in enumerate(payloads) if at not in told).values():
            self._settle({at: payloads[at] for at in positions}, settled, self._pushed)
        return settled

    def _events(self, payloads: Sequence[bytes]) -> Shipped:
        found = (envelope for payload in payloads for envelope in envelopes(io.BytesIO(payload)))
        return Reading(self._database(), self._tenant, self._stream).take_in(found, patience=_PATIENCE)

    def _pushed(self, payloads: Sequence[bytes]) -> Shipped:
        return waiting.take_in(self._database(), self._stream, payloads, patience=_PATIENCE)

    def _settle(self, payloads: Mapping[int, bytes], settled: Settled, read: _Read) -> None:
        try:
            settled.shipped.add(read(list(payloads.values())))
        except (FlowLensError, psycopg.Error) as error:
            if len(payloads) > 1 and isinstance(error, Malformed):
                for at, payload in payloads.items():
                    self._settle({at: payload}, settled, read)
                return
            for at, payload in payloads.items():
                settled.errors[at] = self._keep(payload)
            settled.kept.append(str(error))

    def _keep(self, payload: bytes) -> Exception | None:
        digest = hashlib.blake2b(payload, digest_size=16).hexdigest()
        try:
            key = f"{PUSHED}{digest}.json" if pushed.waits(payload) else f"{KEPT}{digest}.gz"
            objects.put(self._bucket, key, payload)
        except (BotoCoreError, ClientError) as error:
            return error
        return None

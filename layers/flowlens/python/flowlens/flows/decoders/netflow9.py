"""NetFlow v9"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from flowlens.flows.columns import Columns, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.elements import INTERFACE
from flowlens.flows.decoding.fields import gather
from flowlens.flows.decoding.messages import Dialect, Messages
from flowlens.flows.decoding.sets import Headers, walk
from flowlens.flows.decoding.state import DecoderState
from flowlens.flows.decoding.tally import Faults
from flowlens.flows.decoding.templates import FIELDS_LIMIT, Definition, Field
from flowlens.flows.kernel import kernel
from flowlens.kit.wire import Reader
from flowlens.model.errors import Malformed

_HEADER = np.dtype(
    [
        ("version", ">u2"),
        ("count", ">u2"),
        ("uptime", ">u4"),
        ("seconds", ">u4"),
        ("sequence", ">u4"),
        ("source", ">u4"),
    ]
)
_INTERFACE_SCOPE = 2  # RFC 3954 section 6.1; the other scopes (system, line card, cache, template) are no elements


def decode(datagrams: Datagrams, state: DecoderState) -> Columns:
    """The flows of packets, all of which say that they are version 9. Their count of records is not believed."""
    library = kernel().library
    if library is not None and (known := state.routines[Format.NETFLOW9].read(library, datagrams)) is not None:
        return known[0]
    faults = Faults(state.tally, datagrams.exporters)
    octets, starts = datagrams.flat()
    whole = datagrams.lengths >= _HEADER.itemsize
    faults.note(np.flatnonzero(~whole), "header")
    head = gather(octets, np.where(whole, starts, 0), _HEADER) if whole.any() else np.zeros(datagrams.count, _HEADER)
    headers = Headers(
        datagrams.exporters,
        head["source"].astype(np.uint32),
        datagrams.received,
        head["seconds"].astype(np.int64) * 1000,
        head["uptime"].astype(np.uint32),
    )
    stops = starts + np.where(whole, datagrams.lengths, 0)
    sets = walk(octets, starts + _HEADER.itemsize, stops, faults)
    return Messages(DIALECT, state, headers, sets, faults).decode()


def _definitions(reader: Reader, options: bool) -> Iterator[Definition]:  # noqa: FBT001  # a Dialect's signature
    """The template records of a template set (RFC 3954 section 5.2) or of an options template set (section 6.1)."""
    while reader.remaining >= (6 if options else 4):
        template_id, size = reader.uint(2), reader.uint(2)
        if not template_id and not size:
            return  # padding
        scopes, count = (size // 4, (size + reader.uint(2)) // 4) if options else (0, size)
        if count > FIELDS_LIMIT:
            raise Malformed("template_fields", str(count))
        body = reader.within(4 * count)
        fields = [_field(body.uint(2), body.uint(2), scope=position < scopes) for position in range(count)]
        yield Definition(template_id, tuple(fields), max(scopes, int(options)))


def _field(element: int, length: int, *, scope: bool) -> Field:
    if not scope:
        return Field(element, length)
    return Field(INTERFACE, length) if element == _INTERFACE_SCOPE else Field(element, length, -1)


DIALECT = Dialect(Format.NETFLOW9, 0, 1, _definitions)

"""IPFIX"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from flowlens.flows.columns import Columns, Format
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.fields import gather
from flowlens.flows.decoding.messages import Dialect, Messages
from flowlens.flows.decoding.sets import Headers, walk
from flowlens.flows.decoding.state import UNCOUNTABLE, DecoderState
from flowlens.flows.decoding.tally import Faults
from flowlens.flows.decoding.templates import FIELDS_LIMIT, Definition, Field
from flowlens.flows.kernel import kernel
from flowlens.kit.wire import Reader
from flowlens.model.errors import Malformed

_HEADER = np.dtype([("version", ">u2"), ("length", ">u2"), ("seconds", ">u4"), ("sequence", ">u4"), ("domain", ">u4")])
_ENTERPRISE = 0x8000


def decode(datagrams: Datagrams, state: DecoderState) -> Columns:
    """The flows of messages, all of which say that they are version 10. Octets after a message are not read."""
    library = kernel().library
    if library is not None and (known := state.routines[Format.IPFIX].read(library, datagrams)) is not None:
        flows, state.records = known
        return flows
    faults = Faults(state.tally, datagrams.exporters)
    octets, starts = datagrams.flat()
    whole = datagrams.lengths >= _HEADER.itemsize
    faults.note(np.flatnonzero(~whole), "header")
    head = gather(octets, np.where(whole, starts, 0), _HEADER) if whole.any() else np.zeros(datagrams.count, _HEADER)
    lengths = head["length"].astype(np.int64)
    true = (lengths >= _HEADER.itemsize) & (lengths <= datagrams.lengths)
    faults.note(np.flatnonzero(~true), "length")
    headers = Headers(
        datagrams.exporters,
        head["domain"].astype(np.uint32),
        datagrams.received,
        head["seconds"].astype(np.int64) * 1000,
        np.zeros(datagrams.count, np.uint32),
        np.zeros((2, datagrams.count), np.int64),
    )
    sets = walk(octets, starts + _HEADER.itemsize, starts + np.where(whole & true, lengths, 0), faults)
    flows = Messages(DIALECT, state, headers, sets, faults).decode()
    if headers.records is not None:
        state.records = np.where(faults.faulty, UNCOUNTABLE, headers.records)[:, whole]
    return flows


def _definitions(reader: Reader, options: bool) -> Iterator[Definition]:  # noqa: FBT001  # a Dialect's signature
    """The template records of a set (RFC 7011 sections 3.4.1 and 3.4.2); no fields means a withdrawal (section 8.1)."""
    while reader.remaining >= 4:
        template_id, count = reader.uint(2), reader.uint(2)
        if not template_id and not count:
            return  # padding
        if count > FIELDS_LIMIT:
            raise Malformed("template_fields", str(count))
        if not count:
            yield _withdrawal(template_id, options=options)
            continue
        scopes = reader.uint(2) if options else 0
        fields = tuple(_field(reader) for _ in range(count))
        if options and not 1 <= scopes <= count:
            raise Malformed("template_fields", f"{scopes} scopes of {count}")
        yield Definition(template_id, fields, scopes)


def _withdrawal(template_id: int, *, options: bool) -> Definition:
    if template_id < 256 and template_id != (3 if options else 2):
        raise Malformed("template_id", str(template_id))
    return Definition(template_id, (), int(options), withdrawal=True)


def _field(reader: Reader) -> Field:
    element, length = reader.uint(2), reader.uint(2)
    if element & _ENTERPRISE:
        return Field(element & ~_ENTERPRISE, length, reader.uint(4))
    return Field(element, length)


DIALECT = Dialect(Format.IPFIX, 2, 3, _definitions)

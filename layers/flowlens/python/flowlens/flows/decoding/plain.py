"""Batches of sFlow in which every flow sample says what nearly all say: read by the kernel in one pass.

A sampled header, perhaps a switch's and a router's record: such samples are rows at once, and runs of them are what
their sources say of sampling. Where anything else comes, the batch is read step by step, and so are the next few.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowlens.flows.columns import BY_NAME, Columns, Format, Values
from flowlens.flows.datagrams import Datagrams
from flowlens.flows.decoding.heads import Heads
from flowlens.flows.decoding.sampled import COLUMNS
from flowlens.flows.decoding.samples import Samples
from flowlens.flows.decoding.survey import Given, at

_LONGEST_PAUSE = 15  # batches
_ORIGIN = ("received", "domain", "exporter")
_NUMBER, _POINTER = ctypes.c_int64, ctypes.c_void_p
_WAYS = ("packets_in", "packets_out", "octets_in", "octets_out")
_COUNTS = ("number", "count", "rate")
_AT_THE_LAST = ("pool", "drops", "uptime", "received")
_RUN_NUMBERS = (*_COUNTS, "since", *_AT_THE_LAST, *_WAYS, "exporter")
_RUN = np.dtype([(name, "u8") for name in ("agent", "source")] + [(name, "i8") for name in _RUN_NUMBERS])


class _Agents(ctypes.Structure):
    """FlAgents of kernel.h."""

    _fields_ = (
        ("room", _NUMBER),
        ("columns", _POINTER * len(COLUMNS)),
        ("origin", _POINTER * len(_ORIGIN)),
        ("seen", ctypes.c_uint64 * len(COLUMNS)),
        ("samples", _POINTER),
        ("begin", _POINTER),
        ("run", _POINTER),
        ("counter", _POINTER * 5),
        ("rows", _NUMBER),
        ("runs", _NUMBER),
        ("counters", _NUMBER),
    )


@dataclass(frozen=True, slots=True)
class Swept:
    """What a batch holds: the rows of its flow samples, and what is left to be read of it."""

    columns: Columns
    heads: Heads
    samples: NDArray[np.int64]  # flow samples of each datagram
    begin: NDArray[np.int64]  # of each datagram: behind its agent's address
    counters: Samples


class Plain:
    """Owned by a decoder's state: it remembers how seldom trying was worth it of late."""

    def __init__(self) -> None:
        self._pause = self._wait = 0

    def read(self, library: ctypes.CDLL, datagrams: Datagrams) -> Swept | None:
        """None, and nothing done, where a datagram holds something else."""
        if self._wait:
            self._wait -= 1
            return None
        found = _swept(library, datagrams) if datagrams.slots.flags.c_contiguous else None
        self._pause = 0 if found is not None else min(2 * self._pause + 1, _LONGEST_PAUSE)
        self._wait = self._pause
        return found


def _swept(library: ctypes.CDLL, datagrams: Datagrams) -> Swept | None:
    given = Given(datagrams, Format.SFLOW5)
    room = library.fl_announced(ctypes.byref(given.structure))
    if room < 0:
        return None
    values: dict[str, Values] = {name: np.empty(room, BY_NAME[name].dtype) for name in (*COLUMNS, *_ORIGIN)}
    samples, begin = np.empty((2, datagrams.count), np.int64)
    runs, where, kinds = np.empty(room, _RUN), np.empty((3, room), np.int64), np.empty(room, np.uint32)
    asked = _Agents(
        room,
        (_POINTER * len(COLUMNS))(*(at(values[name]) for name in COLUMNS)),
        (_POINTER * len(_ORIGIN))(*(at(values[name]) for name in _ORIGIN)),
        samples=at(samples),
        begin=at(begin),
        run=at(runs),
        counter=(_POINTER * 5)(at(where[0]), at(kinds), at(where[1]), at(where[2]), None),
    )
    if not library.fl_agents(ctypes.byref(given.structure), ctypes.byref(asked)):
        return None
    seen = dict(zip(COLUMNS, asked.seen, strict=True))
    count = asked.counters
    counters = Samples(where[0, :count], kinds[:count], where[1, :count], where[2, :count])
    return Swept(_columns(values, seen, asked.rows), _heads(runs[: asked.runs]), samples, begin, counters)


def _columns(values: dict[str, Values], seen: dict[str, int], count: int) -> Columns:
    """Those that say anything. sFlow has no clock but the receiver's."""
    said = {name: column[:count] for name, column in values.items() if seen.get(name, 1)}
    for name in ("domain", "exporter"):
        if not said[name].any():
            del said[name]
    said |= dict.fromkeys(("start", "end"), said["received"])
    for name, value in (("format", Format.SFLOW5), ("packets", 1)):
        said[name] = np.broadcast_to(np.array(value, BY_NAME[name].dtype), (count,))
    return Columns(count, said)


def _heads(runs: NDArray[np.void]) -> Heads:
    number, count, rate, pool, drops, uptime, received = (runs[name] for name in (*_COUNTS, *_AT_THE_LAST))
    packets, octets = (np.stack([runs[name] for name in _WAYS if name.startswith(what)]) for what in ("pack", "oct"))
    exporter, agent, source = runs["exporter"].astype(np.uint16), runs["agent"], runs["source"]
    return Heads(exporter, agent, source, number, count, rate, pool, drops, uptime, received, packets, octets)

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address

import numpy as np
import pytest

from collector_vm.receive import Receiver
from collector_vm.sockets import KernelDrops, Listener, listen
from tests.collector_vm.running import free_port


@contextmanager
def receiving(
    *addresses: str, buffer: int = 1 << 20, slots: int = 64, width: int = 2_048
) -> Iterator[tuple[Receiver, list[Listener]]]:
    listeners = listen([ip_address(a) for a in addresses], [free_port()], buffer)
    try:
        yield Receiver(listeners, linger=0.001, slots=slots, width=width), listeners
    finally:
        for listener in listeners:
            listener.socket.close()


def send(listener: Listener, *payloads: bytes, source: str = "") -> None:
    with socket.socket(listener.socket.family, socket.SOCK_DGRAM) as sender:
        if source:
            sender.bind((source, 0))
        for payload in payloads:
            sender.sendto(payload, listener.socket.getsockname()[:2])


def test_datagrams_of_several_sockets_come_in_one_batch_with_their_sources() -> None:
    with receiving("127.0.0.1", "::1") as (receiver, (four, six)):
        send(four, b"a", b"bb", source="127.0.0.9")
        send(six, b"ccc")
        received = receiver.receive(5)
    assert received is not None
    assert received.lengths.tolist() == [2, 1, 3] or received.lengths.tolist() in ([1, 2, 3], [3, 1, 2])
    texts = {bytes(slot[:length]) for slot, length in zip(received.slots, received.lengths, strict=True)}
    assert texts == {b"a", b"bb", b"ccc"}
    assert set(received.sources) == {IPv4Address("127.0.0.9").packed, IPv6Address("::1").packed}
    assert not received.truncated.any()


def test_nothing_in_time_is_nothing() -> None:
    with receiving("127.0.0.1") as (receiver, _):
        assert receiver.receive(0.01) is None


def test_more_than_there_are_slots_come_in_the_next_batches() -> None:
    with receiving("127.0.0.1", slots=16) as (receiver, (listener,)):
        send(listener, *(bytes([n]) for n in range(40)))
        batches = []
        while (received := receiver.receive(0.2)) is not None:
            batches.append(received.slots[:, 0].copy())
    assert [len(batch) for batch in batches] == [16, 16, 8]
    assert np.concatenate(batches).tolist() == list(range(40))


def test_a_datagram_longer_than_a_slot_is_marked_and_overruns_nothing() -> None:
    with receiving("127.0.0.1", width=256) as (receiver, (listener,)):
        send(listener, bytes([1]) * 300, bytes([2]) * 256, bytes([3]) * 10)
        received = receiver.receive(5)
    assert received is not None
    assert received.truncated.tolist() == [True, False, False]
    assert [int(slot.max()) for slot in (received.slots[0], received.slots[1], received.slots[2, :10])] == [1, 2, 3]


def test_jumbo_frames_come_whole_among_others() -> None:
    payloads = [bytes([k]) * size for k, size in enumerate((40, 2_112, 2_113, 9_216, 9_217, 1_400), 1)]
    with receiving("127.0.0.1", width=9_216) as (receiver, (listener,)):
        send(listener, *payloads)
        received = receiver.receive(5)
        send(listener, b"after")
        after = receiver.receive(5)
    assert received is not None
    assert after is not None
    assert received.lengths.tolist() == [40, 2_112, 2_113, 9_216, 9_216, 1_400]
    assert received.truncated.tolist() == [False, False, False, False, True, False]
    assert [
        bytes(slot[:length]) == payload[:9_216]
        for slot, length, payload in zip(received.slots, received.lengths, payloads, strict=True)
    ] == [True] * 6
    assert bytes(after.slots[0, :5]) == b"after"
    assert after.slots.shape[1] < 9_216


def test_an_address_mapped_into_ipv6_is_the_address_itself() -> None:
    listeners = listen([ip_address("::1")], [free_port()], 1 << 16)
    try:
        receiver = Receiver(listeners, linger=0)
        receiver._names[0, :2] = np.frombuffer(np.uint16(socket.AF_INET6).tobytes(), np.uint8)
        receiver._names[0, 8:24] = np.frombuffer(IPv6Address("::ffff:192.0.2.7").packed, np.uint8)
        assert receiver._sources(slice(0, 1)) == [IPv4Address("192.0.2.7").packed]
    finally:
        listeners[0].socket.close()


def test_what_the_kernel_drops_is_counted_to_the_last_datagram() -> None:
    sent = 2_000
    with receiving("127.0.0.1", buffer=8_192) as (receiver, listeners):
        send(listeners[0], *(bytes(1_000) for _ in range(sent)))
        got = 0
        while (received := receiver.receive(0.1)) is not None:
            got += len(received.lengths)
        send(listeners[0], *(bytes(1_000) for _ in range(sent)))  # these drops are told by no message
        receiver.drops.look(listeners)
        while (received := receiver.receive(0.1)) is not None:
            got += len(received.lengths)
    assert receiver.drops.total > sent
    assert got + receiver.drops.total == 2 * sent


def test_drops_are_counted_once_whoever_tells_them_and_across_a_wrap() -> None:
    with receiving("127.0.0.1") as (_, (listener,)):
        drops = KernelDrops([listener])
        for told in (5, 3, 5, 2**31, 2**32 - 1, 2**32 - 1, 4):
            drops.told(listener, told)
    assert drops.total == 2**32 + 4


def test_two_processes_may_listen_on_one_port() -> None:
    port = free_port()
    first = listen([ip_address("127.0.0.1")], [port], 1 << 16)
    second = listen([ip_address("127.0.0.1")], [port], 1 << 16)
    assert first[0].granted > 0
    for listener in (*first, *second):
        listener.socket.close()


def test_an_address_that_is_not_ours_is_an_error() -> None:
    with pytest.raises(OSError, match="assign"):
        listen([ip_address("192.0.2.1")], [free_port()], 1 << 16)

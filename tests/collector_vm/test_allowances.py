from __future__ import annotations

import errno
import socket
import struct

import pytest

from collector_vm.allowances import NAMES, Allowances, statistics


class Driver:
    """What an ENA driver answers to ethtool's three commands, as the kernel's headers lay them out."""

    def __init__(self, **counts: int) -> None:
        self.counts = counts

    def __call__(self, interface: str, command: bytearray) -> None:
        if interface != "lo":
            raise OSError(95, "Operation not supported")
        kind = struct.unpack_from("=I", command)[0]
        if kind == 0x37:
            struct.pack_into("=I", command, 16, len(self.counts))
        elif kind == 0x1B:
            for place, name in enumerate(self.counts):
                struct.pack_into("32s", command, 12 + 32 * place, name.encode())
        elif kind == 0x1D:
            struct.pack_into(f"={len(self.counts)}Q", command, 8, *self.counts.values())


def test_what_rose_since_the_start_is_counted_by_the_drivers_names() -> None:
    driver = Driver(
        tx_timeout=9, bw_in_allowance_exceeded=100, pps_allowance_exceeded=7, conntrack_allowance_exceeded=0
    )
    allowances = Allowances(driver)
    assert allowances.present
    driver.counts |= {"tx_timeout": 10, "bw_in_allowance_exceeded": 130, "conntrack_allowance_exceeded": 2**40}
    allowances.look()
    allowances.look()
    assert allowances.exceeded == dict(zip(NAMES, (30, 0, 2**40), strict=True))


def test_a_driver_that_was_loaded_anew_takes_nothing_back() -> None:
    driver = Driver(bw_in_allowance_exceeded=100)
    allowances = Allowances(driver)
    for count in (110, 0, 5):
        driver.counts["bw_in_allowance_exceeded"] = count
        allowances.look()
    assert allowances.exceeded["bw_in_allowance_exceeded"] == 15


def test_other_drivers_have_no_such_counters() -> None:
    allowances = Allowances(Driver(rx_packets=5))
    allowances.look()
    assert not allowances.present
    assert not any(allowances.exceeded.values())


@pytest.mark.parametrize("interface", [name for _, name in socket.if_nameindex()])
def test_the_kernel_understands_the_question(interface: str) -> None:
    """Any driver's counters will do: names are text, values are counts."""
    try:
        found = statistics(interface)
    except OSError as refusal:
        if refusal.errno != errno.EOPNOTSUPP:
            raise
        return
    assert all(name.isprintable() and name for name in found)

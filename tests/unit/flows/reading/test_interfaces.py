"""An interface is an exporter by an address that can be read back."""

from __future__ import annotations

import pytest
from flowlens.flows.reading.interfaces import address, described

NAMES = (
    "eni-0a1b2c3d4e5f60718",
    "eni-0a1b2c3d",
    "tgw-attach-0123456789abcdef0",
    "fl-00000000000000001",
    "nat-0123456789abcdef0",
)


@pytest.mark.parametrize("name", NAMES)
def test_account_and_interface_can_be_read_back(name: str) -> None:
    assert described(address(999_999_999_999, name)) == f"{name} in 999999999999"
    assert described(address(7, name)) == f"{name} in 000000000007"


def test_no_two_share_an_address() -> None:
    odd = ("", "eni-", "an interface", "an interfacf", "nat-0a1b2c3d", "eni-0A1B2C3D")
    made = {address(account, name) for account in (0, 1) for name in (*NAMES, *odd)}
    assert len(made) == 2 * len(NAMES + odd)
    assert {described(address(1, name)) for name in odd} == {None}
    assert [described(exporter) for exporter in ("192.0.2.1", "2001:db8::1", "nonsense")] == [None] * 3

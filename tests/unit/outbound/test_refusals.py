"""URLs that lead inside are refused before anything connects, however they are spelt."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from flowlens.model.errors import Invalid, Refused, Unreachable
from flowlens.outbound import pinned
from flowlens.outbound.addresses import Judge
from flowlens.outbound.client import Client, Limits, Question, Rules

from tests.unit.outbound.spellings import INSIDE, INSIDE_V6, urls, wrapped

NUMERIC = socket.getaddrinfo


class Connected(Exception):
    """Something connected that should not have."""


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Where anything connected to, refused on the spot."""
    made: list[object] = []

    def refuse(_self: socket.socket, address: object) -> None:
        made.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    return made


def names(monkeypatch: pytest.MonkeyPatch, **answers: list[list[str]]) -> None:
    """Names with the addresses that each look-up gives; a number stands for itself."""

    def look_up(host: str, port: int, **options: int) -> object:
        if host.partition(".")[0] in answers:
            told = answers[host.partition(".")[0]]
            found = told.pop(0) if len(told) > 1 else told[0]
            return [one for address in found for one in NUMERIC(address, port, **options)]
        return NUMERIC(host, port, **options, flags=socket.AI_NUMERICHOST)

    monkeypatch.setattr(pinned, "getaddrinfo", look_up)


def fate(url: str, rules: Rules | None = None) -> str:
    try:
        Client(rules or Rules(), Limits(connect=1, total=2)).ask(Question(url=url))
    except (Refused, Unreachable) as error:
        return error.reason
    return "answered"


def test_no_spelling_of_an_inner_address_is_connected_to(
    connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = [["127.0.0.1"]]
    names(monkeypatch, localhost=inner, LOCALHOST=inner, **{"ip6-localhost": [["::1"]]})
    corpus = urls()
    assert len(set(corpus)) >= 300
    fates = {url: fate(url) for url in corpus}
    assert connections == []
    assert {url for url, what in fates.items() if what not in ("url", "scheme", "address", "name")} == set()
    assert sum(what == "address" for what in fates.values()) >= 250  # most by what they resolve to, not by their looks


def test_controls_are_connected_to_and_where_they_were_judged(
    connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, example=[["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]])
    for url in (
        "https://example.test/",
        "https://8.8.8.8:8443/hook",
        "https://[2606:4700::1111]/",
        "https://134744072/",
    ):
        assert fate(url) == "connection"
    hosts = [address[:2] for address in connections if isinstance(address, tuple)]
    assert hosts == [
        ("93.184.215.14", 443),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", 443),
        ("8.8.8.8", 8443),
        ("2606:4700::1111", 443),
        ("8.8.8.8", 443),
    ]


@pytest.mark.parametrize("inner", ["127.0.0.1", "169.254.169.254", "10.0.0.5", "::1", "::ffff:10.0.0.5", "fd00::1"])
def test_a_name_with_one_inner_address_is_refused(
    inner: str, connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for found in ([inner], ["93.184.215.14", inner], [inner, "93.184.215.14"]):
        names(monkeypatch, two=[found])
        assert fate("https://two.faces.test/") == "address"
    assert connections == []


def test_a_name_that_changes_its_mind_is_held_to_its_first_word(
    connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, rebinding=[["93.184.215.14"], ["127.0.0.1"], ["169.254.169.254"]])
    assert fate("https://rebinding.test/") == "connection"
    assert connections == [("93.184.215.14", 443)]
    assert fate("https://rebinding.test/") == "address"
    assert connections == [("93.184.215.14", 443)]


def test_an_operator_opens_networks_by_name_but_metadata_only_by_address(connections: list[object]) -> None:
    rules = Rules.of("10.0.0.0/8, 169.254.0.0/16 fd00::/8 0.0.0.0/0", plain=True)
    assert fate("http://10.0.0.5/", rules) == fate("https://[::ffff:10.0.0.5]/", rules) == "connection"
    for address in ("169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "168.63.129.16"):
        assert fate(f"https://{address}/", rules) == "address"
    assert len(connections) == 2
    assert fate("https://169.254.169.254/", Rules.of("169.254.169.254/32")) == "connection"


def test_every_inner_address_is_closed_and_so_is_what_hides_it() -> None:
    judge = Judge()
    assert not [address for address in INSIDE + INSIDE_V6 if judge.opens(ip_address(address))]
    forms = [form.strip("[]") for address in INSIDE for form in wrapped(address)]
    assert not [form for form in forms if judge.opens(ip_address(form))]
    assert judge.opens(ip_address("::ffff:8.8.8.8"))
    assert judge.opens(ip_address("64:ff9b::808:808"))


def test_what_is_no_network_is_named() -> None:
    with pytest.raises(Invalid, match=r"10\.0\.0\.1/8"):
        Judge.of("10.0.0.1/8")

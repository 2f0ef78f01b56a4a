"""The filter language: what it means, where it goes wrong, what it suggests."""

from __future__ import annotations

import numpy as np
import pytest
from flowlens.assets.attributes import KNOWN
from flowlens.flows import ports
from flowlens.topology.nodes import Attribute
from flowlens.topology.query.completing import Known, complete, quoted, written
from flowlens.topology.query.faults import Misread
from flowlens.topology.query.matching import Matter, needs_edges, of_assets, of_edges
from flowlens.topology.query.parsing import parse
from flowlens.topology.query.terms import Part
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.topology.maps import arrows

_SAID = {
    "environment": {"10.1.0.1": "production", "10.1.0.2": "production", "10.2.0.1": "test"},
    "name": {"10.1.0.1": "billing-db-1", "10.2.0.1": "billing-web-7"},
    "tag:pci": {"10.1.0.2": "yes"},
}
# The n-th carries n octets, in n flows, and is known by rung 1 + n % 4.
_MAP = "10.1.0.1>10.1.0.2/5432 10.2.0.1>10.1.0.1/443 10.1.0.2>8.8.8.8/53 10.2.0.1>8.8.4.4/8443 10.9.0.1>10.2.0.1/22"


def query(text: str) -> Part:
    found = parse(text, KNOWN)
    assert found is not None
    return found


def matter() -> Matter:
    assets, edges = arrows(_MAP)
    names = list(dict.fromkeys(end for word in _MAP.split() for end in word.split("/")[0].split(">")))

    def attribute(name: str) -> Attribute:
        said = _SAID.get(name, {})
        values = sorted(set(said.values()))
        codes = [values.index(said[one]) if one in said else -1 for one in names]
        return Attribute(name, np.array(codes, np.int64), values)

    now = float(np.datetime64("2026-11-23T11:00:00", "us").astype(np.int64))
    return Matter(assets, edges, attribute, {"plant 2": 2}, ports.name, now)


def edges(text: str) -> list[int]:
    return (1 + np.flatnonzero(of_edges(query(text), matter()))).tolist()


def assets(text: str) -> list[int]:
    return (1 + np.flatnonzero(of_assets(query(text), matter()))).tolist()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("env=production", [1, 2, 3]),
        ("env=PROD*", [1, 2, 3]),
        ("env=prod", []),
        ("env~prod", [1, 2, 3]),
        ("env!=production", [4, 5]),
        ("client.env=test and server.env=production", [2]),
        ("src.env=test dst.env=production", [2]),
        ('env=""', [3, 4, 5]),  # an end of which nothing is said
        ("tag:pci=yes", [1, 3]),
        ("name=billing-*", [1, 2, 4, 5]),
        ("name = *-7", [2, 4, 5]),
        ("internal", [1, 2, 5]),
        ("not internal", [3, 4]),
        ("external", [3, 4]),
        ("client.internal and server.external", [3, 4]),
        ("address=10.1.0.0/24", [1, 2, 3]),
        ("ip in (10.9.0.1, 8.8.8.0/24)", [3, 5]),
        ("server.cidr=10.1.0.0/24", [1, 2]),
        ("space=1", [1, 2, 3, 4, 5]),
        ('space="Plant 2"', []),
        ("port in (443, 8443)", [2, 4]),
        ("port not in (443, 8443)", [1, 3, 5]),
        ("port=400-6000", [1, 2]),
        ("port>=443", [1, 2, 4]),
        ("port < 53", [5]),
        ("protocol=tcp", [1, 2, 3, 4, 5]),
        ("proto=17", []),
        ("service=https", [2]),
        ("service=post*", [1]),
        ("evidence in (flags, initiator)", [1, 4, 5]),
        ("bytes > 3", [4, 5]),
        ("bytes < 0.003 kB", [1, 2]),
        ("bytes >= 5B", [5]),
        ("packets <= 4", [1, 2]),
        ("flows=2", [2]),
        ("first_seen > 2026-11-23T10:00:03Z", [4, 5]),
        ("last_seen < 2026-11-23T10:00:04", [1]),
        ("age > 59m", [1, 2, 3, 4, 5]),
        ("idle < 3591 s", [5]),
        ("env=test or port=53 and bytes>100", [2, 4, 5]),
        ("(env=test or port=53) and not port=22", [2, 3, 4]),
        ("not not port=22", [5]),
        ("10.2.0.0/16", [2, 4, 5]),
        ("8443", [4]),
        ("postgres", [1]),
        ("billing-w", [2, 4, 5]),
        ("8.8", [3, 4]),
        ("ssh or domain", [3, 5]),
    ],
)
def test_what_a_query_finds(text: str, wanted: list[int]) -> None:
    assert edges(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),  # in order: 10.1.0.1 10.1.0.2 10.2.0.1 8.8.8.8 8.8.4.4 10.9.0.1
    [
        ("env=production", [1, 2]),
        ("env!=production", [3, 4, 5, 6]),
        ("external", [4, 5]),
        ("port=53", [2, 4]),
        ("not port=53", [1, 3, 5, 6]),
        ("server.env=production", [1, 2, 3]),
        ("internal and port in (443, 8443)", [1, 3]),
        ("billing", [1, 3]),
    ],
)
def test_which_assets_it_finds(text: str, wanted: list[int]) -> None:
    assert assets(text) == wanted


def test_only_what_asks_about_dependencies_needs_them() -> None:
    assert not needs_edges(query("env=prod and not internal and web"))
    assert needs_edges(query("env=prod and port=1"))
    assert needs_edges(query("client.env=prod"))


def test_nothing_is_no_query() -> None:
    assert parse("  ", KNOWN) is None


@pytest.mark.parametrize(
    ("text", "at", "end", "said"),
    [
        ("env=prod and", 12, 12, "missing"),
        ("(env=prod", 0, 1, "never closed"),
        ("env=prod)", 8, 9, "closes nothing"),
        ("colour=red", 0, 6, "no field 'colour'"),
        ("client.port=4", 0, 11, "no field"),
        ("port=http", 5, 9, "a port is a number"),
        ("port=70000", 5, 10, "between 0 and 65535"),
        ("port in (443", 12, 12, "must follow"),
        ("port not in 443", 9, 11, None),
        ("bytes > many", 8, 12, "must be a number"),
        ("bytes > 1 parsec", None, None, None),  # another word to look for
        ("address=prod", 8, 12, "an address or a network"),
        ("env<prod", 3, 4, "no order"),
        ("port~44", 4, 5, "no text"),
        ("internal=yes", 8, 9, "stands by itself"),
        ("env:prod", 0, 8, "write env=prod"),
        ("env", 0, 3, "needs a comparison"),
        ('name="open', 5, 10, "never closed"),
        ("first_seen>yesterday", 11, 20, "a time is written"),
        ("evidence=rumour", 9, 15, "evidence is one of"),
        ("protocol=300", 9, 12, "a protocol is"),
        ("= 4", 0, 1, "missing"),
        ("or", 0, 2, "missing"),
        ("(" * 60 + "a" + ")" * 60, 40, 41, "too many brackets"),
        (" ".join(["a"] * 101), 200, 201, "at most 100"),
    ],
)
def test_a_fault_says_where_it_is(text: str, at: int | None, end: int | None, said: str | None) -> None:
    if at is None:
        assert parse(text, KNOWN) is not None
        return
    with pytest.raises(Misread, match=said) as caught:
        parse(text, KNOWN)
    assert (caught.value.at, caught.value.end) == (at, end) or said is None


@given(st.text(alphabet='envport=(),"<>~! andinotclient.10/*\\é\x00-', max_size=60))
def test_any_text_is_a_query_or_a_fault_within_it(text: str) -> None:
    try:
        found = parse(text, KNOWN)
    except Misread as fault:
        where = [0, fault.at, fault.end, len(text)]
        found = None
    else:
        where = [0, 0]
    assert where == sorted(where)
    assert found is None or len(of_edges(found, matter())) == 5


@given(st.text(min_size=1, max_size=30).filter(str.isprintable))
def test_what_is_quoted_means_itself(value: str) -> None:
    for spelled in (quoted(value), written(value)):
        term = query(f"name={spelled}")
        assert getattr(term, "values", None) == (value,), spelled


def suggested(text: str, cursor: int | None = None) -> list[str]:
    values = {"environment": ["production", "test", "staging area"], "protocol": ["tcp", "udp"]}
    known = Known(KNOWN, lambda name, _sort: values.get(name, []))
    at = len(text) if cursor is None else cursor
    return [text[: one.at] + one.text + text[at:] for one in complete(text, at, known)]


def test_fields_are_suggested_then_comparisons_then_values_then_joins() -> None:
    assert "environment" in suggested("")
    assert suggested("envi")[0] == "environment"
    assert suggested("environment")[0] == "environment="
    assert suggested("env ") == ["env =", "env !=", "env in (", "env ~"]
    assert suggested("env=") == ["env=production", "env=test", 'env="staging area"']
    assert suggested("env=pro") == ["env=production"]
    assert suggested("env=area") == ['env="staging area"']
    assert suggested('env="stag') == ['env="staging area"']
    assert suggested("env not in (test, pr") == ["env not in (test, production"]
    assert suggested("env=test a")[0] == "env=test and"
    assert suggested("client.en") == ["client.environment"]
    assert "client.port" not in suggested("client.")
    assert suggested("internal ")[:2] == ["internal and", "internal or"]
    assert suggested("env=test and n")[-1] == "env=test and not"
    assert suggested("protocol=")[0] == "protocol=tcp"
    assert suggested("dc")[0].startswith("dc")


def test_a_word_in_the_middle_is_completed_where_it_stands() -> None:
    assert suggested("env=pro and port=443", 7) == ["env=production and port=443"]


@given(st.text(alphabet='envport=(),"<>~! andinot.client', max_size=40), st.integers(0, 40))
def test_whatever_is_typed_gets_suggestions_and_no_error(text: str, cursor: int) -> None:
    for one in complete(text, min(cursor, len(text)), Known(KNOWN, lambda _name, _sort: ["a b"])):
        assert 0 <= one.at <= one.end <= len(text)

"""Countries and organisations of the Internet, through the API: grouping, folding, filter, asset, completion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from functions.api.shapes.topology import Topology
from tests.databases import countries, organisations
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask


@pytest.fixture
def databases(tmp_path: Path) -> None:
    """Where the API looks for them."""
    countries(tmp_path / "geography" / "country.mmdb", {"8.8.0.0/16": "United States US", "5.9.0.0/16": "Germany DE"})
    organisations(tmp_path / "geography" / "asn.mmdb", {"8.8.0.0/16": "Google LLC", "5.9.0.0/16": "Hetzner"})


@pytest.fixture
def outside(estate: Estate) -> None:
    for server in ("8.8.8.8", "8.8.4.4", "5.9.1.1", "93.184.216.34"):
        estate.depends(f"10.1.0.1 > {server}", 443)


def shown(ask: Ask, **query: object) -> dict[str, int]:
    """Assets by the id of the node, without the address space."""
    reply = ask("/topology", query)
    assert reply.status == 200, reply.body
    Topology.model_validate(reply.json(), extra="forbid")
    nodes: dict[str, Any] = reply.json()["nodes"]
    return {id_.rpartition("@")[0]: count for id_, count in zip(nodes["id"], nodes["assets"], strict=True)}


@pytest.mark.usefixtures("databases", "outside")
def test_the_internet_opens_by_country_then_organisation_then_host(ask: Ask) -> None:
    assert shown(ask) == {"10.1.0.0/24": 1, "internet": 4}
    us = "country=United States"
    by_country = {"country=Germany": 1, us: 2, "country=unknown": 1}
    assert shown(ask, expand="internet") == {"10.1.0.0/24": 1, **by_country}
    found = shown(ask, expand=["internet", us])
    assert found[f"{us}&organisation=Google LLC"] == 2
    assert {"8.8.8.8", "8.8.4.4"} <= shown(ask, expand=["internet", us, f"{us}&organisation=Google LLC"]).keys()


@pytest.mark.usefixtures("databases", "outside")
def test_all_is_grouped_by_country_and_people_know_better_than_databases(ask: Ask, estate: Estate) -> None:
    estate.depends("10.1.0.1 > 10.2.0.1", 5432)
    rule = {"network": "5.9.1.0/24", "attributes": {"country": "Austria"}}
    assert ask("/classification-rules", method="POST", body=rule).status == 201
    found = shown(ask, group="country")
    assert found == {"country=": 2, "country=Austria": 1, "country=United States": 2, "country=unknown": 1}


@pytest.mark.usefixtures("databases", "outside")
def test_a_query_and_its_completion_know_them(ask: Ask) -> None:
    found = shown(ask, q="server.org=google*", group="none")
    assert set(found) == {"10.1.0.1", "8.8.8.8", "8.8.4.4"}
    completed = ask("/query/completions", {"q": "country=", "at": 8}).json()
    assert {"Germany", "United States"} <= {one["text"].strip('"') for one in completed["suggestions"]}


@pytest.mark.usefixtures("databases", "outside")
def test_an_asset_says_that_a_database_tells_it(ask: Ask) -> None:
    (asset,) = ask("/assets", {"q": "8.8.8.8"}).json()["items"]
    assert asset["attributes"] == {"country": "United States", "organisation": "Google LLC"}
    why = ask(f"/assets/{asset['id']}").json()["why"]
    assert [(one["attribute"], one["said"]["database"], one["said"]["rule_id"]) for one in why] == [
        ("country", True, None),
        ("organisation", True, None),
    ]


@pytest.mark.usefixtures("outside")
def test_without_a_database_the_internet_opens_into_hosts_and_nothing_is_said(ask: Ask) -> None:
    assert {"8.8.8.8", "5.9.1.1"} <= shown(ask, expand="internet").keys()
    assert shown(ask, group="country") == {"country=": 1, "internet": 4}
    assert ask("/geography").json() == {"databases": [], "problem": None}


@pytest.mark.usefixtures("databases", "outside")
def test_the_databases_are_named_with_what_they_tell(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "geography" / "broken.mmdb").write_bytes(b"nothing")
    found = ask("/geography").json()["databases"]
    assert [(one["name"], one["tells"], one["problem"] is None) for one in found] == [
        ("asn.mmdb", ["organisation"], True),
        ("broken.mmdb", [], False),
        ("country.mmdb", ["country"], True),
    ]


@pytest.mark.usefixtures("databases", "outside")
def test_a_saved_view_misses_no_country_that_is_there(ask: Ask) -> None:
    state = {"g": "country", "q": "country=Germany or country=Atlantis"}
    made = ask("/views", method="POST", body={"name": "abroad", "map": state})
    assert made.status == 201, made.body
    gone = ask(f"/views/{made.json()['id']}").json()["gone"]
    assert [one["name"] for one in gone] == ["country=Atlantis"]

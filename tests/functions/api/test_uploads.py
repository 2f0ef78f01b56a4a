"""Uploads are announced by who may, with an audit line, and signed for one key, one size and ten minutes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from flowlens.model.errors import Forbidden
from flowlens.services import uploads
from flowlens.store.connection import Connection
from flowlens.store.uploads import MAX_OCTETS

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask
from tests.functions.api.test_limits import limited
from tests.functions.api.test_sources import audit
from tests.postgres import TENANT

FILE = {"name": "office.pcapng", "octets": 1234}
NEEDED = ("sources:read", "sources:write", "data:import")


@pytest.mark.parametrize("lacking", [None, *NEEDED[1:]])
def test_who_may_not_import_flows_announces_none(gateway: Ask, estate: Estate, lacking: str | None) -> None:
    if lacking is None:
        assert gateway("/uploads", method="POST", body=FILE).status == 401
        return
    some = gateway.as_(estate.token(*(name for name in NEEDED if name != lacking)))
    assert some("/uploads", method="POST", body=FILE).status == 403


def test_what_another_tenant_uploads_is_not_there(ask: Ask, gateway: Ask, foreign: Estate) -> None:
    other = gateway.as_(foreign.administrator())
    made = other("/uploads", method="POST", body=FILE).json()
    assert ask("/uploads").json() == {"items": []}
    assert ask(f"/uploads/{made['upload']['id']}").status == 404


def test_a_form_is_signed_for_one_key_one_size_and_ten_minutes(ask: Ask, estate: Estate) -> None:
    reply = ask("/uploads", method="POST", body=FILE)
    assert reply.status == 201
    made = reply.json()
    id = made["upload"]["id"]
    policy = json.loads(base64.b64decode(made["fields"]["policy"]))
    assert {"bucket": "flow-logs"} in policy["conditions"]
    assert {"key": f"uploads/{TENANT}/{id}"} in policy["conditions"]
    assert ["content-length-range", 1, 1234] in policy["conditions"]
    left = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert 500 < left.total_seconds() <= 600
    assert "x-amz-signature" in made["fields"]
    assert (made["url"], made["upload"]["state"]) == ("/uploads", "expected")
    assert ask(f"/uploads/{id}").json() == made["upload"] == ask("/uploads").json()["items"][0]
    event = audit(estate)[-1]
    assert event[1:3] == ("upload.create", f"upload {id}")


def test_what_is_too_large_or_too_much_is_refused(ask: Ask) -> None:
    large = ask("/uploads", method="POST", body={**FILE, "octets": MAX_OCTETS + 1})
    assert (large.status, "flowlens import" in large.json()["detail"]) == (422, True)
    answers = [ask("/uploads", method="POST", body=FILE).status for _ in range(21)]
    assert answers == [201] * 20 + [409]


def test_who_sees_only_some_networks_uploads_nothing(owner: Connection) -> None:
    ada = limited({"networks": ["10.0.0.0/8"]})
    with pytest.raises(Forbidden, match="any network"):
        uploads.begin(owner, ada, "flow-logs", name="a.pcap", octets=1)

"""The demo's VPC is a log that the reader of VPC logs understands whole, and says what a map wants to know."""

from __future__ import annotations

import io

import numpy as np
from flowlens.flows.conversations import Origin, fold
from flowlens.flows.reading import About, reader
from flowlens.flows.reading.tally import Tally
from flowlens.flows.sightings import Kind

from cdk.local.demo.vpc import Shop

AT = 1_790_000_000_000


def test_its_log_is_read_whole_with_attempts_silence_and_what_else_it_says() -> None:
    shop, tally = Shop(7), Tally()
    _, data = shop.log(60.0, AT)
    bodies = list(reader(io.BytesIO(data), About()).read(io.BytesIO(data), About(), tally))
    assert (dict(tally.unreadable), tally.counts["rejected"], tally.counts["nodata"]) == ({}, 2, 1)
    said = {one.kind for body in bodies for one in body.sightings}
    assert said >= {Kind.AWS_INSTANCE, Kind.ECS_SERVICE, Kind.AWS_SERVICE, Kind.PATH, Kind.VIA, Kind.AWS_SUBNET}
    edges = set()
    for body in bodies:
        zeros = np.zeros(len(body.exporters), np.int64)
        rows = fold(body.columns, Origin(zeros, zeros)).rows
        edges |= set(zip(rows["client_low"].tolist(), rows["server_low"].tolist(), rows["port"].tolist(), strict=True))
    mapped = 0xFFFF << 32
    links = {
        (mapped | int(ln.client.address), mapped | int(ln.server.address), ln.service.port)
        for ln in shop.traffic._links
    }
    assert edges == links


def test_the_same_seed_tells_the_same_and_each_delivery_has_its_own_key() -> None:
    one, other = Shop(7), Shop(7)
    assert [one.log(second, AT) for second in (20.0, 40.0)] == [other.log(second, AT) for second in (20.0, 40.0)]
    assert one.log(60.0, AT)[0] != one.log(60.0, AT)[0]

"""What a cloud's flags prove about who asked."""

from __future__ import annotations

import io
from pathlib import Path

from flowlens.flows.columns import Format
from flowlens.flows.direction import Evidence, decide
from flowlens.flows.files import aws_vpc
from flowlens.flows.reading import About
from flowlens.flows.reading.tally import Tally

LOG = Path(__file__).parents[3] / "data" / "files" / "aws_vpc" / "tcp-flags-v3.log"


def test_syn_with_ack_is_the_servers_side_in_any_number_of_packets() -> None:
    (body,) = aws_vpc.read(io.BytesIO(LOG.read_bytes()), About(), Tally())
    direction = decide(body.columns)
    assert direction.forward.tolist() == [True, False, False]  # 2, 18 and 19
    assert direction.evidence.tolist() == [Evidence.FLAGS] * 3


def test_it_proves_nothing_in_flags_that_are_added_up() -> None:
    (body,) = aws_vpc.read(io.BytesIO(LOG.read_bytes()), About(), Tally())
    body.columns.values["format"][:] = Format.IPFIX
    assert decide(body.columns).evidence.tolist()[2] != Evidence.FLAGS

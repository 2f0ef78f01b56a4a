"""What reads flow logs: streams of bytes become tables of cells, cells become columns, nothing is trusted."""

from __future__ import annotations

from dataclasses import dataclass

from flowlens.kit.family import Family

FILES = Family("flowlens.flows.files")


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a log besides its content, from its name or from whoever subscribed it."""

    account: int = 0  # the AWS account, where no field says it
    log: str = ""  # the flow log's id, fl-…
    fields: tuple[str, ...] = ()  # the stored format's, for text without a header line

"""The rules by which a disagreement with another tool is explained: each changes what is compared, and has a name."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.valid import Flow

FILE = Path(__file__).parents[1] / "data" / "fuzz" / "disagreements.toml"
Both = tuple[list[Flow], list[Flow]]


@dataclass(frozen=True, slots=True)
class Rule:
    """For captures of these protocols; `ours` and `theirs` say what becomes of a flow, None that it is left out."""

    tool: str
    protocols: frozenset[str]
    ours: Callable[[Flow], Flow | None]
    theirs: Callable[[Flow], Flow | None]


def _same(flow: Flow) -> Flow:
    return flow


def _duration(flow: Flow) -> Flow:
    return flow._replace(start=0, end=flow.end - flow.start)


def _timeless(flow: Flow) -> Flow:
    return flow._replace(start=0, end=0)


def _without_icmp(flow: Flow) -> Flow:
    return flow._replace(dst_port=0, src_port=0, icmp=0) if flow.protocol in (1, 58) else flow


def _in_order(flow: Flow) -> Flow:
    return flow._replace(start=min(flow.start, flow.end), end=max(flow.start, flow.end))


def _flagless(flow: Flow) -> Flow:
    return flow._replace(flags=0)


def _four(flow: Flow) -> Flow | None:
    return None if ":" in flow.src else flow


_IPFIX = frozenset({"ipfix", "biflow"})
_TEMPLATED = _IPFIX | {"v9"}
_NETFLOW = _TEMPLATED | {"v5"}
RULES = {
    "tshark-durations": Rule("tshark", _NETFLOW, _duration, _same),
    "tshark-icmp": Rule("tshark", _NETFLOW, _without_icmp, _without_icmp),
    "tshark-sample-clock": Rule("tshark", frozenset({"sflow"}), _timeless, _same),
    "nfdump-icmp": Rule("nfdump", _TEMPLATED | {"sflow"}, _without_icmp, _without_icmp),
    "nfdump-ipfix-uptimes": Rule("nfdump", _IPFIX, _same, _in_order),
    "nfdump-biflow-flags": Rule("nfdump", frozenset({"biflow"}), _flagless, _flagless),
    "sfcapd-clock": Rule("nfdump", frozenset({"sflow"}), _timeless, _timeless),
    "sfcapd-without-ipv6": Rule("nfdump", frozenset({"sflow"}), _four, _same),
}


def explained(tool: str, protocol: str, both: Both) -> tuple[Both, set[str]]:
    """What is left to compare when the rules of this tool are applied, and which of them changed something."""
    used = set[str]()
    for name, rule in RULES.items():
        if rule.tool == tool and protocol in rule.protocols:
            changed = tuple(
                [one for flow in flows if (one := change(flow)) is not None]
                for flows, change in zip(both, (rule.ours, rule.theirs), strict=True)
            )
            if changed != both:
                used.add(name)
            both = changed[0], changed[1]
    return both, used


def reasons(tool: str) -> dict[str, str]:
    """The rules of a tool as the file explains them."""
    return {name: said["reason"] for name, said in tomllib.loads(FILE.read_text()).items() if said["tool"] == tool}

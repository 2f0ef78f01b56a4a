"""A tiny notation for maps: `10.0.0.1>10.0.0.2:443` is a client that depends on a server's port."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address

import numpy as np
from flowlens.topology.addresses import halves
from flowlens.topology.edges import Assets, Edges
from flowlens.topology.folding import folding
from flowlens.topology.grouping import Grouping, hosts, networks, values
from flowlens.topology.nodes import Attribute
from flowlens.topology.places import Place, parse
from flowlens.topology.views import Shown, show

_START = np.datetime64("2026-11-23T10:00:00", "us")


def addresses(texts: Sequence[str], spaces: Sequence[int] | None = None) -> Assets:
    """Assets with ids from 1, in the order given."""
    pairs = [halves(network) for network in (parse(str(ip_address(t))).network for t in texts) if network is not None]
    return Assets(
        np.arange(1, len(texts) + 1),
        np.array(spaces or [1] * len(texts), np.int64),
        np.array([high for high, _, _ in pairs], np.uint64),
        np.array([low for _, low, _ in pairs], np.uint64),
    )


def arrows(text: str, spaces: Sequence[int] | None = None) -> tuple[Assets, Edges]:
    """The n-th dependency carries n octets in n flows; `spaces` gives each one its address space."""
    words = text.split()
    spaces = spaces or [1] * len(words)
    known: dict[tuple[str, int], int] = {}
    rows = []
    for word, space in zip(words, spaces, strict=True):
        client, _, rest = word.partition(">")
        server, _, port = rest.partition("/")
        ends = [known.setdefault((end, space), len(known)) for end in (client, server)]
        rows.append((*ends, int(port or 443)))
    return addresses([a for a, _ in known], [s for _, s in known]), edges(np.array(rows, np.int64).reshape(-1, 3))


def edges(rows: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> Edges:
    """Of rows of client, server and port."""
    size = np.arange(1, len(rows) + 1)
    return Edges(
        size,
        rows[:, 0],
        rows[:, 1],
        np.ones(len(rows), np.int64),
        np.full(len(rows), 6),
        rows[:, 2],
        1 + size % 4,
        size,
        size * 2,
        size,
        _START + size.astype("timedelta64[s]"),
        _START + (size * 2).astype("timedelta64[s]"),
    )


def by(grouped: bool, expanded: Sequence[Place] = ()) -> Callable[[Assets], Grouping]:
    return (lambda assets: networks(assets, expanded)) if grouped else hosts


def by_site(sites: Sequence[str | None], expanded: Sequence[Place] = ()) -> Callable[[Assets], Grouping]:
    """Grouped by the site that each asset has, in the order of their ids."""
    names = sorted({site for site in sites if site})
    codes = np.array([names.index(site) if site else -1 for site in sites], np.int64)
    return lambda assets: values(assets, [Attribute("site", codes[assets.id - 1], names)], expanded)


def folded_by_site(every: Assets, sites: Sequence[str | None], *opened: str) -> Callable[[Assets], Grouping]:
    """The same, with the smallest groups of all assets folded into one."""
    names, expanded = sorted({site for site in sites if site}), [parse(one) for one in opened]
    codes = np.array([names.index(site) if site else -1 for site in sites], np.int64)
    by = folding(every, [Attribute("site", codes, names)], expanded)
    return lambda assets: values(assets, [one.take(assets.id - 1) for one in by], expanded)


def drawn(shown: Shown) -> list[str]:
    """The shown edges in words, the strongest first."""
    ids = shown.nodes.ids()
    ends = zip(shown.edges.client.tolist(), shown.edges.server.tolist(), strict=True)
    return [f"{ids[client]}>{ids[server]}" for client, server in ends]


def draw(text: str, *, grouped: bool = True, expand: Sequence[str] = (), limit: int = 500) -> list[str]:
    return drawn(show(*arrows(text), by(grouped, [parse(place) for place in expand]), limit=limit))

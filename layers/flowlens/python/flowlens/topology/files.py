"""Links and nodes of a map as the text of a file, JSON or GraphML, part by part: every link, then every node."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import orjson

Row = dict[str, object]
ENDS = tuple(f"{end}{what}" for end in ("client", "server") for what in ("", "_kind", "_address_space", "_assets"))
CARRIED = (
    *("service", "protocol", "port", "dependencies", "octets", "packets", "flows"),
    *("evidence", "first_seen", "last_seen"),
)
_NODE = ("label", "kind", "address_space", "assets", "internal")
_LONG = frozenset(("protocol", "port", "dependencies", "octets", "packets", "flows", "assets"))
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # not even escaped


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows [start, end) of a file of so many links, then the nodes."""

    start: int
    end: int
    links: int
    total: int

    @property
    def turns(self) -> bool:
        """Do the nodes begin in it?"""
        return self.start <= self.links and (self.end > self.links or self.total == self.links)


def as_json(about: Row, links: Sequence[Row], nodes: Sequence[Row], stretch: Stretch) -> bytes:
    return b"".join(_json(about, links, nodes, stretch))


def _json(about: Row, links: Sequence[Row], nodes: Sequence[Row], stretch: Stretch) -> Iterator[bytes]:
    if stretch.start == 0:
        yield b'{"about":' + orjson.dumps(about) + b',\n"links":[\n'
    kept = ("source", "target", *CARRIED)
    for at, link in enumerate(links, start=stretch.start):
        yield (b",\n" if at else b"") + orjson.dumps({name: link[name] for name in kept})
    if stretch.turns:
        yield b'\n],\n"nodes":[\n'
    for at, node in enumerate(nodes, start=max(stretch.start - stretch.links, 0)):
        yield (b",\n" if at else b"") + orjson.dumps(node)
    if stretch.end == stretch.total:
        yield b"\n]}\n"


def as_graphml(about: Row, links: Sequence[Row], nodes: Sequence[Row], stretch: Stretch) -> bytes:
    return "".join(f"{line}\n" for line in _graphml(about, links, nodes, stretch)).encode()


def _graphml(about: Row, links: Sequence[Row], nodes: Sequence[Row], stretch: Stretch) -> Iterator[str]:
    if stretch.start == 0:
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        for of, names in (("node", _NODE), ("edge", CARRIED)):
            yield from (f'<key id="{of[0]}_{n}" for="{of}" attr.name="{n}" attr.type="{_type(n)}"/>' for n in names)
        yield '<graph edgedefault="directed">'
        yield f"<desc>{_text(' · '.join(f'{name}: {value}' for name, value in about.items()))}</desc>"
    for link in links:
        ends = f'source="{_text(link["source"])}" target="{_text(link["target"])}"'
        yield f"<edge {ends}>{_data('e', link, CARRIED)}</edge>"
    for node in nodes:
        yield f'<node id="{_text(node["id"])}">{_data("n", node, _NODE)}</node>'
    if stretch.end == stretch.total:
        yield "</graph>"
        yield "</graphml>"


def _type(name: str) -> str:
    return "long" if name in _LONG else "boolean" if name == "internal" else "string"


def _data(of: str, row: Row, names: Sequence[str]) -> str:
    told = ((name, row[name]) for name in names if row[name] is not None)
    return "".join(f'<data key="{of}_{name}">{_text(value)}</data>' for name, value in told)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(_NO_XML.sub("", str(value)))

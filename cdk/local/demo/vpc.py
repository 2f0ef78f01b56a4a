"""The demo's VPC: a shop on AWS whose network interfaces log what passes them, as lines of VPC Flow Logs."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Address

from cdk.local.demo.estate import Asset, Estate, Link, Service, build
from cdk.local.demo.flow import TCP, UDP, Conversation, Flow
from cdk.local.demo.traffic import Traffic, probe

SITE = "vpc"
EVERY = 20.0  # seconds from one delivery to the next
_ACCOUNT, _VPC = "123456789012", "vpc-0a1b2c3d4e5f60718"
_FIELDS = (
    "version account-id interface-id instance-id vpc-id subnet-id az-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr "
    "srcport dstport protocol packets bytes start end action log-status tcp-flags flow-direction traffic-path "
    "pkt-dst-aws-service ecs-cluster-name ecs-service-name reject-reason"
)
TIERS = {"lb": 2, "web": 6, "api": 8, "db": 2, "cache": 2, "nat": 1}
_TASKS = ("web", "api")  # run in containers; the database and the cache are managed
_HTTPS = Service("https", TCP, 443, 10, 26, 180, 1100)
_HTTP = Service("http", TCP, 8080, 10, 60, 160, 900)
_MYSQL = Service("mysql", TCP, 3306, 8, 30, 190, 640)
_REDIS = Service("redis", TCP, 6379, 12, 14, 110, 240)
_DNS = Service("dns", UDP, 53, 4, 2, 72, 180)
_INTERNET, _GATEWAY, _SITES = "8", "7", "3"  # traffic-path: internet gateway, gateway endpoint, virtual private gateway
_S3 = Asset("s3", "out", "s3", IPv4Address("192.52.193.200"))
_INITIATOR, _ANSWER = "3", "19"  # SYN and FIN; SYN with ACK, and FIN


@dataclass(slots=True)
class Shop:
    """`log` gives what its interfaces saw since it was last asked, the same for the same seed."""

    seed: int
    assets: dict[IPv4Address, Asset] = field(init=False)
    traffic: Traffic = field(init=False)
    _delivered: int = 0

    def __post_init__(self) -> None:
        own = {tier: list(_tier(tier, count, third)) for third, (tier, count) in enumerate(TIERS.items())}
        self.assets = {IPv4Address(a.address): a for tier in own.values() for a in tier}
        links = tuple(_links(own, build(self.seed)))
        self.traffic = Traffic(Estate(tuple(self.assets.values()), links), self.seed)

    def log(self, second: float, at: int) -> tuple[str, bytes]:
        """Key and content of the object with what ended by `second` of the play; `at` is ms since 1970."""
        rows = [row for _, talk in self.traffic.until(second) for row in self._rows(talk, at // 1000)]
        rows += self._refused(at // 1000)
        self._delivered += 1
        moment = datetime.fromtimestamp(at / 1000, UTC)
        name = (
            f"{_ACCOUNT}_vpcflowlogs_us-east-1_fl-0de0000000000000f_{moment:%Y%m%dT%H%MZ}_{self._delivered:08x}.log.gz"
        )
        key = f"AWSLogs/{_ACCOUNT}/vpcflowlogs/us-east-1/{moment:%Y/%m/%d}/{name}"
        return key, gzip.compress("\n".join([_FIELDS, *rows, ""]).encode(), mtime=0)

    def _rows(self, talk: Conversation, end: int) -> Iterator[str]:
        """Each interface at an end notes each direction; that of the NAT gateway what goes out through it."""
        for flow in talk.flows(end * 1000):
            for address, way in ((flow.source, "egress"), (flow.destination, "ingress")):
                asset = self.assets.get(IPv4Address(address))
                if asset is not None:
                    yield self._row(asset, flow, way)
        client = self.assets.get(IPv4Address(talk.client))
        if client is not None and client.tier == "api" and talk.server != _S3.address and talk.port == 443:
            (nat,) = (asset for asset in self.assets.values() if asset.tier == "nat")
            sent = next(iter(talk.flows(end * 1000)))
            yield self._row(nat, sent, "ingress", dstaddr=str(nat.address))

    def _row(self, asset: Asset, flow: Flow, way: str, **other: str) -> str:
        task = asset.tier in _TASKS
        zone = int(asset.address) % 2
        said = {
            **_interface(asset),
            "subnet-id": f"subnet-0a1b2c3d4e5f6{int(asset.address) >> 8 & 0xFF:03x}{zone}",
            "az-id": f"use1-az{zone + 1}",
            "srcaddr": str(flow.source),
            "dstaddr": str(flow.destination),
            "pkt-srcaddr": str(flow.source),
            "pkt-dstaddr": str(flow.destination),
            "srcport": str(flow.source_port),
            "dstport": str(flow.destination_port),
            "protocol": str(flow.protocol),
            "packets": str(flow.packets),
            "bytes": str(flow.octets),
            "start": str(flow.start // 1000),
            "end": str(flow.end // 1000),
            "action": "ACCEPT",
            "tcp-flags": (_INITIATOR if flow.initiator else _ANSWER) if flow.protocol == TCP else "0",
            "flow-direction": way,
            "traffic-path": self._path(flow) if way == "egress" else "-",
            "pkt-dst-aws-service": "S3" if flow.destination == _S3.address else "-",
            "ecs-cluster-name": "shop" if task else "-",
            "ecs-service-name": f"shop-{asset.tier}" if task else "-",
        } | other
        return " ".join(said.get(name, "-") for name in _FIELDS.split())

    def _path(self, flow: Flow) -> str:
        if IPv4Address(flow.destination) in self.assets:
            return "1"
        if flow.destination == _S3.address:
            return _GATEWAY
        return _SITES if IPv4Address(flow.destination).is_private else _INTERNET

    def _refused(self, end: int) -> list[str]:
        """Somebody out there tries the load balancers' SSH; and an interface that had nothing to say."""
        balancers = [asset for asset in self.assets.values() if asset.tier == "lb"]
        stranger = IPv4Address("192.88.99.66")
        tried = [
            probe(stranger, one.address, client_port=40_000 + self._delivered % 1000, port=22, answered=False)
            for one in balancers
        ]
        rows = [
            self._row(one, next(iter(t.flows(end * 1000))), "ingress", action="REJECT", **{"tcp-flags": "2"})
            for one, t in zip(balancers, tried, strict=True)
        ]
        silent = {**_interface(balancers[-1]), "interface-id": "eni-0deadbeef00000001", "start": str(end - 20)}
        silent |= {"end": str(end), "log-status": "NODATA"}
        return [*rows, " ".join(silent.get(name, "-") for name in _FIELDS.split())]


def _interface(asset: Asset) -> dict[str, str]:
    number = int(asset.address)
    instance = f"i-0{number:016x}" if asset.tier in ("lb", *_TASKS) else "-"
    said = {"version": "7", "account-id": _ACCOUNT, "vpc-id": _VPC, "log-status": "OK"}
    return said | {"interface-id": f"eni-0{number:016x}", "instance-id": instance}


def _tier(tier: str, count: int, third: int) -> Iterator[Asset]:
    for number in range(1, count + 1):
        yield Asset(f"vpc-{tier}-{number:02}", SITE, tier, IPv4Address(f"10.64.{third}.{9 + number}"))


def _links(own: dict[str, list[Asset]], others: Estate) -> Iterator[Link]:
    """Visitors come in, tasks use what they need, partners and S3 are called, a datacenter is reached over a VPN."""
    for number, visitor in enumerate(others.at("out", "visitor")[:8]):
        yield Link(visitor, own["lb"][number % 2], _HTTPS, SITE)
    for number, web in enumerate(own["web"]):
        yield Link(own["lb"][number % 2], web, _HTTP, SITE)
        for api in own["api"][number % 4 :: 4]:
            yield Link(web, api, _HTTP, SITE)
    names, partners = others.at("ams", "dns"), others.at("out", "partner")
    for number, api in enumerate(own["api"]):
        yield Link(api, own["db"][number % 2], _MYSQL, SITE)
        yield Link(api, own["cache"][number % 2], _REDIS, SITE)
        yield Link(api, names[number % len(names)], _DNS, SITE)
        yield Link(api, partners[number % 2] if number % 2 else _S3, _HTTPS, SITE)
    for number, app in enumerate(others.at("ams", "app")[:4]):
        yield Link(app, own["api"][number], _HTTP, SITE)

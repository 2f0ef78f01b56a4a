"""The demo's estate: about 300 assets in tiers, three datacenters, an acquired company, and who depends on whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from random import Random

from cdk.local.demo.flow import TCP, UDP, Address

ACQUIRED = "Borealis"  # the company that also uses 10.20.0.0/16


class Rhythm(Enum):
    """When a dependency is busy."""

    DAY = "day"
    FLAT = "flat"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Asset:
    """`site` is ams, fra, nyc, bor (the acquired company), or out (not ours)."""

    name: str
    site: str
    tier: str
    address: Address


@dataclass(frozen=True, slots=True)
class Service:
    """What one end asks of the other: the mean size of a conversation, and how often it happens."""

    name: str
    protocol: int
    port: int
    per_minute: float
    packets: float
    octets_sent: float  # a packet
    octets_back: float
    rhythm: Rhythm = Rhythm.DAY


@dataclass(frozen=True, slots=True)
class Link:
    """A dependency: `client` uses `service` of `server`, and `exporter` sees it."""

    client: Asset
    server: Asset
    service: Service
    exporter: str


@dataclass(frozen=True, slots=True)
class Exporter:
    """A simulated device: what it speaks, from which loopback address, for which address space, 1 packet in `rate`."""

    name: str
    speaks: str
    address: str
    space: str | None = None
    rate: int = 1


@dataclass(frozen=True, slots=True)
class Estate:
    assets: tuple[Asset, ...]
    links: tuple[Link, ...]

    def at(self, site: str, tier: str) -> list[Asset]:
        return [a for a in self.assets if (a.site, a.tier) == (site, tier)]


EXPORTERS = (
    Exporter("ams-core-1", "netflow9", "127.0.10.1"),
    Exporter("fra-core-1", "ipfix", "127.0.10.2"),
    Exporter("nyc-edge-1", "netflow5", "127.0.10.3"),
    Exporter("ams-tor-1", "sflow5", "127.0.10.4", rate=32),
    Exporter("borealis-core-1", "netflow9", "127.0.10.5", space=ACQUIRED, rate=8),
    Exporter("borealis-fw-1", "ipfix", "127.0.10.6", space=ACQUIRED),
)

_HTTPS = Service("https", TCP, 443, 8, 24, 180, 1100)
_WEB = Service("http", TCP, 8080, 10, 240, 160, 900)
_GRPC = Service("grpc", TCP, 50051, 6, 160, 220, 420)
_POSTGRES = Service("postgres", TCP, 5432, 8, 30, 190, 640)
_MYSQL = Service("mysql", TCP, 3306, 8, 26, 170, 560)
_REDIS = Service("redis", TCP, 6379, 12, 14, 110, 240)
_KAFKA = Service("kafka", TCP, 9092, 5, 40, 700, 120, Rhythm.FLAT)
_REPLICATION = Service("replication", TCP, 5432, 5, 90, 90, 1100, Rhythm.FLAT)
_DNS = Service("dns", UDP, 53, 4, 2, 72, 180, Rhythm.FLAT)
_NTP = Service("ntp", UDP, 123, 2, 1, 76, 76, Rhythm.FLAT)
_LDAPS = Service("ldaps", TCP, 636, 2, 14, 210, 380)
_NODES = Service("node metrics", TCP, 9100, 3, 12, 120, 1200, Rhythm.FLAT)
_SYSLOG = Service("syslog", UDP, 514, 3, 4, 260, 0, Rhythm.FLAT)
_BACKUP = Service("backup", TCP, 873, 12, 2400, 1400, 60, Rhythm.NIGHT)
REPORTING = Service("reporting", TCP, 5432, 20, 60, 210, 1200, Rhythm.FLAT)

TIERS = ("lb", "web", "app", "db", "cache", "queue", "dns", "ntp", "ldap", "mon", "backup", "user", "staging", "dev")
_SIZES = {
    "ams": (4, 18, 30, 12, 8, 4, 2, 1, 2, 2, 1, 20, 6, 6),
    "fra": (3, 12, 20, 8, 4, 3, 2, 1, 2, 1, 1, 14, 4, 0),
    "nyc": (2, 6, 10, 4, 2, 2, 1, 1, 1, 1, 1, 12, 4, 4),
    "bor": (2, 8, 10, 5, 3, 0, 1, 1, 1, 1, 1, 12, 0, 0),
}
NETWORKS = {"ams": 10, "fra": 20, "nyc": 30, "bor": 20}  # the second octet: fra and bor overlap
_INSTANCES = (_POSTGRES, _POSTGRES, _MYSQL)


def build(seed: int) -> Estate:
    """The estate of a seed: the same seed gives the same assets and links."""
    random = Random(seed)  # noqa: S311 (a simulation, not a secret)
    assets = [*_own(), *_others()]
    estate = Estate(tuple(assets), ())
    links = dict.fromkeys(link for site in _SIZES for link in _site(estate, site, random))
    return Estate(estate.assets, tuple(links))


def _own() -> Iterator[Asset]:
    for site, sizes in _SIZES.items():
        for third, (tier, size) in enumerate(zip(TIERS, sizes, strict=True), 1):
            for number in range(1, size + 1):
                address = IPv4Address(f"10.{NETWORKS[site]}.{third}.{9 + number}")
                yield Asset(f"{site}-{tier}-{number:02}", site, tier, address)
    for number in range(1, 5):  # fra's newest service is IPv6 only
        yield Asset(f"fra-app6-{number:02}", "fra", "app6", IPv6Address(f"fd20::3:{number}"))
        yield Asset(f"fra-db6-{number:02}", "fra", "db6", IPv6Address(f"fd20::4:{number}"))


def _others() -> Iterator[Asset]:
    """The Internet: special-purpose networks (RFC 7526, 7450) that are public, and yet nobody's."""
    for number in range(1, 7):
        yield Asset(f"partner-{number:02}", "out", "partner", IPv4Address(f"192.52.193.{number * 8}"))
    for number in range(1, 21):
        yield Asset(f"visitor-{number:02}", "out", "visitor", IPv4Address(f"192.88.99.{number * 11}"))


def exporter(client: Asset, server: Asset, service: Service) -> str:
    """Which device is on the path. Each link has one, so that nothing is counted twice."""
    sites = {client.site, server.site} - {"out"}
    if "bor" in sites:
        return "borealis-fw-1" if {client.site, server.site} & {"out"} else "borealis-core-1"
    if sites == {"ams"} and service in (_WEB, _GRPC):
        return "ams-tor-1"
    return {"ams": "ams-core-1", "fra": "fra-core-1", "nyc": "nyc-edge-1"}[min(sites)]


def _site(estate: Estate, site: str, random: Random) -> Iterator[Link]:
    yield from _applications(estate, site, random)
    yield from _data(estate, site)
    yield from _shared(estate, site)
    yield from _people(estate, site, random)


def _applications(estate: Estate, site: str, random: Random) -> Iterator[Link]:
    """Applications: load balancer, web, app, database, cache, queue; a database cluster has one primary."""
    apps, databases = estate.at(site, "app"), estate.at(site, "db")
    caches, queues = estate.at(site, "cache"), estate.at(site, "queue")
    balancers, webs = estate.at(site, "lb"), estate.at(site, "web")
    for number, web in enumerate(webs):
        yield link(balancers[number % len(balancers)], web, _WEB)
        for app in _some(random, _share(apps, number, len(webs)) or apps, 2):
            yield link(web, app, _WEB)
    for number, app in enumerate(apps):
        cluster = number * (len(databases) // 2) // len(apps)
        yield link(app, databases[cluster * 2], _INSTANCES[cluster % len(_INSTANCES)])
        yield link(app, caches[number % len(caches)], _REDIS)
        if queues and number % 2 == 0:
            yield link(app, queues[number % len(queues)], _KAFKA)
        if number % 3 == 0:
            yield link(app, random.choice([a for a in apps if a != app]), _GRPC)


def _data(estate: Estate, site: str) -> Iterator[Link]:
    """Replicas, the newest service, which is IPv6 only, and what is not production."""
    databases, newest = estate.at(site, "db"), estate.at(site, "app6")
    for primary, replica in zip(databases[::2], databases[1::2], strict=False):
        yield link(replica, primary, _REPLICATION)
    for number, (app, database) in enumerate(zip(newest, estate.at(site, "db6"), strict=True)):
        yield link(app, database, _POSTGRES)
        yield link(newest[number - 1], app, _GRPC)
    for tier in ("staging", "dev"):
        for machine in estate.at(site, tier):
            yield link(machine, databases[-1], _POSTGRES)


def _shared(estate: Estate, site: str) -> Iterator[Link]:
    """What every machine uses: names, time, directory, monitoring, logs; and backups by night."""
    names, clocks, directories = (estate.at(site, tier) for tier in ("dns", "ntp", "ldap"))
    monitors, vaults = estate.at(site, "mon"), estate.at(site, "backup")
    machines = [a for a in estate.assets if a.site == site and a.address.version == 4]
    for number, machine in enumerate(machines):
        if machine.tier not in ("dns", "ntp"):
            yield link(machine, names[number % len(names)], _DNS)
        if machine.tier not in ("ntp", "user"):
            yield link(machine, clocks[0], _NTP)
        if machine.tier in ("app", "user", "staging", "dev"):
            yield link(machine, directories[number % len(directories)], _LDAPS)
        if machine.tier in ("lb", "web", "app", "db", "cache", "queue"):
            yield link(monitors[0], machine, _NODES)
        if machine.tier in ("lb", "web", "db"):
            yield link(machine, monitors[-1], _SYSLOG)
        if machine.tier == "db":
            yield link(machine, vaults[0], _BACKUP)


def _people(estate: Estate, site: str, random: Random) -> Iterator[Link]:
    """Users and visitors come through the load balancers; some applications call partners; sites call each other."""
    balancers, apps = estate.at(site, "lb"), estate.at(site, "app")
    for number, user in enumerate(estate.at(site, "user")):
        yield link(user, balancers[number % len(balancers)], _HTTPS)
    for visitor in _some(random, estate.at("out", "visitor"), 10):
        yield link(visitor, random.choice(balancers), _HTTPS)
    for partner in _some(random, estate.at("out", "partner"), 2):
        yield link(random.choice(apps), partner, _HTTPS)
    if site in ("fra", "nyc"):  # the smaller sites follow the first one's databases
        for near, far in zip(estate.at(site, "db")[::2], estate.at("ams", "db")[::2], strict=False):
            yield link(near, far, _REPLICATION)


def link(client: Asset, server: Asset, service: Service) -> Link:
    return Link(client, server, service, exporter(client, server, service))


def _share(assets: Sequence[Asset], number: int, of: int) -> list[Asset]:
    """The part of `assets` that belongs to number `number` of `of`."""
    return list(assets[number * len(assets) // of : (number + 1) * len(assets) // of])


def _some(random: Random, assets: Sequence[Asset], count: int) -> list[Asset]:
    return random.sample(list(assets), min(count, len(assets)))

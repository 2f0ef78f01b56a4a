"""From exporters and logs to the database: collectors behind one address, and the functions that read and count."""

from __future__ import annotations

from aws_cdk import CfnOutput
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from cdk import manifest
from cdk.config import Settings
from cdk.constructs.code import Layers, collector_program
from cdk.constructs.collector import Collector, Outfit
from cdk.constructs.errand import Errand
from cdk.constructs.feed import Feed
from cdk.constructs.front import Front
from cdk.constructs.journal import Journal
from cdk.constructs.log_groups import LogGroups
from cdk.constructs.task import Task
from cdk.parts import Parts
from cdk.stacks.data import Data
from cdk.stacks.network import Network
from cdk.stacks.room import Room


class Ingest(Room):
    """Collectors are spread over the zones; `tasks` are the functions that streams, queues and logs wake."""

    def __init__(
        self, scope: Construct, name: str, *, network: Network, data: Data, parts: Parts, settings: Settings
    ) -> None:
        super().__init__(scope, name, settings=settings)
        self.collectors = self._collectors(network, data, parts, settings)
        self.front = self._front(network, settings)
        layers = Layers(self, "layers", parts=parts)
        woken = {one.function for one in (*manifest.MAPPINGS, *manifest.QUEUE_SOURCES)}
        woken |= {declared.name for declared in manifest.FUNCTIONS if declared.on_failure}
        self.tasks = {
            declared.name: Task(self, declared, place=data.place, layers=layers)
            for declared in manifest.FUNCTIONS
            if declared.name in woken
        }
        for mapping in manifest.MAPPINGS:
            Feed(self, mapping, task=self.tasks[mapping.function], holdings=data.place.holdings)
        for source in manifest.QUEUE_SOURCES:
            Errand(self, source, task=self.tasks[source.function], holdings=data.place.holdings)
        LogGroups(self, "log-groups", task=self.tasks["logs.hear"], holdings=data.place.holdings, settings=settings)
        CfnOutput(
            self,
            "CollectorAddress",
            value=self.front.balancer.load_balancer_dns_name,
            description="Where to point exporters: NetFlow and IPFIX to UDP 2055 or 4739, sFlow to UDP 6343",
        )

    def _front(self, network: Network, settings: Settings) -> Front:
        return Front(
            self,
            "front",
            vpc=network.vpc,
            subnets=network.subnets,
            group=network.balancer,
            behind=network.collectors,
            exporters=settings.exporter_cidrs,
            collectors=[collector.group for collector in self.collectors],
        )

    def _collectors(self, network: Network, data: Data, parts: Parts, settings: Settings) -> list[Collector]:
        outfit = Outfit(
            vpc=network.vpc,
            group=network.collectors,
            holdings=data.place.holdings,
            packages=assets.Asset(self, "packages", path=str(parts.collector)),
            program=collector_program(self, "program"),
            log=Journal(self, "collector-log", days=settings.log_days).group,
            settings=settings,
        )
        zones = network.vpc.select_subnets(
            subnet_type=network.subnets.subnet_type,
        ).subnets
        return [
            Collector(self, f"collector-{n}", subnet=zones[n % len(zones)], outfit=outfit)
            for n in range(settings.collectors)
        ]

"""The address that exporters send to."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from cdk import manifest
from cdk.constructs.acknowledge import acknowledge

HEALTH_PORT = int(str(manifest.COLLECTOR["COLLECTOR_HEALTH_PORT"]))
UDP_PORTS = tuple(
    int(port)
    for name in ("COLLECTOR_NETFLOW_PORTS", "COLLECTOR_SFLOW_PORTS")
    for port in str(manifest.COLLECTOR[name]).split(",")
)


class Front(Construct):
    """A network load balancer: the exporter's own address reaches the collector, and one exporter stays with one
    collector, which therefore knows its templates."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        group: ec2.SecurityGroup,
        behind: ec2.SecurityGroup,
        exporters: Sequence[str],
        collectors: Sequence[autoscaling.AutoScalingGroup],
    ) -> None:
        super().__init__(scope, name)
        self._admit(group, behind, exporters)
        self.balancer = elb.NetworkLoadBalancer(
            self,
            "balancer",
            vpc=vpc,
            vpc_subnets=subnets,
            internet_facing=False,
            security_groups=[group],
            cross_zone_enabled=True,
        )
        acknowledge(
            self.balancer,
            {"AwsSolutions-ELB2": "A network load balancer logs TLS connections only; these are datagrams."},
        )
        self.targets = [self._listen(port, vpc, collectors) for port in UDP_PORTS]

    def _listen(
        self, port: int, vpc: ec2.IVpc, collectors: Sequence[autoscaling.AutoScalingGroup]
    ) -> elb.NetworkTargetGroup:
        targets = elb.NetworkTargetGroup(
            self,
            f"targets-{port}",
            vpc=vpc,
            port=port,
            protocol=elb.Protocol.UDP,
            target_type=elb.TargetType.INSTANCE,
            preserve_client_ip=True,
            connection_termination=True,  # a steady exporter never ends its "connection" by itself
            deregistration_delay=Duration.seconds(30),
            health_check=elb.HealthCheck(
                protocol=elb.Protocol.HTTP, port=str(HEALTH_PORT), path="/healthz", interval=Duration.seconds(10)
            ),
        )
        targets.set_attribute("stickiness.enabled", "true")
        targets.set_attribute("stickiness.type", "source_ip")
        for collector in collectors:
            collector.attach_to_network_target_group(targets)
        self.balancer.add_listener(
            f"udp-{port}",
            port=port,
            protocol=elb.Protocol.UDP,
            default_action=elb.NetworkListenerAction.forward([targets]),
        )
        return targets

    def _admit(self, group: ec2.SecurityGroup, behind: ec2.SecurityGroup, exporters: Sequence[str]) -> None:
        for port in UDP_PORTS:
            for cidr in exporters:
                peer = ec2.Peer.ipv6(cidr) if ":" in cidr else ec2.Peer.ipv4(cidr)
                group.add_ingress_rule(peer, ec2.Port.udp(port), "flow exporters")
            group.add_egress_rule(behind, ec2.Port.udp(port), "collectors")
            behind.add_ingress_rule(group, ec2.Port.udp(port), "flow exporters, through the load balancer")
        group.add_egress_rule(behind, ec2.Port.tcp(HEALTH_PORT), "health of the collectors")
        behind.add_ingress_rule(group, ec2.Port.tcp(HEALTH_PORT), "the load balancer's health check")

"""The pages, and the address that people open."""

from __future__ import annotations

from aws_cdk import CfnOutput
from constructs import Construct

from cdk.config import Settings
from cdk.constructs.front import UDP_PORTS
from cdk.constructs.site import Behind, Site
from cdk.constructs.web_acl import WebAcl
from cdk.parts import Parts
from cdk.stacks.api import Api
from cdk.stacks.data import Data
from cdk.stacks.ingest import Ingest
from cdk.stacks.room import Room


class Pages(Room):
    """One name for the pages and the API, so that a browser needs no permission to go from one to the other."""

    def __init__(
        self, scope: Construct, name: str, *, data: Data, api: Api, ingest: Ingest, parts: Parts, settings: Settings
    ) -> None:
        super().__init__(scope, name, settings=settings)
        domain = f"{api.http.api_id}.execute-api.{self.region}.{self.url_suffix}"
        facts: dict[str, str | int] = {
            "api": "/api/v1",
            "collectorHost": ingest.front.balancer.load_balancer_dns_name,
            "netflowPort": UDP_PORTS[0],
            "ipfixPort": UDP_PORTS[1],
            "sflowPort": UDP_PORTS[2],
        }
        behind = Behind(
            api=domain,
            secret=data.secrets["origin"].secret_value_from_json("key").unsafe_unwrap(),  # CloudFormation resolves it
            uploads=data.flow_logs.bucket.bucket_regional_domain_name,
        )
        self.acl = WebAcl(self, "web-acl", settings=settings).arn if settings.web_acl == "own" else settings.web_acl
        self.site = Site(self, "site", pages=parts.site, facts=facts, behind=behind, settings=settings, acl=self.acl)
        CfnOutput(self, "AppUrl", value=self.site.url, description="FlowLens")

"""What the API's Lambda reads from its environment; cdk/manifest.py gives exactly this."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """Names of things; the things hold the secrets."""

    database_secret: str
    flow_sources_table: str
    throttles_table: str
    quotas: str  # as access/quotas.py reads them
    sealing_secret: str  # the key of what people's secrets are sealed with
    outbound_function: str  # which asks others for us
    visit_role: str  # that function's, which roles of other accounts are to trust
    visit_function: str  # which goes to where feeds' logs lie, and looks there for a trial
    origin_secret: str  # by which it is known that CloudFront asks, and so who asks it
    factors_secret: str  # what the seeds of second factors are derived with
    flow_logs_queue: str  # where the reader of flow logs is told of objects
    log_events_stream: str  # where pushed log entries wait to be read
    visits_queue: str  # of feeds that are to be visited
    visits_table: str  # what came of the last visit of each feed
    log_buckets: str  # the names of those that a feed's trial may read, with commas; ours, for uploads, first
    log_tenant: UUID  # whose they are
    heads_url: str  # where signed heads of audit trails are
    signing_key: str  # whose signatures they bear
    geography_url: str  # where databases of addresses are: s3://bucket/prefix or file:///directory


@cache
def settings() -> Settings:
    return Settings()

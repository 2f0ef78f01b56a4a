/** What was refused, and where flow logs come from. */

import type { Attempt, Feed, FeedTrust, Trial } from "../src/api/types";

export const ATTEMPTS: Attempt[] = Array.from({ length: 12 }, (_, n) => ({
  id: 12 - n,
  address_space_id: 1,
  client: `10.3.0.${10 + n}`,
  server: "10.1.30.12",
  protocol: 6,
  port: n === 11 ? 0 : n % 3 === 0 ? 22 : 5432,
  first_seen: "2026-11-20T08:15:00Z",
  last_seen: "2026-11-22T09:00:00Z",
  flows: 41 + n,
  packets: 123,
  octets: 7380,
  allowed: n % 4 === 0,
  reasons: n === 2 ? ["BPA"] : [],
}));

export const FEEDS: Feed[] = [
  {
    id: 1,
    kind: "aws_s3",
    name: "prod VPCs",
    note: "",
    settings: { bucket: "flow-logs", prefix: "AWSLogs/", account: "", log_format: "" },
    state: "active",
    version: 1,
    created_at: "2026-11-20T08:15:00Z",
    last_read: "2026-11-22T09:58:00Z",
    last_data: "2026-11-22T09:52:00Z",
    delay_seconds: 372.5,
    logs: 288,
    lines: 812_340,
    flows: 790_112,
    counts: { flows: 790_112, rejected: 20_210, nodata: 2010 },
    unreadable: { number: 8 },
    examples: { number: ["2 123456789012 eni-0a 10.0.0.1 10.0.0.2 x 443 6 1 40 1 2 ACCEPT OK"] },
    interfaces: 1,
    nodata_seconds: 720,
    skipped: 3,
    has_secret: false,
    visit: null,
  },
  {
    id: 2,
    kind: "gcp_storage",
    name: "Google, shop project",
    note: "",
    settings: {
      bucket: "shop-flow-logs",
      prefix: "compute.googleapis.com/vpc_flows/",
      hours: 24,
      account: "flowlens-read@shop.iam.gserviceaccount.com",
      storage: "https://storage.googleapis.com",
      authority: "https://oauth2.googleapis.com/token",
    },
    state: "active",
    version: 1,
    created_at: "2026-11-20T08:15:00Z",
    last_read: "2026-11-22T09:10:00Z",
    last_data: "2026-11-22T08:59:00Z",
    delay_seconds: 1_910,
    logs: 24,
    lines: 190_112,
    flows: 188_005,
    counts: { flows: 188_005, rejected: 2107 },
    unreadable: {},
    examples: {},
    interfaces: 0,
    nodata_seconds: 0,
    skipped: 0,
    has_secret: true,
    visit: {
      at: "2026-11-22T09:55:00Z",
      waiting: 2,
      problem: "quota",
      detail: "Google asks us to come less often: it is tried again",
    },
  },
];

FEEDS.push({
  ...FEEDS[0]!,
  id: 3,
  kind: "aws_role",
  name: "payments account",
  settings: {
    role: "arn:aws:iam::210987654321:role/flowlens-read-logs",
    bucket: "payments-flow-logs",
    region: "eu-west-1",
    prefix: "AWSLogs/210987654321/vpcflowlogs/eu-west-1/",
    hours: 24,
    account: "",
    log_format: "",
  },
  unreadable: {},
  examples: {},
  interfaces: 0,
  visit: {
    at: "2026-11-22T09:55:00Z",
    waiting: 0,
    problem: "role_denied",
    detail: "the role does not exist, or does not trust FlowLens with this feed's external id",
  },
});

FEEDS.push({
  ...FEEDS[2]!,
  id: 6,
  name: "payments, log group",
  kind: "aws_role_logs",
  settings: {
    role: "arn:aws:iam::210987654321:role/flowlens-read-logs",
    log_group: "/vpc/flow-logs",
    region: "eu-west-1",
    prefix: "",
    hours: 1,
    log_format: "",
  },
  visit: { at: "2026-11-22T09:55:00Z", waiting: 0, problem: "", detail: "" },
});

FEEDS.push({
  ...FEEDS[0]!,
  id: 4,
  kind: "gcp_pubsub",
  name: "shop, seconds old",
  settings: {
    account: "flowlens-push@shop.iam.gserviceaccount.com",
    subscription: "projects/shop/subscriptions/flowlens",
    issuer: "https://accounts.google.com",
  },
  delay_seconds: 14,
  logs: 1_430,
  lines: 52_110,
  flows: 51_992,
  counts: { flows: 51_992, rejected: 118 },
  unreadable: {},
  examples: {},
  interfaces: 0,
  visit: null,
});

FEEDS.push({
  ...FEEDS[1]!,
  id: 5,
  kind: "azure_blob",
  name: "Azure, virtual networks",
  settings: {
    container: "https://shopflows.blob.core.windows.net/insights-logs-flowlogflowevent",
    prefix: "",
    hours: 24,
    directory: "",
    client: "",
    authority: "https://login.microsoftonline.com",
  },
  visit: { at: "2026-11-22T09:57:00Z", waiting: 0, problem: "", detail: "" },
});

const STATEMENT = {
  Effect: "Allow",
  Principal: { AWS: "arn:aws:iam::123456789012:root" },
  Action: "sts:AssumeRole",
  Condition: {
    StringEquals: {
      "aws:PrincipalArn": "arn:aws:iam::123456789012:role/flowlens-prod-outbound-visit-eu-west-1",
      "sts:ExternalId": "5d8f0c1e-3f0b-4a3c-9d55-0f0c7b1f6a2e",
    },
  },
};
const TRUSTING = { Version: "2012-10-17", Statement: [STATEMENT] };
const RIGHTS = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::payments-flow-logs/AWSLogs/210987654321/vpcflowlogs/eu-west-1/*",
    },
    {
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::payments-flow-logs",
      Condition: { StringLike: { "s3:prefix": "AWSLogs/210987654321/vpcflowlogs/eu-west-1/*" } },
    },
  ],
};

export const TRUST: FeedTrust = {
  role: "arn:aws:iam::210987654321:role/flowlens-read-logs",
  trusted: "arn:aws:iam::123456789012:role/flowlens-prod-outbound-visit-eu-west-1",
  external_id: "5d8f0c1e-3f0b-4a3c-9d55-0f0c7b1f6a2e",
  trust_policy: TRUSTING,
  rights_policy: RIGHTS,
  template: {
    AWSTemplateFormatVersion: "2010-09-09",
    Resources: {
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          RoleName: "flowlens-read-logs",
          AssumeRolePolicyDocument: TRUSTING,
          Policies: [{ PolicyName: "read-flow-logs", PolicyDocument: RIGHTS }],
        },
      },
    },
  },
};

export const COVERAGE = [
  {
    exporter: "fd1c:be99:1a14:1000:a1b2:c3d4:e5f6:a7b8",
    interface: "eni-0a1b2c3d4e5f6a7b8 in 123456789012",
    nodata: 12,
    nodata_seconds: 720,
    skipped: 3,
    latest: "2026-11-22T09:00:00Z",
  },
];

const SPAN = { first_seen: "2026-11-20T08:15:00Z", last_seen: "2026-11-22T09:52:00Z" };

export const SIGHTINGS = {
  assets: [
    { kind: "aws_instance", value: "i-0123456789abcdef0", ...SPAN },
    { kind: "ecs_service", value: "shop", ...SPAN },
    { kind: "dns_name", value: "shop.example.com", ...SPAN },
  ],
  dependencies: [
    { kind: "path", value: "internet gateway", ...SPAN },
    { kind: "via", value: "10.0.7.7", ...SPAN },
  ],
};

export const TRIAL: Trial = {
  name: "s3://flow-logs/AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/11/22/a.log.gz",
  problem: "",
  detail: "",
  format: "aws_vpc",
  whole: true,
  fields: ["version", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "end", "action"],
  lacking: ["tcp-flags", "pkt-srcaddr", "pkt-dstaddr", "flow-direction"],
  lines: 1204,
  flows: 1190,
  counts: { lines: 1204, flows: 1190, rejected: 11 },
  unreadable: { number: 3 },
  examples: { number: ["2 eni-0a 10.0.0.1 10.0.0.2 x 443 6 1795715878 ACCEPT"] },
  exporters: 12,
  first: "2026-11-22T09:50:00Z",
  last: "2026-11-22T09:55:00Z",
};

export const KINDS = [
  {
    name: "aws_s3",
    brief: "AWS, bucket",
    label: "AWS flow logs in an S3 bucket",
    secret: "",
    visited: false,
    pushed: "",
    form: {
      required: ["bucket"],
      properties: {
        bucket: { title: "Bucket", description: "The bucket that logs are delivered to" },
        log_format: { title: "Log format", description: "For text without a header line" },
      },
    },
  },
  {
    name: "aws_role",
    brief: "AWS, bucket by role",
    label: "AWS flow logs in a bucket of another account, read by a role of that account",
    secret: "",
    visited: true,
    pushed: "",
    form: {
      required: ["role", "bucket", "region"],
      properties: {
        role: {
          title: "Role",
          type: "string",
          description: "its ARN: arn:aws:iam::210987654321:role/flowlens-read-…, whether it exists yet or not",
        },
        bucket: { title: "Bucket", type: "string", description: "name of the S3 bucket" },
        region: { title: "Region", type: "string", description: "of the bucket, such as eu-west-1" },
        prefix: {
          title: "Prefix",
          type: "string",
          default: "",
          description: "only objects whose key begins with this, such as AWSLogs/210987654321/vpcflowlogs/eu-west-1/",
        },
      },
    },
  },
  {
    name: "gcp_storage",
    brief: "Google, bucket",
    label: "Google Cloud flow logs in a bucket of Cloud Storage, which a log sink writes",
    secret: "The key file of a service account that may read the bucket, all of its JSON",
    visited: true,
    pushed: "",
    form: {
      required: ["bucket"],
      properties: {
        bucket: { title: "Bucket", type: "string", description: "that the log sink writes to" },
        prefix: {
          title: "Prefix",
          type: "string",
          default: "compute.googleapis.com/vpc_flows/",
          description:
            "only objects whose name begins with this; a sink's begin with compute.googleapis.com/vpc_flows/",
        },
        hours: {
          title: "Hours back",
          type: "integer",
          default: 24,
          description: "how much of what is there already is read at first",
        },
        account: {
          title: "Service account",
          type: "string",
          default: "",
          description: "its address, where the key must be of that one; empty: of whichever the key file names",
        },
      },
    },
  },
  {
    name: "gcp_pubsub",
    brief: "Google, pushed",
    label: "Google Cloud flow logs that a subscription of Pub/Sub pushes within seconds",
    secret: "",
    visited: false,
    pushed: "pubsub",
    form: {
      required: ["account"],
      properties: {
        account: {
          title: "Service account",
          type: "string",
          description: "whose tokens the subscription pushes with: flowlens-push@PROJECT.iam.gserviceaccount.com",
        },
        subscription: {
          title: "Subscription",
          type: "string",
          default: "",
          description: "projects/PROJECT/subscriptions/NAME: messages of others are refused; empty: whatever it pushes",
        },
        issuer: {
          title: "Issuer",
          type: "string",
          default: "https://accounts.google.com",
          description: "who signs the tokens, when it is not Google's own sign-in",
        },
      },
    },
  },
  {
    name: "azure_blob",
    brief: "Azure, container",
    label: "Azure flow logs in a container of Azure Storage, fetched as they grow",
    secret: "A shared access signature of the container (list and read), or the application's client secret",
    visited: true,
    pushed: "eventgrid",
    form: {
      required: ["container"],
      properties: {
        container: {
          title: "Container",
          type: "string",
          description: "its address: https://ACCOUNT.blob.core.windows.net/insights-logs-flowlogflowevent",
        },
        directory: {
          title: "Directory (tenant) id",
          type: "string",
          default: "",
          description: "of the application; empty: by a signature",
        },
      },
    },
  },
  {
    name: "aws_role_logs",
    brief: "AWS, group by role",
    label: "AWS flow logs in a log group of another account, read by a role of that account",
    secret: "",
    visited: true,
    pushed: "",
    form: {
      required: ["role", "log_group", "region"],
      properties: {
        role: { title: "Role", type: "string", description: "its ARN, whether it exists yet or not" },
        log_group: { title: "Log group", type: "string", description: "name of the log group in CloudWatch Logs" },
        region: { title: "Region", type: "string", description: "of the log group, such as eu-west-1" },
        hours: { title: "Hours back", type: "integer", default: 1, description: "how much is read at first" },
      },
    },
  },
];

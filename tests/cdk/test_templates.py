"""The templates against the manifest, and against what we promise of everything deployed."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from flowlens.access.quotas import QUOTAS

from cdk import manifest
from cdk.constructs.task import SHARED
from cdk.constructs.web_acl import FLOOD
from cdk.local import edge
from cdk.parts import ROOT
from functions.api import deps
from tests.cdk.templates import Templates, flat

pytestmark = pytest.mark.infra

OURS_TO_ALL = {*SHARED, "POWERTOOLS_SERVICE_NAME"}
# CDK's own helpers, which carry AWS's policies; each is acknowledged with its reason.
HELPERS = ("Custom::CDKBucketDeployment", "AWSCDK.Trigger")
FUNCTIONS = {function.handler: function for function in manifest.FUNCTIONS}


def statements(templates: Templates) -> Iterator[tuple[str, dict[str, Any]]]:
    """What our own roles may do."""
    for policy in templates.of("AWS::IAM::Policy"):
        if not any(helper in policy.path for helper in HELPERS):
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                yield policy.path, statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_function_of_the_manifest_is_deployed(templates: Templates) -> None:
    assert set(templates.functions()) == set(FUNCTIONS)


@pytest.mark.parametrize("handler", FUNCTIONS)
def test_a_function_is_what_the_manifest_says(templates: Templates, handler: str) -> None:
    declared, made = FUNCTIONS[handler], templates.functions()[handler]
    assert set(made["Environment"]["Variables"]) == set(declared.environment) | OURS_TO_ALL
    assert (made["MemorySize"], made["Timeout"]) == (declared.memory, declared.timeout)
    assert made.get("ReservedConcurrentExecutions") == declared.concurrency
    assert ("VpcConfig" in made) == declared.database
    assert (made["Runtime"], made["Architectures"], len(made["Layers"])) == ("python3.13", ["arm64"], 2)
    assert made["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("declared", manifest.MAPPINGS, ids=lambda mapping: mapping.stream)
def test_a_mapping_is_finite_and_takes_partial_answers(templates: Templates, declared: manifest.EventSource) -> None:
    made = templates.one("AWS::Lambda::EventSourceMapping", f"ingest/{declared.stream}-feed").properties
    assert made["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert made["MaximumRetryAttempts"] == declared.retries
    assert made["MaximumRecordAgeInSeconds"] == declared.max_age_seconds
    assert made["BisectBatchOnFunctionError"] is declared.bisect
    assert made["BatchSize"] == declared.batch_size
    assert made["MaximumBatchingWindowInSeconds"] == declared.window_seconds
    assert made["ParallelizationFactor"] == declared.parallel
    assert declared.on_failure.replace("-", "") in flat(made["DestinationConfig"]["OnFailure"])
    assert declared.function.replace(".", "") in flat(made["FunctionName"])


@pytest.mark.parametrize("declared", manifest.TABLES, ids=lambda table: table.name)
def test_a_table_has_the_manifests_keys(templates: Templates, declared: manifest.Table) -> None:
    made = templates.one("AWS::DynamoDB::Table", declared.name).properties
    keys = {key["KeyType"]: key["AttributeName"] for key in made["KeySchema"]}
    assert keys == {"HASH": declared.partition_key} | ({"RANGE": declared.sort_key} if declared.sort_key else {})
    expiry = {"AttributeName": declared.expires, "Enabled": True}
    assert made.get("TimeToLiveSpecification") == (expiry if declared.expires else None)
    assert made["BillingMode"] == "PAY_PER_REQUEST"
    assert made["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


@pytest.mark.parametrize("declared", manifest.STREAMS, ids=lambda stream: stream.name)
def test_a_stream_grows_by_itself_and_keeps_its_records(templates: Templates, declared: manifest.Stream) -> None:
    made = templates.one("AWS::Kinesis::Stream", f"data/{declared.name}/").properties
    assert made["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert made["RetentionPeriodHours"] == declared.retention_hours


@pytest.mark.parametrize("declared", manifest.WORKFLOWS, ids=lambda workflow: workflow.name)
def test_a_workflow_is_its_file_run_by_the_clock(templates: Templates, declared: manifest.Workflow) -> None:
    made = templates.one("AWS::StepFunctions::StateMachine", declared.name).properties
    assert made["DefinitionString"] == (ROOT / f"functions/{declared.name}/workflow.asl.json").read_text()
    assert set(made["DefinitionSubstitutions"]) == set(declared.tasks)
    clock = templates.one("AWS::Scheduler::Schedule", declared.name).properties
    assert clock["ScheduleExpression"] == f"rate({declared.every_minutes} minutes)"


def test_no_action_of_ours_is_a_wildcard(templates: Templates) -> None:
    wild = [(path, action) for path, one in statements(templates) for action in listed(one["Action"]) if "*" in action]
    assert not wild


def test_every_resource_is_named_except_where_aws_has_no_name(templates: Templates) -> None:
    nameless = re.compile(r"(ec2:\w*(NetworkInterface|PrivateIpAddress|Subnet|Vpcs|FlowLogs)\w*|xray:\w+|logs:\w+)$")
    for path, one in statements(templates):
        if "*" in listed(one["Resource"]):
            assert all(nameless.match(action) for action in listed(one["Action"])), path


def test_every_log_group_forgets(templates: Templates) -> None:
    groups = templates.of("AWS::Logs::LogGroup")
    assert groups
    assert all(group.properties["RetentionInDays"] == 30 for group in groups)


def test_every_function_has_a_log_group_of_ours(templates: Templates) -> None:
    names = flat([group.properties.get("LogGroupName") for group in templates.of("AWS::Logs::LogGroup")])
    for function in templates.of("AWS::Lambda::Function"):
        assert "LoggingConfig" in function.properties or f'"Ref": "{function.name}"' in names, function.path


ENCRYPTED = {
    "AWS::Kinesis::Stream": lambda p: p["StreamEncryption"]["EncryptionType"] == "KMS",
    "AWS::DynamoDB::Table": lambda p: p["SSESpecification"]["SSEEnabled"] and p["SSESpecification"]["KMSMasterKeyId"],
    "AWS::SQS::Queue": lambda p: p["KmsMasterKeyId"],
    "AWS::SNS::Topic": lambda p: p["KmsMasterKeyId"],
    "AWS::RDS::DBCluster": lambda p: p["StorageEncrypted"] and p["KmsKeyId"],
    "AWS::SecretsManager::Secret": lambda p: p["KmsKeyId"],
    "AWS::EC2::Volume": lambda p: p["Encrypted"] and p["KmsKeyId"],
    "AWS::S3::Bucket": lambda p: p["BucketEncryption"],
}


@pytest.mark.parametrize("kind", ENCRYPTED)
def test_what_is_kept_is_encrypted(templates: Templates, kind: str) -> None:
    found = templates.of(kind)
    assert found
    assert all(ENCRYPTED[kind](resource.properties) for resource in found)


def test_no_bucket_is_public_or_speaks_without_tls(templates: Templates) -> None:
    policies = flat([policy.properties for policy in templates.of("AWS::S3::BucketPolicy")])
    for bucket in templates.of("AWS::S3::Bucket"):
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}, bucket.path
        assert f'"{bucket.name}"' in policies
    for policy in templates.of("AWS::S3::BucketPolicy"):
        assert '"aws:SecureTransport": "false"' in flat(policy.properties), policy.path


def test_the_archive_forgets_after_the_retention(templates: Templates) -> None:
    flows, all_ = templates.one("AWS::S3::Bucket", "data/archive/bucket").properties["LifecycleConfiguration"]["Rules"]
    assert (flows["ExpirationInDays"], flows["Prefix"]) == (30, "flows/")
    assert "ExpirationInDays" not in all_, "databases of addresses stay"


def test_the_database_is_reached_over_tls_by_its_proxy_only(templates: Templates) -> None:
    assert templates.one("AWS::RDS::DBProxy").properties["RequireTLS"] is True
    assert all(one.properties["PubliclyAccessible"] is False for one in templates.of("AWS::RDS::DBInstance"))
    cluster = templates.one("AWS::RDS::DBCluster").properties
    assert cluster["DeletionProtection"] is True
    assert cluster["BackupRetentionPeriod"] == 14
    parameters = templates.one("AWS::RDS::DBClusterParameterGroup").properties["Parameters"]
    assert parameters["rds.force_ssl"] == "1"
    inbound = [rule for rule in templates.of("AWS::EC2::SecurityGroupIngress") if "cluster-group" in rule.path]
    assert ["proxygroup" in flat(rule.properties["SourceSecurityGroupId"]) for rule in inbound] == [True]


def test_no_password_is_in_a_template(templates: Templates) -> None:
    for secret in templates.of("AWS::SecretsManager::Secret"):
        given = secret.properties.get("SecretString")
        assert ("GenerateSecretString" in secret.properties) != (given is not None)
        assert given is None or ":SecretString:password::}}" in flat(given)


def test_the_load_balancer_keeps_the_exporters_address(templates: Templates) -> None:
    ports = {listener.properties["Port"] for listener in templates.of("AWS::ElasticLoadBalancingV2::Listener")}
    assert ports == {2055, 4739, 6343}
    for target in templates.of("AWS::ElasticLoadBalancingV2::TargetGroup"):
        attributes = {one["Key"]: one["Value"] for one in target.properties["TargetGroupAttributes"]}
        assert target.properties["Protocol"] == "UDP"
        assert attributes["preserve_client_ip.enabled"] == "true"
        assert attributes["stickiness.type"] == "source_ip"
        assert (target.properties["HealthCheckPath"], target.properties["HealthCheckPort"]) == ("/healthz", "8080")


def test_only_the_networks_we_name_may_send_flows(templates: Templates) -> None:
    rules = templates.one("AWS::EC2::SecurityGroup", "network/balancer").properties["SecurityGroupIngress"]
    senders = {(rule["CidrIp"], rule["FromPort"]) for rule in rules}
    assert senders == {
        (cidr, port) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16") for port in (2055, 4739, 6343)
    }


def test_a_collector_is_replaced_without_its_spool(templates: Templates) -> None:
    groups = [group.properties for group in templates.of("AWS::AutoScaling::AutoScalingGroup")]
    assert [(group["MinSize"], group["MaxSize"]) for group in groups] == [("1", "1"), ("1", "1")]
    assert len(templates.of("AWS::EC2::Volume")) == len(groups)
    for template in templates.of("AWS::EC2::LaunchTemplate"):
        options = template.properties["LaunchTemplateData"]["MetadataOptions"]
        assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)


def test_the_api_is_throttled_and_below_api_only(templates: Templates) -> None:
    assert [one.properties["RouteKey"] for one in templates.of("AWS::ApiGatewayV2::Route")] == ["ANY /api/{proxy+}"]
    stage = templates.one("AWS::ApiGatewayV2::Stage").properties
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 200
    assert "$context.status" in stage["AccessLogSettings"]["Format"]


def test_the_site_shares_its_name_with_an_api_that_is_never_cached(templates: Templates) -> None:
    site = templates.one("AWS::CloudFront::Distribution").properties["DistributionConfig"]
    (behaviour,) = (one for one in site["CacheBehaviors"] if one["PathPattern"] == "/api/*")
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # AWS's CachingDisabled
    assert "CustomErrorResponses" not in site  # they would turn the API's 404 into a page


def test_the_api_learns_from_cloudfront_whose_request_it_is(templates: Templates) -> None:
    """The viewer's own word under that name is written over, and the secret is in no template."""
    site = templates.one("AWS::CloudFront::Distribution").properties["DistributionConfig"]
    (secret,) = (h for one in site["Origins"] for h in one.get("OriginCustomHeaders", []))
    assert secret["HeaderName"] == deps.FRONT
    assert "{{resolve:secretsmanager:" in json.dumps(secret["HeaderValue"])
    (behaviour,) = (one for one in site["CacheBehaviors"] if one["PathPattern"] == "/api/*")
    assert [one["EventType"] for one in behaviour["FunctionAssociations"]] == ["viewer-request"]
    (code,) = (
        one.properties["FunctionCode"] for one in templates.of("AWS::CloudFront::Function") if "viewer" in one.path
    )
    said = {"viewer": {"ip": "203.0.113.9"}, "request": {"headers": {deps.VIEWER: {"value": "10.0.0.1"}}}}
    call = f"{code}\nconsole.log(JSON.stringify(handler({json.dumps(said)})))"
    run = subprocess.run(["node", "-e", call], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == {"headers": {deps.VIEWER: {"value": "203.0.113.9"}}}


def test_the_pages_come_with_the_headers_that_the_local_stack_sends(templates: Templates) -> None:
    policy = templates.one("AWS::CloudFront::ResponseHeadersPolicy").properties["ResponseHeadersPolicyConfig"]
    ours, security = policy["CustomHeadersConfig"]["Items"], policy["SecurityHeadersConfig"]
    sent = {header["Header"]: header["Value"] for header in ours} | {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "X-Content-Type-Options": "nosniff" if "ContentTypeOptions" in security else None,
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
    }
    assert sent == edge.HEADERS
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 365 * 86_400


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("/", "/index.html"),
        ("/assets", "/index.html"),
        ("/sources/0190-7f", "/index.html"),
        ("/assets/index-1a2b.js", "/assets/index-1a2b.js"),
    ],
)
def test_a_path_of_the_app_is_served_its_page(templates: Templates, asked: str, served: str) -> None:
    (code,) = (
        one.properties["FunctionCode"] for one in templates.of("AWS::CloudFront::Function") if "rewrite" in one.path
    )
    call = f"{code}\nconsole.log(handler({{request: {{uri: {asked!r}}}}}).uri)"
    run = subprocess.run(["node", "-e", call], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == served


def test_what_should_wake_an_operator_does(templates: Templates) -> None:
    alarms = {alarm.path.split("/")[1]: alarm.properties for alarm in templates.of("AWS::CloudWatch::Alarm")}
    failures = {f"{function.name.replace('.', '-')}-errors" for function in manifest.FUNCTIONS} - {
        "deploy-migrate-errors"
    }
    assert {
        "flows-late",
        "flows-failed-filled",
        "flow-logs-late",
        "flow-logs-failed-filled",
        "visits-late",
        "visits-failed-filled",
        "deltas-refused",
        "collector-drops",
        "collectors-missing",
        "operations-failed",
        "api-broken",
        "database-full",
    } | failures <= set(alarms)
    assert all(alarm["AlarmActions"] for alarm in alarms.values())


def test_outputs_say_where_to_go(templates: Templates) -> None:
    for stack, output in (
        ("site", "AppUrl"),
        ("api", "ApiUrl"),
        ("ingest", "CollectorAddress"),
        ("data", "AdminTokenSecret"),
    ):
        assert f'"{output}"' in templates.text(stack)


def test_what_counts_may_do_nothing_else_to_its_table(templates: Templates) -> None:
    """Quotas and tries of signing in are counted up by UpdateItem, which no right to write items includes."""
    on_it = [one for _, one in statements(templates) if "throttles" in flat(one["Resource"])]
    assert [listed(one["Action"]) for one in on_it] == [["dynamodb:UpdateItem"]]


def test_the_key_over_audit_trails_signs_in_one_way_and_for_one_function(templates: Templates) -> None:
    (key,) = (one for one in templates.of("AWS::KMS::Key") if "KeySpec" in one.properties)
    assert (key.properties["KeySpec"], key.properties["KeyUsage"]) == ("RSA_3072", "SIGN_VERIFY")
    (denied,) = (one for one in key.properties["KeyPolicy"]["Statement"] if one["Effect"] == "Deny")
    assert denied["Condition"] == {"StringNotEquals": {"kms:SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}}
    ((path, statement),) = (one for one in statements(templates) if "kms:Sign" in listed(one[1]["Action"]))
    assert "operations-sign" in path
    assert statement["Condition"]["StringEquals"]["kms:MessageType"] == "RAW"


def test_signed_heads_lie_where_nobody_can_remove_them(templates: Templates) -> None:
    (bucket,) = (one for one in templates.of("AWS::S3::Bucket") if one.properties.get("ObjectLockEnabled"))
    retention = bucket.properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "COMPLIANCE", "Days": 365}
    assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
    touching = [
        action
        for _, one in statements(templates)
        if bucket.name in flat(one["Resource"])
        for action in listed(one["Action"])
    ]
    assert set(touching) == {"s3:PutObject", "s3:GetObject", "s3:ListBucket"}
    assert touching.count("s3:PutObject") == 1


def test_our_key_is_used_by_the_services_that_keep_things_alone(templates: Templates) -> None:
    """A function cannot decrypt what it is given: only what a service hands out that it may read."""
    found = ((path, one) for path, one in statements(templates) if "kms:Decrypt" in listed(one["Action"]))
    ours = [one for path, one in found if "database/proxy" not in path]  # RDS reads its own secrets by CDK's grant
    assert len(ours) > 10
    for one in ours:
        assert len(one["Condition"]["StringEquals"]["kms:ViaService"]) == 5
        assert "*" not in listed(one["Resource"])


def test_a_web_acl_stands_before_cloudfront(templates: Templates) -> None:
    acl = templates.one("AWS::WAFv2::WebACL")
    assert acl.properties["Scope"] == "CLOUDFRONT"
    rules = {rule["Name"]: rule for rule in acl.properties["Rules"]}
    flood, groups = rules.pop("flood"), rules
    assert flood["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429
    assert flood["Statement"]["RateBasedStatement"] == {
        "AggregateKeyType": "IP",
        "EvaluationWindowSec": 300,
        "Limit": FLOOD,
    }
    assert {name.removeprefix("AWSManagedRules") for name in groups} == {
        "AmazonIpReputationList",
        "KnownBadInputsRuleSet",
        "CommonRuleSet",
        "SQLiRuleSet",
    }
    assert all(rule["OverrideAction"] == {"None": {}} for rule in groups.values())
    person = next(quota for quota in QUOTAS if quota.name == "person")
    assert person.most * 5 < FLOOD  # who stays within their own quota is never a flood
    distribution = templates.one("AWS::CloudFront::Distribution").properties["DistributionConfig"]
    assert distribution["WebACLId"] == {"Fn::GetAtt": [acl.name, "Arn"]}


def test_what_the_web_acl_logs_holds_no_credential(templates: Templates) -> None:
    logging = templates.one("AWS::WAFv2::LoggingConfiguration").properties
    hidden = {one["SingleHeader"]["Name"] for one in logging["RedactedFields"]}
    assert hidden == {"authorization", "cookie"}
    (group,) = (one for one in templates.of("AWS::Logs::LogGroup") if "web-acl" in one.path)
    assert group.properties["LogGroupName"].startswith("aws-waf-logs-")

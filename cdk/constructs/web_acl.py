"""What CloudFront turns away before anything of ours is asked: floods, addresses of ill repute, known attacks."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from cdk.config import Settings
from cdk.constructs.journal import Journal

REGION = "us-east-1"  # where AWS keeps web ACLs for CloudFront
# Of one address in five minutes: a whole office may sit behind it. Quotas share out what comes through.
FLOOD = 20_000
# What people write may look like an attack and is none: the filter language reads like SQL, files are larger than 8 kB
# and hold anything, providers' metadata are URLs. These rules count instead.
_COUNTED = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    "AWSManagedRulesCommonRuleSet": (
        "SizeRestrictions_BODY",
        "SizeRestrictions_QUERYSTRING",
        "CrossSiteScripting_BODY",
        "GenericRFI_BODY",
        "GenericRFI_QUERYARGUMENTS",
        "GenericLFI_BODY",
        "EC2MetaDataSSRF_BODY",
        "NoUserAgent_HEADER",
    ),
    "AWSManagedRulesSQLiRuleSet": (
        "SQLi_QUERYARGUMENTS",
        "SQLi_BODY",
        "SQLiExtendedPatterns_QUERYARGUMENTS",
        "SQLiExtendedPatterns_BODY",
    ),
}
_HIDDEN = ("authorization", "cookie")


class WebAcl(Construct):
    """Only CloudFormation of us-east-1 takes it. What it turned away is logged, without tokens and cookies."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings) -> None:
        super().__init__(scope, name)
        made = waf.CfnWebACL(
            self,
            "acl",
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            description=f"FlowLens {settings.stage}",
            visibility_config=_seen("FlowLensWebAcl"),
            rules=[_flood(), *(_managed(n, group, counted) for n, (group, counted) in enumerate(_COUNTED.items(), 1))],
        )
        self.arn = made.attr_arn
        log = Journal(
            self, "log", days=settings.log_days, group_name=f"aws-waf-logs-{settings.service}"
        )  # AWS's prefix
        arn = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=log.group.log_group_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        logging = waf.CfnLoggingConfiguration(
            self,
            "logging",
            resource_arn=made.attr_arn,
            log_destination_configs=[arn],
            redacted_fields=[
                waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header}) for header in _HIDDEN
            ],
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Requirement": "MEETS_ANY",
                        "Conditions": [
                            {"ActionCondition": {"Action": action}}
                            for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
                        ],
                    }
                ],
            },
        )
        logging.node.add_dependency(log.group)


def _flood() -> waf.CfnWebACL.RuleProperty:
    blocked = waf.CfnWebACL.BlockActionProperty(
        custom_response=waf.CfnWebACL.CustomResponseProperty(
            response_code=429,
            response_headers=[waf.CfnWebACL.CustomHTTPHeaderProperty(name="retry-after", value="300")],
        )
    )
    return waf.CfnWebACL.RuleProperty(
        name="flood",
        priority=0,
        action=waf.CfnWebACL.RuleActionProperty(block=blocked),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=FLOOD, evaluation_window_sec=300
            )
        ),
        visibility_config=_seen("flood"),
    )


def _managed(priority: int, group: str, counted: Sequence[str]) -> waf.CfnWebACL.RuleProperty:
    counting = waf.CfnWebACL.RuleActionProperty(count={})
    return waf.CfnWebACL.RuleProperty(
        name=group,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=group,
                rule_action_overrides=[
                    waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=counting) for rule in counted
                ],
            )
        ),
        visibility_config=_seen(group),
    )


def _seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )

"""The web front end: a private bucket behind CloudFront, with the API on the same name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from aws_cdk import CfnElement, Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from cdk.config import Settings
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.journal import Journal

_REWRITE = Path(__file__).with_name("rewrite.js")
_VIEWER = Path(__file__).with_name("viewer.js")
_ORIGIN = "x-flowlens-origin"
_LOG_DAYS = 90
# S3 takes a form at the root of a bucket; nothing but a form may come this way.
_TO_ROOT = """function handler(event) {
  if (event.request.method !== "POST") return { statusCode: 405, statusDescription: "Method Not Allowed" };
  event.request.uri = "/";
  return event.request;
}
"""
# Styles are set on elements by the component library; the map is drawn by a worker.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "worker-src 'self' blob:",
        "img-src 'self' data: blob:",
        "style-src 'self' 'unsafe-inline'",
        "connect-src 'self'",
        "font-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_QUALIFIER = "hnb659fds"  # of CDK's bootstrap, which holds what is copied
_COPIER = "Custom::CDKBucketDeployment"
_COPIER_ACTIONS = ("GetBucket", "GetObject", "List", "Abort", "DeleteObject")
_BASIC_POLICY = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_COPIER_REASON = (
    "CDK's own function: it copies the pages into their bucket while a deployment runs, reaches only that bucket, the "
    "staging bucket and CloudFront's invalidations, and reports a failure by failing the deployment."
)
_HASHED = "assets"
_FRESH = "no-cache"
_FOREVER = "public,max-age=31536000,immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Who else answers under the site's name: the API, and the bucket that uploads are posted to."""

    api: str
    secret: str  # by which the API knows that CloudFront asks
    uploads: str


class Site(Construct):
    """Two deployments into one bucket: the files whose names carry their hash, and the rest. `facts` is what the pages
    cannot know before they are deployed; it lies beside them as config.json."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        pages: Path,
        facts: Mapping[str, str | int],
        behind: Behind,
        settings: Settings,
        acl: str,
    ) -> None:
        super().__init__(scope, name)
        self._settings = settings
        self._logs = self._log_bucket()
        self.bucket = self._page_bucket()
        self.distribution = self._distribution(behind, acl)
        self._deploy(pages, facts)

    @property
    def url(self) -> str:
        return f"https://{self._settings.domain_name or self.distribution.distribution_domain_name}"

    def _log_bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "access",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,  # CloudFront writes its logs with an ACL
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(_LOG_DAYS))],
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(bucket, {"AwsSolutions-S1": "It is the bucket that access logs go to."})
        return bucket

    def _page_bucket(self) -> s3.Bucket:
        return s3.Bucket(
            self,
            "pages",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=self._logs,
            server_access_logs_prefix="pages/",
            lifecycle_rules=[s3.LifecycleRule(noncurrent_version_expiration=Duration.days(30))],
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _headers(self) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self,
            "headers",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=CONTENT_POLICY, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=True, override=True
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=header, value=value, override=True)
                    for header, value in (
                        ("Cross-Origin-Opener-Policy", "same-origin"),
                        ("Cross-Origin-Resource-Policy", "same-origin"),
                        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
                    )
                ]
            ),
        )

    def _distribution(self, behind: Behind, acl: str) -> cloudfront.Distribution:
        settings = self._settings
        named = bool(settings.domain_name and settings.certificate_arn)
        distribution = cloudfront.Distribution(
            self,
            "distribution",
            comment=f"FlowLens {settings.stage}",
            default_root_object="index.html",
            default_behavior=self._pages(),
            additional_behaviors={"/api/*": self._api(behind), "/uploads": self._uploads(behind.uploads)},
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            web_acl_id=None if settings.web_acl == "none" else acl,
            log_bucket=self._logs,
            log_file_prefix="cloudfront/",
            domain_names=[str(settings.domain_name)] if named else None,
            certificate=self._certificate() if named else None,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if named else None,
        )
        acknowledge(distribution, _accepted(settings))
        return distribution

    def _pages(self) -> cloudfront.BehaviorOptions:
        rewrite = cloudfront.Function(
            self,
            "rewrite",
            code=cloudfront.FunctionCode.from_inline(_REWRITE.read_text()),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        before = cloudfront.FunctionEventType.VIEWER_REQUEST
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            response_headers_policy=self._headers(),
            function_associations=[cloudfront.FunctionAssociation(function=rewrite, event_type=before)],
        )

    def _uploads(self, bucket: str) -> cloudfront.BehaviorOptions:
        """Files go straight to S3, which takes what the API signed for; neither cookies nor tokens are passed on."""
        root = cloudfront.Function(
            self,
            "to-root",
            code=cloudfront.FunctionCode.from_inline(_TO_ROOT),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        before = cloudfront.FunctionEventType.VIEWER_REQUEST
        return cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(bucket, origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2]),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            function_associations=[cloudfront.FunctionAssociation(function=root, event_type=before)],
        )

    def _api(self, behind: Behind) -> cloudfront.BehaviorOptions:
        """CloudFront says whose request it is, and shows that it is CloudFront: no viewer knows the secret."""
        viewer = cloudfront.Function(
            self,
            "viewer",
            code=cloudfront.FunctionCode.from_inline(_VIEWER.read_text()),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        before = cloudfront.FunctionEventType.VIEWER_REQUEST
        return cloudfront.BehaviorOptions(
            function_associations=[cloudfront.FunctionAssociation(function=viewer, event_type=before)],
            origin=origins.HttpOrigin(
                behind.api,
                origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                custom_headers={_ORIGIN: behind.secret},
            ),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        )

    def _certificate(self) -> acm.ICertificate:
        return acm.Certificate.from_certificate_arn(self, "certificate", str(self._settings.certificate_arn))

    def _deploy(self, pages: Path, facts: Mapping[str, str | int]) -> None:
        log = Journal(self, "log", days=self._settings.log_days).group
        changing = deployment.Source.asset(str(pages), exclude=[_HASHED, "config.json"])
        lasting = deployment.Source.asset(str(pages / _HASHED))
        first = self._copy("lasting", [lasting], _FOREVER, log, folder=_HASHED)
        second = self._copy(
            "changing", [changing, deployment.Source.json_data("config.json", dict(facts))], _FRESH, log
        )
        second.node.add_dependency(first)  # a page never names a file that is not there yet
        self._accept_copier()

    def _copy(
        self,
        name: str,
        sources: list[deployment.ISource],
        caching: str,
        log: logs.ILogGroup,
        *,
        folder: str | None = None,
    ) -> deployment.BucketDeployment:
        return deployment.BucketDeployment(
            self,
            name,
            sources=sources,
            destination_bucket=self.bucket,
            destination_key_prefix=folder,
            prune=False,  # whoever has the last version open still loads its parts
            cache_control=[deployment.CacheControl.from_string(caching)],
            memory_limit=512,
            log_group=log,
            distribution=self.distribution if caching == _FRESH else None,
            distribution_paths=["/*"] if caching == _FRESH else None,
        )

    def _accept_copier(self) -> None:
        stack = Stack.of(self)
        pages = stack.get_logical_id(cast(CfnElement, self.bucket.node.default_child))
        staging = f"arn:<AWS::Partition>:s3:::cdk-{_QUALIFIER}-assets-<AWS::AccountId>-<AWS::Region>/*"
        findings = [f"AwsSolutions-IAM5[Action::s3:{verb}*]" for verb in _COPIER_ACTIONS]
        findings += [f"AwsSolutions-IAM5[Resource::{what}]" for what in ("*", f"<{pages}.Arn>/*", staging)]
        findings.append(f"AwsSolutions-IAM4[Policy::{_BASIC_POLICY}]")
        findings += [
            "AwsSolutions-L1",
            "Serverless-LambdaLatestVersion",
            "Serverless-LambdaDLQ",
            "Serverless-LambdaTracing",
        ]
        copier = next(child for child in stack.node.children if child.node.id.startswith(_COPIER))
        acknowledge(copier, dict.fromkeys(findings, _COPIER_REASON))


def _accepted(settings: Settings) -> dict[str, str]:
    reasons = {
        "AwsSolutions-CFR1": "Operators may sit anywhere; who may enter is decided by the API's tokens.",
    }
    if settings.web_acl == "none":
        reasons["AwsSolutions-CFR2"] = "Whoever deploys said webAcl=none: something else stands before it."
    if not settings.domain_name:
        reasons["AwsSolutions-CFR4"] = (
            "Without a name of its own the site uses CloudFront's certificate, whose lowest TLS version cannot be "
            "chosen; domainName and certificateArn raise it to 1.2."
        )
    return reasons

"""CloudFormation: our own templates deploy whole, so that a test can compare what they make with the manifest.

moto makes streams, tables, queues, functions and mappings itself. What it cannot make, or makes wrongly, is stood in
for here: secrets and state machines become real ones, everything else is a name whose references resolve.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation import parsing
from moto.kms.models import kms_backends
from moto.s3.models import FakeBucket
from moto.secretsmanager.models import secretsmanager_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

_WRONG_IN_MOTO = (
    "AWS::KMS::Key",  # stumbles over tags
    "AWS::AutoScaling::AutoScalingGroup",  # looks for the target groups below
    "AWS::ElasticLoadBalancingV2::Listener",  # no UDP
    "AWS::ElasticLoadBalancingV2::TargetGroup",  # no attributes to refer to
    "AWS::RDS::DBInstance",  # refuses Aurora
    "AWS::StepFunctions::StateMachine",  # lands where nothing runs it
)
_REFERENCE = re.compile(r"\{\{resolve:secretsmanager:(?P<arn>arn:.+):SecretString:(?P<field>\w+)::\}\}")


@dataclass(slots=True)
class StandIn:
    """A resource as the rest of the template sees it: what Ref gives, and its attributes."""

    kind: str
    name: str
    properties: dict[str, Any]
    account: str
    region: str
    physical_resource_id: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    # moto writes these two on everything it creates
    cf_resource_type: str = ""
    logical_resource_id: str = ""

    def get_cfn_attribute(self, attribute: str) -> str:
        return self.attributes.get(attribute, f"{self.name}.{attribute}")

    def is_created(self) -> bool:
        return True


class Maker:
    """What moto takes for the class of a resource type."""

    def __init__(self, kind: str, make: Callable[[StandIn], None]) -> None:
        self._kind, self._make = kind, make

    def has_cfn_attr(self, _attribute: str) -> bool:
        return True

    def create_from_cloudformation_json(
        self, name: str, template: Mapping[str, Any], account: str, region: str, **_: object
    ) -> StandIn:
        properties = dict(template.get("Properties", {}))
        made = StandIn(self._kind, name, properties, account, region, physical_resource_id=name)
        self._make(made)
        return made


def install() -> None:
    """Deploys every type of resource: ours where moto has none, or a wrong one."""
    module: Any = parsing
    known = module.get_model_map()
    for kind in _WRONG_IN_MOTO:
        del known[kind]
    find = module.resource_class_from_type

    def resource_class_from_type(kind: str) -> Any:
        return find(kind) if kind in known else Maker(kind, _MAKERS.get(kind, _name))

    module.resource_class_from_type = resource_class_from_type
    _let_buckets_tell()


def _let_buckets_tell() -> None:
    """moto overlooks that a bucket in a template tells EventBridge of its objects."""
    bucket: Any = FakeBucket
    create = bucket.create_from_cloudformation_json

    def create_from_cloudformation_json(
        name: str, template: Mapping[str, Any], account: str, region: str, **more: object
    ) -> Any:
        made = create(name, template, account, region, **more)
        told = template.get("Properties", {}).get("NotificationConfiguration", {}).get("EventBridgeConfiguration")
        if told:
            made.set_notification_configuration({"EventBridgeConfiguration": {}})
        _lock(made, template.get("Properties", {}))
        return made

    bucket.create_from_cloudformation_json = staticmethod(create_from_cloudformation_json)


def _lock(made: Any, properties: Mapping[str, Any]) -> None:
    """Nor that nothing in it can be changed for a while."""
    rule = properties.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention")
    if properties.get("ObjectLockEnabled") and rule:
        made.object_lock_enabled, made.versioning_status = True, "Enabled"
        made.default_lock_mode, made.default_lock_days = rule["Mode"], int(rule["Days"])


def _name(_made: StandIn) -> None:
    """Nothing more than what a stand-in is."""


def _key(made: StandIn) -> None:
    key = kms_backends[made.account][made.region].create_key(
        policy=json.dumps(made.properties["KeyPolicy"]),
        key_usage=made.properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
        key_spec=made.properties.get("KeySpec", "SYMMETRIC_DEFAULT"),
        description=made.properties.get("Description", ""),
        tags=[],
    )
    made.physical_resource_id = key.id
    made.attributes["Arn"] = key.arn


def _cluster(made: StandIn) -> None:
    made.attributes["Endpoint.Port"] = "5432"  # security groups want a number


def _listener(made: StandIn) -> None:
    arn = f"arn:aws:elasticloadbalancing:{made.region}:{made.account}:listener/net/{made.name}/0/0"
    made.physical_resource_id = arn  # graphs take the balancer's name out of it


def _secret(made: StandIn) -> None:
    backend = secretsmanager_backends[made.account][made.region]
    answer = backend.create_secret(
        name=made.name,
        secret_string=_value(made.properties, backend),
        secret_binary=None,
        description=made.properties.get("Description"),
        tags=None,
        kms_key_id=None,
        client_request_token=None,
        replica_regions=[],
        force_overwrite=False,
    )
    made.physical_resource_id = str(json.loads(answer)["ARN"])
    made.attributes["Id"] = made.physical_resource_id


def _value(properties: Mapping[str, Any], backend: Any) -> str:
    """Generated, or given with references to other secrets."""
    if generate := properties.get("GenerateSecretString"):
        fields = json.loads(generate.get("SecretStringTemplate", "{}"))
        return json.dumps({**fields, generate["GenerateStringKey"]: secrets.token_urlsafe(32)})

    def look_up(reference: re.Match[str]) -> str:
        found = json.loads(backend.get_secret_value(reference["arn"], "", "")["SecretString"])
        return str(found[reference["field"]])

    return _REFERENCE.sub(look_up, properties["SecretString"])


def _state_machine(made: StandIn) -> None:
    definition = str(made.properties["DefinitionString"])
    for name, value in made.properties.get("DefinitionSubstitutions", {}).items():
        definition = definition.replace(f"${{{name}}}", str(value))
    backend = stepfunctions_parser_backends[made.account][made.region]
    machine = backend.create_state_machine(
        name=made.name, definition=definition, roleArn=made.properties["RoleArn"], sm_type="STANDARD"
    )
    made.physical_resource_id = machine.arn
    made.attributes |= {"Arn": machine.arn, "Name": made.name}


_MAKERS: Mapping[str, Callable[[StandIn], None]] = {
    "AWS::ElasticLoadBalancingV2::Listener": _listener,
    "AWS::KMS::Key": _key,
    "AWS::RDS::DBCluster": _cluster,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::StepFunctions::StateMachine": _state_machine,
}

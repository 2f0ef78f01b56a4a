"""STS: a role is given to whom its trust policy names, and to nobody else; moto gives it to anybody.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, as far as roles with an
external id need it: Principal, Action, and StringEquals and StringLike over what is known of the question.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.core.exceptions import AccessDeniedError
from moto.iam.models import iam_backends
from moto.sts import models

OURS = "arn:aws:iam::123456789012:role/local"  # who all our functions are here


def install() -> None:
    backend: Any = models.STSBackend
    if hasattr(backend, "trusting"):
        return
    given = backend.assume_role

    def assume_role(self: Any, *args: Any, **named: Any) -> Any:
        if not trusts(document(named["role_arn"]), {"aws:PrincipalArn": OURS, "sts:ExternalId": named["external_id"]}):
            raise AccessDeniedError(OURS, f"sts:AssumeRole on resource: {named['role_arn']}")
        return given(self, *args, **named)

    backend.assume_role, backend.trusting = assume_role, True


def document(role: str) -> Mapping[str, Any]:
    """Its trust policy, in its own account; of one that does not exist, one that trusts nobody."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    for known in iam_backends[account]["aws"].roles.values():
        if known.name == name:
            said: Mapping[str, Any] = json.loads(known.assume_role_policy_document)
            return said
    return {"Statement": []}


def trusts(policy: Mapping[str, Any], known: Mapping[str, str | None]) -> bool:
    """Whether some statement allows it and none denies it."""
    fitting = [one["Effect"] for one in policy.get("Statement", []) if _fits(one, known)]
    return "Allow" in fitting and "Deny" not in fitting


def _fits(statement: Mapping[str, Any], known: Mapping[str, str | None]) -> bool:
    account = str(known["aws:PrincipalArn"]).split(":")[4]
    whom = statement["Principal"]["AWS"] if isinstance(statement["Principal"], dict) else statement["Principal"]
    ours = {known["aws:PrincipalArn"], account, f"arn:aws:iam::{account}:root"}
    actions = _several(statement["Action"])
    return (
        bool(ours & set(_several(whom)))
        and bool({"sts:AssumeRole", "sts:*", "*"} & set(actions))
        and all(_holds(how, wanted, known) for how, wanted in statement.get("Condition", {}).items())
    )


_MEANINGS: Mapping[str, Callable[[str, str], bool]] = {"StringEquals": operator.eq, "StringLike": fnmatchcase}


def _holds(how: str, wanted: Mapping[str, Any], known: Mapping[str, str | None]) -> bool:
    """An operator that we do not know never holds, nor does what is not known of the question."""
    meaning = _MEANINGS.get(how)
    return meaning is not None and all(
        any(meaning(known.get(key) or "", value) for value in _several(values)) for key, values in wanted.items()
    )


def _several(said: Any) -> list[str]:
    return list(said) if isinstance(said, list) else [said]

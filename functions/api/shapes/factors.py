"""Second factors."""

from __future__ import annotations

from typing import Annotated

from flowlens.access.factors import Factor
from pydantic import ConfigDict, Field, SecretStr

from functions.api.shapes.fields import In, Out

_SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
Code = Annotated[SecretStr, Field(min_length=6, max_length=40, examples=["492039"])]


class ShownCode(In):
    """Six digits of an authenticator, or a recovery code."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "492039"}]})

    code: Code


class OwnFactor(Out):
    """One's own second factor."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"factor": "shown", "codes_left": 10}]})

    factor: Factor
    codes_left: int = Field(description="recovery codes that were not used")


class BegunFactor(Out):
    """What an authenticator is given; it counts for nothing until a code of it is shown."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"secret": _SEED, "address": f"otpauth://totp/FlowLens:ada?secret={_SEED}&issuer=FlowLens"}]
        }
    )

    secret: str = Field(description="to type in where nothing can be scanned")
    address: str = Field(description="for a QR code")


class RecoveryCodes(Out):
    """Each works once, in place of a code. They are told this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"codes": ["abcdef-ghijkl-mnopqr-stuvwx"]}]})

    codes: list[str]


class FactorRule(In):
    """Whether the tenant wants a second factor of its members."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"required": True}]})

    required: bool


class KeptFactorRule(Out):
    """Whether the tenant wants a second factor of its members."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"required": True}]})

    required: bool

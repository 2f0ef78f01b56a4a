"""Every kind of identity provider does what the others do, and the API and the database know the same kinds."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest
from flowlens.model.errors import Invalid
from flowlens.services import vouching
from flowlens.services.vouching import KINDS

from functions.api.shapes.providers import Kind


def verbs() -> list[str]:
    return [name for name, _ in inspect.getmembers(vouching.Kind, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("name", KINDS.names())
def test_a_kind_has_each_verb_with_the_same_parameters(name: str) -> None:
    assert len(verbs()) == 5
    for verb in verbs():
        declared = list(inspect.signature(getattr(vouching.Kind, verb)).parameters)[1:]  # without self
        assert list(inspect.signature(getattr(KINDS.load(name), verb)).parameters) == declared, verb


def test_the_api_knows_the_same_kinds() -> None:
    assert set(get_args(Kind)) == set(KINDS.names())
    with pytest.raises(Invalid, match="oidc, saml"):
        vouching.kind("ldap")

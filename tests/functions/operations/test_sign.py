"""The task that signs audit trails: by its handler, with a key of KMS's, into a directory or a bucket."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import boto3
import pytest
from flowlens.aws import archive, secrets, signing
from flowlens.kit import trail
from flowlens.store import audit
from flowlens.store.connection import Connection, tenant_transaction
from moto import mock_aws
from moto.kms import models

from cdk.local.emulation import keys
from functions.operations import sign
from tests.lambdas import context
from tests.postgres import APP, TENANT, Server


@pytest.fixture(params=["directory", "bucket"])
def kept(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, postgres: Server, app: Connection, tmp_path: Path
) -> Generator[archive.Archive]:
    """The environment that the manifest gives the task."""
    with mock_aws():
        for remembered in (secrets.client, signing.client, signing.public_key, sign.settings, sign.database):
            remembered.cache_clear()
        boto3.client("s3").create_bucket(Bucket="heads", ObjectLockEnabledForBucket=True)
        url = "s3://heads" if request.param == "bucket" else tmp_path.as_uri()
        key = boto3.client("kms").create_key(KeySpec="RSA_3072", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        secret = json.dumps(postgres.secret(APP, app.info.dbname))
        boto3.client("secretsmanager").create_secret(Name="database", SecretString=secret)
        for name, value in {"DATABASE_SECRET": "database", "HEADS_URL": url, "SIGNING_KEY": key}.items():
            monkeypatch.setenv(name, value)
        yield archive.at(url)
        sign.database().close()
    for remembered in (secrets.client, signing.client, signing.public_key, sign.settings, sign.database):
        remembered.cache_clear()


def noted(app: Connection, count: int) -> None:
    for number in range(count):
        with tenant_transaction(app, TENANT) as conn:
            audit.record(conn, TENANT, actor="ada", action="test", target=f"thing {number}", detail={})


def test_the_newest_head_comes_first_and_its_signature_is_right(kept: archive.Archive, app: Connection) -> None:
    numbers = []
    for count in (3, 9):
        noted(app, count)
        assert sign.handler({}, context()) == {"signed": 1, "broken": 0}
        (newest,) = kept.keys(f"{TENANT}/", limit=1)
        key = trail.PublicKey.read(signing.public_key(sign.settings().signing_key))
        found = trail.Heads.read([kept.get(newest).decode()], [key])
        assert found.fault is None
        assert found.tenant == str(TENANT)
        numbers += list(found.signed)
    assert numbers == [3, 12]
    assert sign.handler({}, context()) == {"signed": 0, "broken": 0}
    assert len(kept.keys(f"{TENANT}/", limit=100)) == 2


def test_a_long_trail_is_signed_in_stretches(
    kept: archive.Archive, app: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowlens.services.heads._AT_ONCE", 5)
    monkeypatch.setattr("flowlens.services.heads._CHECKED", 2)
    noted(app, 12)
    assert [sign.handler({}, context())["signed"] for _ in range(4)] == [1, 1, 1, 0]
    heads = [json.loads(kept.get(path))["head"]["number"] for path in kept.keys(f"{TENANT}/", limit=9)]
    assert heads == [12, 10, 5]


def test_a_broken_trail_is_counted_and_said(
    kept: archive.Archive,
    app: Connection,
    postgres: Server,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    noted(app, 3)
    with postgres.admin(app.info.dbname) as admin, admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute("UPDATE audit_events SET actor = 'eve' WHERE number = 2")
    assert sign.handler({}, context()) == {"signed": 0, "broken": 1}
    said = capsys.readouterr().out
    assert '"AuditTrailsBroken":[1.0]' in said.replace(" ", "")
    assert "an audit trail is broken" in caplog.text
    assert kept.keys(f"{TENANT}/", limit=1) == []


def test_on_one_machine_a_key_outlives_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = models
    monkeypatch.setattr(module, "generate_private_key", module.generate_private_key)  # put back afterwards
    keys.install(tmp_path)
    found = []
    for _ in range(2):
        with mock_aws():
            client = boto3.client("kms")
            made = client.create_key(KeySpec="RSA_3072", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
            found.append(client.get_public_key(KeyId=made)["PublicKey"])
    assert found[0] == found[1]
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0

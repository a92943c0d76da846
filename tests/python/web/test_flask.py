"""Guards against a view of Flask that lets somebody in without a key, or calls a broken vault a bad key."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import keycask
import pytest
from django_kit import with_key
from flask import Flask
from flask_site import create_app
from keycask.flask import Keycask, keys_blueprint, require_key

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"]


@pytest.fixture
def client(vault: keycask.Vault) -> FlaskClient:
    return create_app(vault).test_client()


def test_a_valid_key_comes_in(client: FlaskClient, issued: keycask.Issued) -> None:
    for headers in (with_key(issued.secret), {"X-API-Key": str(issued.secret)}):
        answer = client.get("/plain", headers=headers)
        assert (answer.status_code, answer.json) == (200, {"owner": "acct_42", "pid": os.getpid()})
        assert answer.headers["Cache-Control"] == "private"
        assert {"Authorization", "X-API-Key"} <= set(answer.vary)
    assert client.get("/stored", headers=with_key(issued.secret)).headers["Cache-Control"] == "no-cache"
    assert client.get(f"/plain?api_key={issued.secret}").status_code == 401


@pytest.mark.parametrize("method", METHODS)
def test_no_method_comes_in_without_a_key(client: FlaskClient, method: str, secret: str) -> None:
    for headers in ({}, with_key("acme_live_nothing"), {"X-API-Key": ""}, {"Authorization": "Basic eDp5"}):
        assert client.open("/plain", method=method, headers=headers).status_code == 401, headers
    assert client.open("/plain", method=method, headers=with_key(secret)).status_code == 200


def test_every_bad_key_is_told_the_same(
    client: FlaskClient, vault: keycask.Vault, issued: keycask.Issued
) -> None:
    vault.revoke(issued.key.id, actor="alice")
    answers = [client.get("/plain", headers=with_key(secret)) for secret in (issued.secret, "x", "x" * 300)]
    assert len({(one.status_code, one.headers["WWW-Authenticate"], one.data) for one in answers}) == 1
    assert answers[0].content_type == "application/problem+json"
    assert client.get("/plain").headers["WWW-Authenticate"] == "Bearer"


def test_what_a_good_key_lacks_is_403(client: FlaskClient, vault: keycask.Vault, secret: str) -> None:
    without = vault.create_key("acme_live", actor="alice").secret
    answer = client.get("/plain", headers=with_key(without))
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "missing_scope")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="reports:read"'
    assert client.get("/tests", headers=with_key(secret)).status_code == 403
    other = vault.create_key("acme_test", scopes=["reports:read"], actor="alice").secret
    assert client.get("/tests", headers=with_key(other)).status_code == 200
    assert client.get("/plain", headers=with_key(other)).status_code == 403


def test_a_superseded_key_is_told_of_its_end(
    client: FlaskClient, vault: keycask.Vault, issued: keycask.Issued
) -> None:
    rotated = vault.rotate(issued.key.id, grace=timedelta(hours=2), actor="alice")
    answer = client.get("/plain", headers=with_key(issued.secret))
    assert answer.headers["Sunset"].endswith("GMT")
    assert answer.headers["Deprecation"] == f"@{int(rotated.key.created_at.timestamp())}"
    assert "Sunset" not in client.get("/plain", headers=with_key(rotated.secret)).headers


def test_a_vault_that_cannot_answer_is_503(tmp_path: Path, vault: keycask.Vault, secret: str) -> None:
    for path in (tmp_path / "missing.db", tmp_path):
        client = create_app(KEYCASK_VAULT=path).test_client()
        assert client.get("/plain", headers=with_key(secret)).status_code == 503
    client = create_app(KEYCASK_VAULT=tmp_path / "missing.db").test_client()
    vault.backup(tmp_path / "missing.db")
    assert client.get("/plain", headers=with_key(secret)).status_code == 200


def test_who_asks_is_in_the_audit(client: FlaskClient, vault: keycask.Vault, issued: keycask.Issued) -> None:
    headers = {**with_key(issued.secret), "X-Forwarded-For": "198.51.100.7", "X-Request-ID": "req-1"}
    for peer in ("192.0.2.9", "203.0.113.5"):
        client.get("/plain", headers=headers, environ_overrides={"REMOTE_ADDR": peer})
    vault.flush()
    uses = [(use.client_ip, use.request_id) for use in vault.uses(key_id=issued.key.id)]
    assert uses == [("198.51.100.7", "req-1"), ("203.0.113.5", "req-1")]


def test_the_configuration_is_read(tmp_path: Path, secret: str, vault: keycask.Vault) -> None:
    client = create_app(vault, KEYCASK_REQUIRE_HTTPS=True, KEYCASK_HEADER="X-Key").test_client()
    assert client.get("/plain", headers={"X-Key": secret}).status_code == 403
    assert client.get("/plain", headers={"X-Key": secret}, base_url="https://localhost").status_code == 200
    assert (
        client.get("/plain", headers={"X-API-Key": secret}, base_url="https://localhost").status_code == 401
    )
    peppered = keycask.Vault(tmp_path / "peppered.db", create=True, pepper=b"p" * 32)
    secret = str(peppered.create_key("acme_live", scopes=["reports:read"], actor="alice").secret)
    client = create_app(KEYCASK_VAULT=tmp_path / "peppered.db", KEYCASK_PEPPER=b"p" * 32).test_client()
    assert client.get("/plain", headers=with_key(secret)).status_code == 200


def test_what_is_set_up_wrongly_is_told_at_once(vault: keycask.Vault) -> None:
    with pytest.raises(ValueError, match="KEYCASK_VAULT"):
        create_app()
    with pytest.raises(ValueError, match="KEYCASK_VALT.*KEYCASK_VAULT"):
        create_app(vault, KEYCASK_VALT="keys.db")
    scopes: Any = "reports:read"
    with pytest.raises(TypeError, match="give a list"):
        require_key(scopes=scopes)
    app = Flask(__name__)
    with pytest.raises(RuntimeError, match=r"Keycask\(app\)"):
        app.register_blueprint(keys_blueprint(owner=lambda: None), url_prefix="/keys")
    app = Flask(__name__)
    Keycask(app, vault=vault)
    with pytest.raises(ValueError, match="KEYCASK_PREFIX"):
        app.register_blueprint(keys_blueprint(owner=lambda: None), url_prefix="/keys")


def test_current_key_is_there_behind_a_key_only(client: FlaskClient, secret: str) -> None:
    client.application.testing = True
    with pytest.raises(RuntimeError, match="require_key"):
        client.get("/open", headers=with_key(secret))


def test_an_application_made_before_its_extension(vault: keycask.Vault, secret: str) -> None:
    keys, app = Keycask(vault=vault), Flask(__name__)

    @app.before_request
    @require_key()
    def protected() -> None:
        pass

    @app.get("/")
    def index() -> str:
        return "in"

    keys.init_app(app)
    assert app.test_client().get("/").status_code == 401
    answer = app.test_client().get("/", headers=with_key(secret))
    assert (answer.status_code, answer.text, answer.headers["Cache-Control"]) == (200, "in", "private")
    with app.app_context():
        assert keys.vault is vault

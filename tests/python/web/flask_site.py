"""A Flask application with every part of ``keycask.flask``, for tests in this process and for servers.

``KEYCASK_TEST_VAULT`` names its vault.
"""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask, jsonify, request, session
from keycask import VaultError
from keycask.flask import Keycask, current_key, keys_blueprint, require_key

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from keycask._web.vaults import VaultSource

LOGIN = """<!doctype html><html lang="en"><title>Log in</title>
<form method="post"><label>Account <input name="account"></label><button>Log in</button></form>"""


def create_app(vault: VaultSource | None = None, **settings: Any) -> Flask:
    """The application, with this vault or that of its configuration."""
    app, keys = Flask(__name__), Keycask(vault=vault)
    app.config.from_mapping(
        SECRET_KEY="of a test",
        KEYCASK_PREFIX="acme_live",
        KEYCASK_TRUSTED_PROXIES=["192.0.2.0/24"],
        **settings,
    )
    keys.init_app(app)
    add_views(app)
    add_changes(app, keys)
    app.register_blueprint(
        keys_blueprint(
            owner=lambda: session.get("account"),
            email=lambda: f"{session['account']}@example.com",
            scopes=["reports:read", "reports:write"],
            expires_in=timedelta(days=400),
            login_url="/login",
        ),
        url_prefix="/api-keys",
    )
    return app


def add_views(app: Flask) -> None:
    @app.route("/plain", methods=["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    @require_key(scopes=["reports:read"])
    def plain() -> ResponseReturnValue:
        return jsonify(owner=current_key.owner, pid=os.getpid())

    @app.get("/tests")
    @require_key(prefix="acme_test")
    def tests() -> ResponseReturnValue:
        return jsonify(owner=current_key.owner)

    @app.get("/stored")
    @require_key()
    def stored() -> ResponseReturnValue:
        return "", 200, {"Cache-Control": "no-cache"}

    @app.get("/open")
    def opened() -> ResponseReturnValue:
        return jsonify(owner=current_key.owner)

    @app.route("/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        if request.method == "POST":
            session["account"] = request.form["account"]
            return jsonify(account=session["account"])
        return (
            '<form method="post"><label>Account <input name="account"></label><button>Log in</button></form>'
        )


def add_changes(app: Flask, keys: Keycask) -> None:
    @app.post("/create")
    def create() -> ResponseReturnValue:
        issued = keys.vault.create_key("acme_live", owner="ann", scopes=["reports:read"], actor="tests")
        return jsonify(id=issued.key.id, secret=issued.secret)

    @app.post("/revoke/<key_id>")
    def revoke(key_id: str) -> ResponseReturnValue:
        return jsonify(state=keys.vault.revoke(key_id, actor="tests").state)


if "KEYCASK_TEST_VAULT" in os.environ:
    application = create_app(KEYCASK_VAULT=os.environ["KEYCASK_TEST_VAULT"])
    # As applications do where they are imported, which under `gunicorn --preload` is before the fork.
    with application.app_context(), contextlib.suppress(VaultError):
        application.extensions["keycask"].vaults.get().stats()

"""A service whose customers manage their own API keys: ``python examples/flask/app.py``.

The login is a toy, so that the example is one file: put your own in its place. keycask needs nothing of it
but the ``owner`` of ``keys_blueprint``.
"""

import os
import secrets

import keycask
from flask import Flask, abort, redirect, request, session
from flask.typing import ResponseReturnValue
from keycask.flask import Keycask, current_key, keys_blueprint, require_key

VAULT = os.environ.get("KEYCASK_VAULT", "keys.db")
PASSWORD = os.environ.get("EXAMPLE_PASSWORD", "correct horse")

# What is about keys: two settings, an extension, a protected route, and the customers' routes with a page.

app = Flask(__name__)
app.config.from_mapping(KEYCASK_VAULT=VAULT, KEYCASK_PREFIX="acme_live")
Keycask(app)


@app.get("/reports")
@require_key(scopes=["reports:read"])
def reports() -> ResponseReturnValue:
    """The reports of whoever owns the key."""
    return {"owner": current_key.owner, "report": "all is well"}


app.register_blueprint(
    keys_blueprint(
        owner=lambda: session.get("user"),
        email=lambda: f"{session['user']}@example.com",
        scopes=["reports:read"],
        login_url="/",
    ),
    url_prefix="/api-keys",
)

# The toy: whoever knows the password is whom they say.

app.config.from_mapping(SECRET_KEY=secrets.token_bytes(32), SESSION_COOKIE_SAMESITE="Lax")


@app.get("/")
def home() -> ResponseReturnValue:
    """A login, or the way to the keys."""
    if "user" in session:
        return redirect("/api-keys/page")
    return """<!doctype html><html lang="en"><title>Log in</title><form method="post" action="/login">
      <label>User <input name="user"></label> <label>Password <input name="password" type="password"></label>
      <button>Log in</button></form>"""


@app.post("/login")
def login() -> ResponseReturnValue:
    """Begins a session."""
    user, password = request.form.get("user", ""), request.form.get("password", "")
    if not user.isalnum() or not secrets.compare_digest(password.encode(), PASSWORD.encode()):
        abort(403)
    session["user"] = user
    return redirect("/api-keys/page")


if __name__ == "__main__":
    keycask.Vault(VAULT, create=True).close()
    app.run(port=int(os.environ.get("PORT", "8000")))

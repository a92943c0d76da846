"""A service whose customers manage their own API keys: ``python examples/fastapi/app.py``.

The login is a toy, so that the example is one file: put your own in its place. keycask needs nothing of it
but ``current_user_id``.
"""

import os
import secrets
from typing import Annotated
from urllib.parse import parse_qs

import keycask
from fastapi import Cookie, Depends, FastAPI, HTTPException, Request, Security
from fastapi.responses import HTMLResponse, RedirectResponse
from keycask.fastapi import KeycaskAuth, keys_router

# What is about keys: a vault, a dependency, a protected route, and the customers' routes with a page.

vault = keycask.Vault(os.environ.get("KEYCASK_VAULT", "keys.db"), create=True)
auth = KeycaskAuth(vault, prefix="acme_live")
app = FastAPI(title="Reports", lifespan=auth.lifespan)


@app.get("/reports", responses=auth.responses)
async def reports(key: Annotated[keycask.Key, Security(auth, scopes=["reports:read"])]) -> dict[str, str]:
    """The reports of whoever owns the key."""
    return {"owner": key.owner, "report": "all is well"}


# The toy: whoever knows the password is whom they say, and sessions are in memory.

PASSWORD = os.environ.get("EXAMPLE_PASSWORD", "correct horse")
sessions: dict[str, str] = {}


async def visitor(session: Annotated[str | None, Cookie()] = None) -> str | None:
    """Who is logged in, or nobody."""
    return sessions.get(session or "")


async def current_user_id(user: Annotated[str | None, Depends(visitor)]) -> str:
    """Who is logged in; everyone else is refused."""
    if user is None:
        raise HTTPException(401, "log in first")
    return user


async def address(user: Annotated[str | None, Depends(visitor)]) -> str | None:
    """Where notices about the keys go."""
    return f"{user}@example.com" if user else None


app.include_router(
    keys_router(
        auth, owner=current_user_id, email=address, prefix="acme_live", scopes=["reports:read"], page=True
    ),
    prefix="/keys",
)


@app.get("/", response_class=HTMLResponse, include_in_schema=False)
async def home(user: Annotated[str | None, Depends(visitor)]) -> str:
    """A login, or the way to the keys."""
    if user is not None:
        return f'<!doctype html><title>Reports</title><p>{user}: <a href="/keys/page">your API keys</a></p>'
    return """<!doctype html><title>Log in</title><form method="post" action="/login">
      <label>User <input name="user"></label> <label>Password <input name="password" type="password"></label>
      <button>Log in</button></form>"""


@app.post("/login", include_in_schema=False)
async def login(request: Request) -> RedirectResponse:
    """Begins a session."""
    form = parse_qs((await request.body()).decode())
    user, password = form.get("user", [""])[0], form.get("password", [""])[0]
    if not user.replace("-", "").isalnum() or not secrets.compare_digest(
        password.encode(), PASSWORD.encode()
    ):
        raise HTTPException(403, "wrong name or password")
    token = secrets.token_urlsafe()
    sessions[token] = user
    response = RedirectResponse("/keys/page", 303)
    response.set_cookie("session", token, httponly=True, samesite="lax")
    return response


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")))

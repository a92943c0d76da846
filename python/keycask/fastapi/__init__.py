"""API keys in FastAPI: a security dependency, and routes by which your customers manage their own keys.

>>> from typing import Annotated
>>> from fastapi import FastAPI, Security
>>> from fastapi.testclient import TestClient
>>> import keycask
>>> from keycask.fastapi import KeycaskAuth, keys_router
>>> vault = keycask.Vault(":memory:", create=True)  # or the path of one
>>> auth = KeycaskAuth(vault, prefix="acme_live")
>>> app = FastAPI(lifespan=auth.lifespan)
>>> @app.get("/reports")
... async def reports(key: Annotated[keycask.Key, Security(auth, scopes=["reports:read"])]) -> str:
...     return key.owner
>>> def current_user_id() -> str:  # a dependency of yours: who is logged in
...     return "acct_42"
>>> routes = keys_router(auth, owner=current_user_id, prefix="acme_live", scopes=["reports:read"])
>>> app.include_router(routes, prefix="/keys")
>>> client = TestClient(app)
>>> client.get("/reports").status_code
401
>>> made = client.post("/keys", json={"name": "ci"}).json()
>>> client.get("/reports", headers={"Authorization": f"Bearer {made['secret']}"}).json()
'acct_42'
>>> client.post(f"/keys/{made['id']}/revoke").json()["state"]
'revoked'
>>> client.get("/reports", headers={"Authorization": f"Bearer {made['secret']}"}).status_code
401
"""

from keycask.fastapi.auth import KeycaskAuth
from keycask.fastapi.models import IssuedKey, OwnKey, OwnKeys, Problem
from keycask.fastapi.router import keys_router
from keycask.starlette import KeyRefusedError, LifetimeMiddleware

__all__ = [
    "IssuedKey",
    "KeyRefusedError",
    "KeycaskAuth",
    "LifetimeMiddleware",
    "OwnKey",
    "OwnKeys",
    "Problem",
    "keys_router",
]

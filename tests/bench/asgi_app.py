"""One route three ways: open to anyone, behind keycask, and behind keyshield without and with its cache."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import keycask
from fastapi import FastAPI, Security
from keycask.fastapi import KeycaskAuth
from keyshield import ApiKeyService
from keyshield.api import create_depends_api_key
from keyshield.hasher.argon2 import Argon2ApiKeyHasher
from keyshield.repositories.in_memory import InMemoryApiKeyRepository
from keyshield.services.cached import CachedApiKeyService

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

FOLDER = Path(os.environ["KEYCASK_BENCH_FOLDER"])

vault = keycask.Vault(FOLDER / "keys.db", create=True)
issued = vault.create_key("bench", owner="acct_42", scopes=["reports:read"], actor="bench")
secrets = {"/open": "none", "/keycask": issued.secret}
auth = KeycaskAuth(vault, prefix="bench")


shields: dict[str, ApiKeyService] = {}


@contextlib.asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
    """Tells the secrets."""
    for path, service in shields.items():
        secrets[path] = (await service.create(name=path, scopes=["reports:read"]))[1]
    (FOLDER / "secrets.part").write_text(json.dumps(secrets))
    (FOLDER / "secrets.part").rename(FOLDER / "secrets.json")
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/open")
async def anyone() -> dict[str, str]:
    return {"report": "all is well"}


@app.get("/keycask")
async def with_keycask(_: Annotated[keycask.Key, Security(auth, scopes=["reports:read"])]) -> dict[str, str]:
    return {"report": "all is well"}


def shield(path: str, kind: type[ApiKeyService]) -> None:
    """A route behind keyshield; its delay of 0.1 to 0.3 seconds a refusal is left out."""
    hasher = Argon2ApiKeyHasher(pepper="of a benchmark")
    shields[path] = kind(repo=InMemoryApiKeyRepository(), hasher=hasher, min_delay=0, max_delay=0)

    async def the_service() -> ApiKeyService:
        return shields[path]

    dependency = create_depends_api_key(the_service, required_scopes=["reports:read"])
    app.get(path, dependencies=[Security(dependency)])(anyone)


shield("/keyshield", ApiKeyService)
shield("/keyshield-cached", CachedApiKeyService)

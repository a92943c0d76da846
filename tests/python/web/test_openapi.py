"""Guards against a description that the server doesn't keep to, and against odd requests that break it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import keycask
from conftest import secret_of
from servers import free_port, serving, uvicorn

if TYPE_CHECKING:
    from pathlib import Path

SEED = os.environ.get("KEYCASK_SEED", "7")
EXAMPLES = 10 * int(os.environ.get("KEYCASK_SCALE", "1"))


def test_schemathesis_finds_nothing(path: Path, tmp_path: Path) -> None:
    with keycask.Vault(path, create=True) as vault:
        issued = vault.create_key("acme_live", owner="another", scopes=["reports:read"], actor="alice")
        vault.update_policy(max_grace=timedelta(days=30), actor="alice")
    secret, port, log = secret_of(issued), free_port(), tmp_path / "server.log"
    with serving(uvicorn("fastapi_app:app", port), port, log=log, KEYCASK_TEST_VAULT=str(path)):
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{port}/openapi.json"]
        command += ["--seed", SEED, "--max-examples", str(EXAMPLES), "--no-color", "--checks", "all"]
        command += ["--header", "X-Test-User: ann", "--header", f"Authorization: Bearer {secret}"]
        command += ["--include-path-regex", "^/(keys|reports)"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout[-8_000:] + ran.stderr[-2_000:]
    # Not that it found nothing because it asked nothing.
    assert "Tested: 9" in ran.stdout, ran.stdout[-2_000:]
    with keycask.Vault(path) as vault:
        assert len(list(vault.keys(owner="ann"))) > EXAMPLES // 2
        assert vault.check(deep=True)

"""Guards against a wheel whose command is missing, ignores Ctrl-C, or answers with other exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import keycask
import pytest
from conftest import secret_of

SCRIPT = str(Path(sysconfig.get_path("scripts")) / "keycask")


def command(*args: str, vault: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KEYCASK_VAULT": str(vault or "")}
    return subprocess.run(
        args, input=stdin, capture_output=True, text=True, env=environment, timeout=60, check=False
    )


@pytest.mark.parametrize("program", [[SCRIPT], [sys.executable, "-m", "keycask"]], ids=["script", "module"])
def test_both_see_one_vault(program: list[str], path: Path, vault: keycask.Vault) -> None:
    created = command(
        *program,
        "create",
        "--prefix",
        "acme_live",
        "--owner",
        "acct_42",
        "--actor",
        "bob",
        "--json",
        vault=path,
    )
    assert created.returncode == 0, created.stderr
    key = json.loads(created.stdout)
    assert vault.verify(key.pop("secret")).to_dict() == key
    issued = vault.create_key("acme_live", owner="acct_42", actor="alice")
    verified = command(*program, "verify", "--json", vault=path, stdin=secret_of(issued))
    assert json.loads(verified.stdout)["owner"] == "acct_42"
    shown = command(*program, "list", "--json", vault=path)
    assert [json.loads(line) for line in shown.stdout.splitlines()] == [key.to_dict() for key in vault.keys()]
    changes = command(*program, "audit", "changes", "--json", vault=path)
    told = [change.to_dict() for change in vault.changes()]
    assert sorted(map(repr, map(json.loads, changes.stdout.splitlines()))) == sorted(map(repr, told))
    policy = command(*program, "policy", "show", "--json", vault=path)
    assert json.loads(policy.stdout) == vault.policy().to_dict()


def test_exit_codes(path: Path, vault: keycask.Vault) -> None:
    assert command(SCRIPT, "--version").stdout.split()[-1] == keycask.__version__
    assert command(SCRIPT, "verify", vault=path, stdin="x").returncode == 1
    assert command(SCRIPT, "no-such-command").returncode == 2
    missing = command(SCRIPT, "list", "--json", vault=path.with_name("none.db"))
    assert missing.returncode == 3
    assert json.loads(missing.stderr)["error"]["code"] == keycask.VaultMissingError.code


def test_ctrl_c_ends_it(path: Path, vault: keycask.Vault) -> None:
    environment = {**os.environ, "KEYCASK_VAULT": str(path)}
    with subprocess.Popen([SCRIPT, "verify"], stdin=subprocess.PIPE, env=environment) as waiting:
        time.sleep(1)
        assert waiting.poll() is None
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(10) == -signal.SIGINT

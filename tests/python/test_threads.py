"""Guards against answers that mix threads up, a file that is read with the interpreter held, and leaks."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time

import keycask
from conftest import secret_of

THREADS = 8


def test_eight_threads_use_one_vault(vault: keycask.Vault) -> None:
    wrong: list[str] = []

    def work(number: int) -> None:
        owner = f"acct_{number}"
        issued = vault.create_key("acme_live", owner=owner, actor=owner)
        for _ in range(25):
            if vault.verify(secret_of(issued), client_ip="192.0.2.1").owner != owner:
                wrong.append("another's key")
            if {key.owner for key in vault.keys(owner=owner)} != {owner}:
                wrong.append("another's list")
        issued = vault.rotate(issued.key.id, actor=owner)
        vault.revoke(issued.key.id, actor=owner)
        try:
            vault.verify(secret_of(issued))
            wrong.append("accepted after its revocation")
        except keycask.KeyRejectedError as refused:
            if refused.reason != "revoked":
                wrong.append(refused.reason)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    assert not wrong
    assert vault.check(deep=True)
    assert vault.stats().verifies["valid"] == THREADS * 25


def test_other_threads_run_while_a_verb_is_busy_with_the_file(vault: keycask.Vault) -> None:
    vault.create_keys([keycask.NewKey("acme_live") for _ in range(20_000)], actor="alice")
    ticks, done = [0], threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks[0] += 1
            time.sleep(0.001)

    ticker = threading.Thread(target=tick)
    ticker.start()
    before, began = ticks[0], time.monotonic()
    assert vault.check(deep=True)
    took, ticked = time.monotonic() - began, ticks[0] - before
    done.set()
    ticker.join()
    assert ticked > took * 100, f"{ticked} ticks in {took:.2f} s"


def test_no_thread_at_import_or_open(vault: keycask.Vault) -> None:
    code = (
        "import os, keycask, keycask.aio, keycask.testing; "
        f"vault = keycask.Vault({str(vault.path)!r}); "
        "print(len(os.listdir('/proc/self/task')), "
        f"sum(os.readlink(f'/proc/self/fd/{{fd}}').startswith({str(vault.path)!r}) "
        "for fd in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{fd}')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == ["1", "0"]


def resident() -> int:
    """KiB of memory that this process holds, shared ones left out."""
    with open("/proc/self/smaps_rollup") as lines:
        return sum(
            int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))
        )


def test_memory_is_flat_over_300_000_verifies(vault: keycask.Vault, secret: str) -> None:
    vault.update_policy(use_mode="off", actor="alice")

    def verify(times: int) -> None:
        for number in range(times):
            vault.verify(secret, scopes=["reports:read"], client_ip="192.0.2.1", prefix="acme_live").to_dict()
            if number % 10 == 0:
                with contextlib.suppress(keycask.KeyRejectedError):
                    vault.verify(secret + "x")

    verify(20_000)
    before = resident()
    verify(300_000)
    grown = resident() - before
    assert grown < 2048, f"{grown} KiB more"

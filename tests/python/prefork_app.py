"""A WSGI application that opens its vault where it is imported and, as applications do, uses it there too.

Under ``gunicorn --preload`` that is before the fork.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keycask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

VAULT = keycask.Vault(os.environ.get("KEYCASK_TEST_VAULT") or ":memory:", create=True)
KNOWN = VAULT.create_key("acme_live", owner="at import", actor=f"pid:{os.getpid()}")
VAULT.verify(KNOWN.secret or "")


def holds_locks(path: Path) -> bool:
    """Whether this process holds a POSIX lock on the file, as the kernel says."""
    inode, own = f":{path.stat().st_ino}", str(os.getpid())
    lines = (line.split() for line in Path("/proc/locks").read_text().splitlines())
    return any(own in words and any(word.endswith(inode) for word in words) for words in lines)


def use(vault: keycask.Vault, owner: str) -> dict[str, Any]:
    """Creates a key and verifies it; what a parent or client wants to know of that."""
    issued = vault.create_key("acme_live", owner=owner, actor=f"pid:{os.getpid()}")
    assert issued.secret is not None
    assert vault.verify(issued.secret, client_ip="192.0.2.1").id == issued.key.id
    # Where another thread forks meanwhile, the connections are closed until the next use.
    locked = any(holds_locks(vault.path) or not vault.verify(issued.secret) for _ in range(20))
    return {
        "pid": os.getpid(),
        "id": issued.key.id,
        "digest": hashlib.sha256(issued.secret.encode()).hexdigest(),
        "locked": locked,
    }


def application(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers every request with what the use of the vault brought."""
    body = json.dumps(use(VAULT, "worker")).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]

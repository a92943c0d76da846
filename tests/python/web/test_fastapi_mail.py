"""Guards against a rotation that nobody hears of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keycask
from mail_kit import delivered
from servers import Browserless, free_port, serving, uvicorn

if TYPE_CHECKING:
    from pathlib import Path


def test_a_rotation_through_fastapi_is_told_by_mail(path: Path, tmp_path: Path) -> None:
    keycask.Vault(path, create=True).close()
    port, log = free_port(), tmp_path / "server.log"
    with (
        serving(uvicorn("fastapi_app:app", port), port, log=log, KEYCASK_TEST_VAULT=str(path)),
        Browserless(port, X_Test_User="ann") as client,
    ):
        made = client.post("/keys", {"name": "ci"}).json
        new = client.post(f"/keys/{made['id']}/rotate").json
    messages = delivered(path, tmp_path / "mail")
    assert {tuple(message["rcpt_tos"]) for message in messages} == {("ann@example.com",)}
    assert all(message["tls"] for message in messages)
    subjects = [dict(message["headers"])["Subject"] for message in messages]
    assert any("was rotated" in subject for subject in subjects), subjects
    assert any(made["id"] in message["raw"] and new["id"] in message["raw"] for message in messages)

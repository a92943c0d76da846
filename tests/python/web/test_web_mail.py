"""Guards against a rotation that nobody hears of, and mail that holds a secret or is sent twice."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ROOT, SECRET
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import override_settings
from django_kit import logged_in, new_user, using
from flask_site import create_app
from keycask.django.mail import Postman, facts
from mail_kit import delivered, mail_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import keycask

KINDS = [
    "emergency_rotated",
    "expiring",
    "leak_reported",
    "revoked",
    "rotated",
    "rotation_due",
    "window_ending",
]
GRACE = {"grace": 3 * 86_400}
"""So long that the end of the window isn't near."""
IN_MEMORY = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def site(vault: keycask.Vault) -> Iterator[None]:
    with using(vault), override_settings(EMAIL_BACKEND=IN_MEMORY):
        mail.outbox = []
        yield


def notify(*arguments: str) -> str:
    """What the command says."""
    said = StringIO()
    call_command("keycask_notify", *arguments, stdout=said)
    return said.getvalue()


def test_a_rotation_in_django_reaches_a_mail_server(
    vault: keycask.Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = logged_in(new_user(email="owner@example.com"))
    key_id = browser.post("/api-keys/", {}, content_type="application/json").json()["id"]
    rotated = browser.post(f"/api-keys/{key_id}/rotate", GRACE, content_type="application/json").json()
    with mail_server(tmp_path / "mail") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        with override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="localhost",
            EMAIL_PORT=server.port,
            EMAIL_USE_TLS=True,
            EMAIL_HOST_USER=server.user,
            EMAIL_HOST_PASSWORD=server.password,
        ):
            assert notify().startswith("sent notice_")
            assert notify() == ""
        (message,) = server.received(1)
    assert (message["rcpt_tos"], message["tls"], message["login"]) == (["owner@example.com"], True, "keycask")
    headers = dict(message["headers"])
    assert headers["From"] == "API keys <keys@example.com>"
    assert headers["Subject"] == f"API key {vault.key(key_id).start} was rotated"
    assert re.fullmatch(r"<notice_\w+@example\.com>", headers["Message-ID"])
    assert headers["Auto-Submitted"] == "auto-generated"
    assert key_id in message["raw"]
    assert rotated["id"] in message["raw"]
    assert not SECRET.search(message["raw"])


def test_a_rotation_in_flask_reaches_a_mail_server(vault: keycask.Vault, tmp_path: Path) -> None:
    browser = create_app(vault).test_client()
    browser.post("/login", data={"account": "acct_7"})
    key_id = browser.post("/api-keys", json={}).get_json()["id"]
    browser.post(f"/api-keys/{key_id}/rotate", json=GRACE)
    (message,) = delivered(vault.path, tmp_path / "mail")
    assert message["rcpt_tos"] == ["acct_7@example.com"]
    assert key_id in message["raw"]
    assert not SECRET.search(message["raw"])


def of_every_kind(vault: keycask.Vault) -> None:
    """Notices of all kinds that there are."""
    day = timedelta(days=1)

    def key(**fields: Any) -> str:
        return vault.create_key("acme_live", notify_email="o@example.com", actor="alice", **fields).key.id

    vault.rotate(key(name='<b>"&'), grace=timedelta(hours=2), actor="alice")
    vault.rotate(key(), emergency=True, actor="alice")
    vault.revoke(key(), reason="owner_left", actor="alice")
    key(expires_in=day)
    key(rotate_after=day)


def test_every_kind_has_words_and_they_are_the_commands(vault: keycask.Vault) -> None:
    of_every_kind(vault)
    notify()
    kinds = {notice.kind for notice in vault.notices(all=True)}
    assert kinds == set(KINDS) - {"leak_reported"}
    assert len(mail.outbox) == 6
    assert not any("None" in message.body or "{" in message.body for message in mail.outbox)
    assert any('Name:                 <b>"&\n' in message.body for message in mail.outbox)
    templates = ROOT / "python" / "keycask" / "django" / "templates" / "keycask" / "notices"
    for kind in KINDS:
        for own, commands in ((f"{kind}.txt", f"{kind}.txt"), (f"{kind}.subject.txt", f"{kind}.subject")):
            ours = (templates / own).read_text()
            ours = re.sub(r"{% \w+( off)? %}", "", ours).replace("{{ ", "{").replace(" }}", "}")
            theirs = (ROOT / "crates" / "keycask-cli" / "templates" / commands).read_text()
            assert ours.split() == theirs.split(), own


def test_the_facts_are_those_of_the_command(vault: keycask.Vault) -> None:
    of_every_kind(vault)
    names = re.search(
        r"NAMES: \[&str; \d+\] = \[(.*?)\]",
        (ROOT / "crates" / "keycask-cli" / "src" / "notify" / "facts.rs").read_text(),
        re.DOTALL,
    )
    assert names
    for notice in vault.notices(all=True):
        told = facts(notice, vault.id)
        assert sorted(told) == re.findall(r'"(\w+)"', names[1])
        assert all(value for value in told.values())


def test_a_project_may_have_words_of_its_own(vault: keycask.Vault, tmp_path: Path) -> None:
    (tmp_path / "keycask" / "notices").mkdir(parents=True)
    (tmp_path / "keycask" / "notices" / "revoked.txt").write_text("Bye, {{ owner }}: {{ reason }}.")
    (tmp_path / "keycask" / "notices" / "revoked.subject.txt").write_text("Bye,\n{{ owner }}\n")
    key = vault.create_key("acme_live", owner="acct_42", notify_email="o@example.com", actor="alice").key
    vault.revoke(key.id, reason="policy", actor="alice")
    with override_settings(TEMPLATES=[{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]):
        notify()
    assert (mail.outbox[0].subject, mail.outbox[0].body) == ("Bye, acct_42", "Bye, acct_42: policy.")


def test_a_notice_without_a_recipient_stays(vault: keycask.Vault) -> None:
    vault.revoke(vault.create_key("acme_live", actor="alice").key.id, actor="alice")
    assert notify() == ""
    assert len(list(vault.notices())) == 1
    notify("--to", "ops@example.com", "--from", "Keys <k@example.org>")
    (message,) = mail.outbox
    assert (message.to, message.from_email) == (["ops@example.com"], "Keys <k@example.org>")
    assert list(vault.notices()) == []


def test_a_failed_delivery_is_tried_again_and_told(vault: keycask.Vault, tmp_path: Path) -> None:
    for who in ("refused", "owner"):
        issued = vault.create_key("acme_live", notify_email=f"{who}@example.com", actor="alice")
        vault.revoke(issued.key.id, actor="alice")
    with (
        mail_server(tmp_path / "mail", "plain") as server,
        override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=server.port,
        ),
    ):
        with pytest.raises(CommandError, match="1 notices could not be sent"):
            notify()
        (message,) = server.received(1)
        assert message["rcpt_tos"] == ["owner@example.com"]
        (waiting,) = vault.notices()
        assert (waiting.attempts, waiting.next_attempt_at is not None) == (1, True)
        assert notify() == ""


def test_a_server_that_is_gone_costs_one_notice_an_attempt(vault: keycask.Vault) -> None:
    for _ in range(3):
        issued = vault.create_key("acme_live", notify_email="o@example.com", actor="alice")
        vault.revoke(issued.key.id, actor="alice")
    said: list[str] = []
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=1
    ):
        assert Postman(tell=said.append).round(vault) == 1
    assert len(said) == 1
    assert sorted(notice.attempts for notice in vault.notices()) == [0, 0, 1]


def test_a_vault_that_cannot_answer_is_told(vault: keycask.Vault) -> None:
    vault.close()
    with pytest.raises(CommandError, match="closed"):
        notify()

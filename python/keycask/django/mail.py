"""Notices through Django's mailer."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from smtplib import (
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupportedError,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from collections.abc import Callable

    from keycask import Notice, Vault

__all__ = ["Postman"]

LEASE: Final = timedelta(minutes=5)
"""For how long a notice that is being sent is no other sender's."""

NOT_ABOUT_THE_MESSAGE: Final = frozenset({421, 454, 530, 534, 535, 538})
"""Replies that speak of the server or the login. Sources: RFC 5321, section 4.2; RFC 4954, section 6."""

TIMES: Final = ("expires_at", "grace_until", "rotation_due")
WORDS: Final = ("reason", "successor")


class Postman:
    """Sends notices, each to its key's ``notify_email``, else to ``to``; without either it stays.

    The words are the templates ``keycask/notices/KIND.subject.txt`` and ``KIND.txt``, and a project may have
    its own. A notice that could not be sent waits, longer each time, and is given up after 16 attempts.
    """

    def __init__(
        self,
        *,
        to: str | None = None,
        sender: str | None = None,
        tell: Callable[[str], Any] = lambda _: None,
    ) -> None:
        self.to = to
        self.sender = sender or settings.DEFAULT_FROM_EMAIL
        self.tell = tell

    def round(self, vault: Vault) -> int:
        """Sends what is to be sent now, and returns how many deliveries failed.

        Where the server can't be reached or refuses the login the round ends at once, so that it costs one
        notice an attempt and not all of them.
        """
        connection = get_connection()
        failed, last = 0, None
        try:
            while claimed := vault.claim_notices(LEASE, addressed=self.to is None, after=last):
                last = claimed[0].id
                error = self._deliver(claimed[0], vault, connection)
                failed += error is not None
                if error is not None and is_about_server(error):
                    break
        finally:
            with suppress(OSError):
                connection.close()
        return failed

    def _deliver(self, notice: Notice, vault: Vault, connection: Any) -> Exception | None:
        recipient = notice.notify_email or self.to or ""
        try:
            connection.open()
            self.message(notice, vault.id, recipient, connection).send()
        except (OSError, ValueError) as error:
            after = vault.notice_failed(notice.id)
            fate = "dead" if after.dead_at else "failed"
            self.tell(f"{fate} {notice.id} {notice.kind} {notice.key_id} {recipient}: {printable(error)}")
            return error
        vault.ack(notice.id)
        self.tell(f"sent {notice.id} {notice.kind} {notice.key_id} {recipient}")
        return None

    def message(self, notice: Notice, vault_id: str, recipient: str, connection: Any = None) -> EmailMessage:
        """The message. A notice that is sent again has the same ``Message-ID``, by which it can be told."""
        words = facts(notice, vault_id)
        subject = render_to_string(f"keycask/notices/{notice.kind}.subject.txt", words)
        domain = parseaddr(self.sender)[1].rpartition("@")[2] or "localhost"
        return EmailMessage(
            subject=" ".join(subject.split()),
            body=render_to_string(f"keycask/notices/{notice.kind}.txt", words),
            from_email=self.sender,
            to=[recipient],
            connection=connection,
            headers={"Message-ID": f"<{notice.id}@{domain}>", "Auto-Submitted": "auto-generated"},
        )


def facts(notice: Notice, vault_id: str) -> dict[str, str]:
    """What a template can say of a notice: the same words as those of ``keycask notify``."""
    detail = notice.detail
    told = {
        "about": in_utc(notice.about),
        "at": in_utc(notice.at),
        "key_id": notice.key_id,
        "kind": notice.kind,
        "name": notice.name,
        "notice_id": notice.id,
        "owner": notice.owner,
        "start": notice.start,
        "vault_id": vault_id,
        **{name: in_utc(datetime.fromisoformat(detail[name])) for name in TIMES if detail.get(name)},
        **{name: detail.get(name) for name in WORDS},
    }
    return {name: told.get(name) or "-" for name in (*told, *TIMES)}


def in_utc(time: datetime) -> str:
    """``2026-11-24 13:30:00 UTC``."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def is_about_server(error: Exception) -> bool:
    """Whether the next message would fail as well."""
    if isinstance(error, SMTPResponseException):
        return error.smtp_code in NOT_ABOUT_THE_MESSAGE or isinstance(error, SMTPConnectError | SMTPHeloError)
    if isinstance(error, SMTPException):
        return isinstance(error, SMTPServerDisconnected | SMTPNotSupportedError)
    return isinstance(error, OSError)


def printable(error: Exception) -> str:
    """The error as one line: what a server says can hold anything."""
    return "".join(letter if letter.isprintable() else " " for letter in str(error))[:500]

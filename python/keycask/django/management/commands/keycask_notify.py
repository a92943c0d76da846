"""``python manage.py keycask_notify``: sends the vault's notices through Django's mailer."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from keycask import VaultError
from keycask.django.mail import Postman
from keycask.django.vaults import vault, vaults

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Sends what is to be sent, once or every so many seconds."""

    help = "Sends notices of rotations, revocations and expiry by e-mail, with the mailer of the settings."

    def add_arguments(self, parser: CommandParser) -> None:
        """Recipients, the sender, and how often."""
        parser.add_argument("--to", metavar="ADDRESS", help="for keys that have no notify_email")
        parser.add_argument("--from", dest="sender", metavar="ADDRESS", help="instead of DEFAULT_FROM_EMAIL")
        parser.add_argument(
            "--every",
            type=int,
            metavar="SECONDS",
            help="go on until SIGTERM; without it, send what there is and end",
        )

    def handle(self, *_: Any, to: str | None, sender: str | None, every: int | None, **__: Any) -> None:
        """One round, or rounds until a signal; exit code 1 where a delivery failed."""
        postman = Postman(to=to, sender=sender, tell=self.stdout.write)
        if every is None:
            failed = self._round(postman)
            if failed:
                raise CommandError(f"{failed} notices could not be sent; they are tried again later")
            return
        ended = threading.Event()

        def end(*_: Any) -> None:
            ended.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        while not ended.is_set():
            self._round(postman, keep_on=True)
            ended.wait(timedelta(seconds=max(1, every)).total_seconds())

    def _round(self, postman: Postman, *, keep_on: bool = False) -> int:
        try:
            return postman.round(vault())
        except VaultError as error:
            vaults().failed(error)
            if not keep_on:
                raise CommandError(str(error), returncode=3) from error
            self.stderr.write(f"the vault can't answer: {error}")
            return 0

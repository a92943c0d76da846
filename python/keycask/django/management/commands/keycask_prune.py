"""``python manage.py keycask_prune``: removes the uses that the policy no longer keeps."""

from __future__ import annotations

import os
import pwd
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from keycask import VaultError
from keycask.django.vaults import vault


class Command(BaseCommand):
    """Prunes the log of uses; run it once a day."""

    help = "Removes the uses that are older, or more, than the vault's policy keeps. Run it once a day."

    def handle(self, *_: Any, **__: Any) -> None:
        """Prunes, and tells how many events went."""
        try:
            count = vault().prune(actor=actor())
        except VaultError as error:
            raise CommandError(str(error), returncode=3) from error
        self.stdout.write(f"pruned {count} events")


def actor() -> str:
    """Who runs this, as the ``keycask`` command says it."""
    return os.environ.get("KEYCASK_ACTOR") or f"unix:{pwd.getpwuid(os.geteuid()).pw_name}"

"""``python manage.py keycask ...``: the ``keycask`` command on the vault of the settings."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from keycask import Vault
from keycask._native import run_command
from keycask.django import conf

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Passes its arguments on, with the setting's vault and pepper."""

    help = "The keycask command on the vault of the settings, as in: keycask list --state active"
    # `init` runs before there is a vault.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Whatever the command takes; see ``manage.py keycask --help``."""
        parser.add_argument("arguments", nargs=argparse.REMAINDER)

    def run_from_argv(self, argv: list[str]) -> None:
        """Leaves the arguments as they are, but for Django's own two, and exits as the command does."""
        djangos = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        djangos.add_argument("--settings")
        djangos.add_argument("--pythonpath")
        _, arguments = djangos.parse_known_args(argv[2:])
        # Python would only note the signal, until a command that doesn't end by itself came back to it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.exit(run(arguments))

    def handle(self, *_: Any, arguments: Sequence[str], **__: Any) -> None:
        """Runs it for ``call_command``; ``CommandError`` with its exit code where that isn't 0."""
        code = run(arguments)
        if code:
            raise CommandError(f"keycask ended with {code}", returncode=code)


def run(arguments: Sequence[str]) -> int:
    """Runs the command and returns its exit code."""
    settings = conf.settings()
    path = settings.vault.path if isinstance(settings.vault, Vault) else settings.vault
    sys.stdout.flush()
    with ExitStack() as opened, _told(KEYCASK_VAULT=str(path)):
        peppers = [opened.enter_context(_in_memory(pepper)) for pepper in _several(settings.pepper)]
        return run_command(["keycask", *(f"--pepper-file={file}" for file in peppers), *arguments])


@contextmanager
def _told(**variables: str) -> Generator[None]:
    """Sets variables of the environment for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _several(pepper: bytes | tuple[bytes, ...] | None) -> tuple[bytes, ...]:
    if pepper is None:
        return ()
    return (pepper,) if isinstance(pepper, bytes) else pepper


@contextmanager
def _in_memory(pepper: bytes) -> Generator[str]:
    """A file of this process's memory, from which the command reads the pepper without its final newline."""
    descriptor = os.memfd_create("pepper")
    try:
        os.write(descriptor, pepper + b"\n")
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)

"""The ``keycask`` command, as ``keycask`` and as ``python -m keycask``."""

import signal
import sys

from keycask._native import run_command

__all__ = ["main"]


def main() -> int:
    """Runs the command with the arguments of this process and returns its exit code."""
    # Python would only note the signal, until a command that doesn't end by itself came back to it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return run_command(["keycask", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())

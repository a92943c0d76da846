"""What is measured: each contender verifies keys of its own."""

from __future__ import annotations


class Contender:
    """Something that verifies keys. What it does in `verify_all` is timed; what it does in `rest` is not."""

    burst = 50_000
    """The most verifies at a time: keycask's queue of uses holds 65,536."""
    limit: float | None = None
    """The ratio to the floor that the design asks for."""

    def __init__(self, name: str, secrets: list[str], keys: int | None = None) -> None:
        self.name = name
        self.secrets = secrets
        self.keys = len(secrets) if keys is None else keys

    def accepts(self, secret: str) -> bool:
        """Whether it lets the key in."""
        raise NotImplementedError

    def verify_all(self, secrets: list[str]) -> None:
        """Verifies valid keys in a loop of its own, so that no call of ours is measured."""
        for secret in secrets:
            self.accepts(secret)

    def rest(self) -> None:
        """What follows a burst."""

    def close(self) -> None:
        """The end."""

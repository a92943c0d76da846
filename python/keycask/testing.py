"""Fixtures for pytest, which are there wherever keycask is installed.

``keycask_vault`` is a vault in memory whose time ``keycask_clock`` tells and sets, and ``keycask_issued`` a
key in it, with its secret::

    def test_expiry(keycask_vault, keycask_clock):
        issued = keycask_vault.create_key("acme_test", expires_in=timedelta(days=1), actor="tests")
        keycask_clock.advance(timedelta(days=1))
        with pytest.raises(keycask.KeyRejectedError, match="expired"):
            keycask_vault.verify(issued.secret)

Without pytest, ``ClockVault`` and ``Clock`` do the same.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from keycask._native import Issued, Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest import fixture
else:
    try:
        from pytest import fixture
    except ImportError:  # the clock and its vault do without

        def fixture(function):  # noqa: ANN001, ANN202
            return function


__all__ = ["Clock", "ClockVault", "keycask_clock", "keycask_issued", "keycask_vault"]


class Clock:
    """A time that stands still until it is set.

    >>> clock = Clock()
    >>> before = clock.now
    >>> clock.advance(timedelta(hours=1))
    >>> clock.now - before
    datetime.timedelta(seconds=3600)
    """

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC)
        """The time, an aware datetime. Set it to any other."""

    def advance(self, by: timedelta) -> None:
        """Moves the time on, or back where ``by`` is negative."""
        self.now += by


def _by_clock(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The same verb, asked as of the clock's time where no ``now`` is given."""

    @functools.wraps(verb)
    def call(vault: ClockVault, /, *args: Any, now: datetime | None = None, **options: Any) -> Any:
        return verb(vault, *args, now=vault.clock.now if now is None else now, **options)

    return call


class ClockVault(Vault):
    """A new vault in memory that goes by a clock of yours."""

    clock: Clock
    """What tells the time."""

    def __new__(cls, clock: Clock | None = None, *, pepper: bytes | None = None) -> Self:
        """Creates the vault; without a clock it has a new one, which tells the time of now."""
        vault = super().__new__(cls, ":memory:", create=True, pepper=pepper)
        vault.clock = clock or Clock()
        return vault


# Set from outside of the class, so that the types stay those of `Vault`.
for _name in (
    "verify",
    "identify",
    "create_key",
    "create_keys",
    "rotate",
    "finish_rotation",
    "extend_rotation",
    "cancel_rotation",
    "update",
    "disable",
    "enable",
    "revoke",
    "revoke_owner",
    "revoke_secret",
    "key",
    "keys",
    "lineage",
    "due",
    "unused",
    "stats",
    "notices",
    "ack",
    "claim_notices",
    "notice_failed",
    "backup",
    "prune",
    "import_keys",
):
    setattr(ClockVault, _name, _by_clock(getattr(Vault, _name)))


@fixture
def keycask_clock() -> Clock:
    """A clock that stands still until the test moves it."""
    return Clock()


@fixture
def keycask_vault(keycask_clock: Clock) -> Iterator[ClockVault]:
    """A vault in memory that goes by ``keycask_clock``."""
    with ClockVault(keycask_clock) as vault:
        yield vault


@fixture
def keycask_issued(keycask_vault: ClockVault) -> Issued:
    """A key of ``keycask_vault``, with its secret: ``acct_test``'s, of the prefix ``acme_test``."""
    return keycask_vault.create_key("acme_test", owner="acct_test", scopes=["reports:*"], actor="tests")

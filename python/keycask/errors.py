"""What keycask raises.

Every error is a ``KeycaskError`` and has a ``code``, the stable name that all languages share. A refused key
is a ``KeyRejectedError``; a vault that could not answer is a ``VaultError``: let no one in then, and answer
503.
"""

from typing import ClassVar, Final

__all__ = [
    "BusyError",
    "ConflictError",
    "DamagedError",
    "ForeignAccessError",
    "InternalError",
    "InvalidArgumentError",
    "KeyNotFoundError",
    "KeyRejectedError",
    "KeycaskError",
    "NotAVaultError",
    "PepperError",
    "ReadOnlyError",
    "UnsupportedLocationError",
    "UnsupportedVersionError",
    "VaultClosedError",
    "VaultError",
    "VaultFullError",
    "VaultIOError",
    "VaultMissingError",
]


class KeycaskError(Exception):
    """Whatever keycask raises. The text says what was tried, then why, and never holds a secret."""

    code: ClassVar[str] = "error"
    """The stable name of the kind of error."""


class InvalidArgumentError(KeycaskError, ValueError):
    """An argument breaks a limit or a form; the text names it."""

    code = "invalid_argument"


class KeyNotFoundError(KeycaskError, LookupError):
    """No key or notice has this id, or no key this secret."""

    code = "not_found"


class ConflictError(KeycaskError):
    """The state of the key or the vault doesn't allow the change."""

    code = "conflict"


class KeyRejectedError(KeycaskError):
    """Verify refused what was presented.

    Tell the client one thing only: invalid. The rest is for your logs.
    """

    code = "rejected"

    def __init__(
        self,
        reason: str,
        key_id: str | None = None,
        owner: str | None = None,
        missing_scope: str | None = None,
        http_status: int = 401,
    ) -> None:
        super().__init__(reason, key_id, owner, missing_scope, http_status)
        self.reason: Final = reason
        """Why: ``malformed``, ``unknown``, ``revoked``, ``rotated_out``, ``expired``, ``disabled``,
        ``not_yet_valid``, ``wrong_prefix`` or ``missing_scope``."""
        self.key_id: Final = key_id
        """The key's id, where the secret is one of the vault's."""
        self.owner: Final = owner
        """The key's owner, where the secret is one of the vault's and the key has one."""
        self.missing_scope: Final = missing_scope
        """The first demanded scope that the key lacks."""
        self.http_status: Final = http_status
        """The HTTP status to answer with: 401, 403 or 429."""

    def __str__(self) -> str:
        told = [f"the key was refused: {self.reason}"]
        if self.missing_scope is not None:
            told.append(f"needs {self.missing_scope}")
        if self.key_id is not None:
            told.append(f"({self.key_id})")
        return " ".join(told)


class VaultError(KeycaskError):
    """The vault could not answer or make the change; nothing was changed, and no one is let in."""

    code = "vault"


class VaultMissingError(VaultError, FileNotFoundError):
    """There is no vault at the path."""

    code = "vault_missing"


class NotAVaultError(VaultError):
    """What the path leads to isn't a vault."""

    code = "not_a_vault"


class UnsupportedVersionError(VaultError):
    """The vault needs a newer keycask."""

    code = "unsupported_version"


class ReadOnlyError(VaultError):
    """The vault or its folder can't be written or read by this process."""

    code = "read_only"


class UnsupportedLocationError(VaultError):
    """A place where a write-ahead log can't work: a network file system, or a mounted file."""

    code = "unsupported_location"


class BusyError(VaultError):
    """Another writer held the file for longer than the busy timeout. Try again."""

    code = "busy"


class VaultFullError(VaultError):
    """The disk is full."""

    code = "vault_full"


class DamagedError(VaultError):
    """The content of the file contradicts itself."""

    code = "damaged"


class VaultIOError(VaultError, OSError):
    """The operating system failed to read or write."""

    code = "io"


class PepperError(VaultError):
    """The vault's pepper is missing or wrong."""

    code = "pepper"


class VaultClosedError(VaultError):
    """The vault was closed."""

    code = "closed"


class ForeignAccessError(VaultError):
    """Something else in this process opened the vault's file, so that its locks no longer hold."""

    code = "foreign_access"


class InternalError(VaultError):
    """A defect of keycask."""

    code = "internal"


CLASSES: Final[dict[str, type[KeycaskError]]] = {
    kind.code: kind
    for kind in (
        InvalidArgumentError,
        KeyNotFoundError,
        ConflictError,
        VaultClosedError,
        ForeignAccessError,
        VaultMissingError,
        NotAVaultError,
        UnsupportedVersionError,
        ReadOnlyError,
        UnsupportedLocationError,
        BusyError,
        VaultFullError,
        DamagedError,
        VaultIOError,
        PepperError,
        InternalError,
    )
}
"""The class of each kind of error, by its stable name."""

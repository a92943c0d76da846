"""API keys for your API, in one file.

>>> import keycask
>>> vault = keycask.Vault(":memory:", create=True)  # or Vault("keys.db"), a file that the processes share
>>> issued = vault.create_key("acme_live", owner="acct_42", scopes=["reports:read"], actor="alice")
>>> secret = issued.secret  # show it now: it is stored nowhere
>>> vault.verify(secret, scopes=["reports:read"], prefix="acme_live").owner
'acct_42'
>>> _ = vault.revoke(issued.key.id, reason="compromised", actor="alice")
>>> try:
...     vault.verify(secret)
... except keycask.KeyRejectedError as refused:
...     refused.reason, refused.http_status
('revoked', 401)
>>> vault.close()

Times are aware ``datetime`` objects, durations ``timedelta``. ``keycask.aio`` has the same for asyncio,
``keycask.testing`` fixtures for pytest.
"""

from keycask._native import (
    Actor,
    Change,
    CheckReport,
    Due,
    Finding,
    ImportNote,
    ImportReport,
    Issued,
    Key,
    LogReport,
    LogsReport,
    Migration,
    NewKey,
    Notice,
    Policy,
    RestoreReport,
    Stats,
    Usage,
    Use,
    Vault,
    __version__,
    migrate,
    redact,
    restore,
)
from keycask.errors import (
    BusyError,
    ConflictError,
    DamagedError,
    ForeignAccessError,
    InternalError,
    InvalidArgumentError,
    KeycaskError,
    KeyNotFoundError,
    KeyRejectedError,
    NotAVaultError,
    PepperError,
    ReadOnlyError,
    UnsupportedLocationError,
    UnsupportedVersionError,
    VaultClosedError,
    VaultError,
    VaultFullError,
    VaultIOError,
    VaultMissingError,
)
from keycask.redaction import RedactingFilter

__all__ = [
    "Actor",
    "BusyError",
    "Change",
    "CheckReport",
    "ConflictError",
    "DamagedError",
    "Due",
    "Finding",
    "ForeignAccessError",
    "ImportNote",
    "ImportReport",
    "InternalError",
    "InvalidArgumentError",
    "Issued",
    "Key",
    "KeyNotFoundError",
    "KeyRejectedError",
    "KeycaskError",
    "LogReport",
    "LogsReport",
    "Migration",
    "NewKey",
    "NotAVaultError",
    "Notice",
    "PepperError",
    "Policy",
    "ReadOnlyError",
    "RedactingFilter",
    "RestoreReport",
    "Stats",
    "UnsupportedLocationError",
    "UnsupportedVersionError",
    "Usage",
    "Use",
    "Vault",
    "VaultClosedError",
    "VaultError",
    "VaultFullError",
    "VaultIOError",
    "VaultMissingError",
    "__version__",
    "migrate",
    "redact",
    "restore",
]

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, NoReturn, Self, TypeAlias, TypedDict, final

from typing_extensions import disjoint_base

__all__ = [
    "Actor",
    "Change",
    "Changes",
    "CheckReport",
    "Due",
    "Finding",
    "ImportNote",
    "ImportReport",
    "Issued",
    "Key",
    "Keys",
    "LogReport",
    "LogsReport",
    "Migration",
    "NewKey",
    "Notice",
    "Notices",
    "Policy",
    "RestoreReport",
    "Stats",
    "Usage",
    "Use",
    "Uses",
    "Vault",
    "__version__",
    "_panic",
    "error_kinds",
    "migrate",
    "redact",
    "restore",
    "run_command",
]

__version__: Final[str]

_Path: TypeAlias = str | os.PathLike[str]
_Address: TypeAlias = str | IPv4Address | IPv6Address
_Actor: TypeAlias = str | Actor
_Encoding: TypeAlias = Literal["base62", "base64url"]
_State: TypeAlias = Literal[
    "active", "superseded", "not_yet_valid", "disabled", "expired", "rotated_out", "revoked"
]
_RevocationReason: TypeAlias = Literal[
    "compromised", "rotation_cancelled", "owner_left", "no_longer_used", "policy", "unspecified"
]
_NoticeKind: TypeAlias = Literal[
    "rotated", "emergency_rotated", "revoked", "window_ending", "expiring", "rotation_due", "leak_reported"
]
_UseMode: TypeAlias = Literal["each", "buckets", "off"]
_UseAcknowledgement: TypeAlias = Literal["batched", "strict"]

class _NewKeyFields(TypedDict, total=False):
    prefix: str
    owner: str | None
    name: str | None
    scopes: Iterable[str] | None
    metadata: Mapping[str, Any] | None
    notify_email: str | None
    not_before: datetime | None
    expires_at: datetime | None
    expires_in: timedelta | None
    rotate_after: timedelta | None
    encoding: _Encoding
    request_id: str | None

def redact(text: str, /) -> str: ...
def migrate(path: _Path, *, backup: bool = True, actor: _Actor | None = None) -> Migration: ...
def restore(
    backup: _Path,
    path: _Path,
    *,
    actor: _Actor,
    reapply_revocations: bool = False,
    another_vault: bool = False,
    checkpoints: str | None = None,
) -> RestoreReport: ...
def run_command(args: Iterable[str]) -> int: ...
def error_kinds() -> list[tuple[str, int]]: ...
def _panic() -> None: ...

@final
class Actor:
    def __new__(
        cls, name: str, *, client_ip: _Address | None = None, request_id: str | None = None
    ) -> Self: ...
    @property
    def name(self) -> str: ...

@disjoint_base
class Vault:
    def __new__(
        cls,
        path: _Path,
        create: bool = False,
        *,
        pepper: bytes | Iterable[bytes] | None = None,
        busy_timeout: timedelta | None = None,
        mode: int = 0o600,
        group: int | None = None,
        actor: _Actor | None = None,
    ) -> Self: ...
    @property
    def id(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def closed(self) -> bool: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
        /,
    ) -> None: ...
    def create_key(
        self,
        prefix: str,
        *,
        actor: _Actor,
        owner: str | None = None,
        name: str | None = None,
        scopes: Iterable[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        notify_email: str | None = None,
        not_before: datetime | None = None,
        expires_at: datetime | None = None,
        expires_in: timedelta | None = None,
        rotate_after: timedelta | None = None,
        encoding: _Encoding = "base62",
        request_id: str | None = None,
        now: datetime | None = None,
    ) -> Issued: ...
    def create_keys(
        self, keys: Iterable[NewKey | _NewKeyFields], *, actor: _Actor, now: datetime | None = None
    ) -> list[Issued]: ...
    def rotate(
        self,
        key_id: str,
        *,
        actor: _Actor,
        grace: timedelta | None = None,
        emergency: bool = False,
        expires_at: datetime | None = None,
        request_id: str | None = None,
        now: datetime | None = None,
    ) -> Issued: ...
    def finish_rotation(self, key_id: str, *, actor: _Actor, now: datetime | None = None) -> Key: ...
    def extend_rotation(
        self, key_id: str, grace: timedelta, *, actor: _Actor, now: datetime | None = None
    ) -> Key: ...
    def cancel_rotation(
        self, key_id: str, *, actor: _Actor, force: bool = False, now: datetime | None = None
    ) -> Key: ...
    def verify(
        self,
        presented: str | bytes,
        *,
        scopes: Iterable[str] | None = None,
        prefix: str | None = None,
        client_ip: _Address | None = None,
        request_id: str | None = None,
        event: bool = True,
        now: datetime | None = None,
    ) -> Key: ...
    def identify(self, presented: str | bytes, *, now: datetime | None = None) -> Key | None: ...
    def update(
        self,
        key_id: str,
        *,
        actor: _Actor,
        prefix: str = ...,
        name: str | None = ...,
        scopes: Iterable[str] = ...,
        metadata: Mapping[str, Any] | None = ...,
        notify_email: str | None = ...,
        not_before: datetime | None = ...,
        expires_at: datetime | None = ...,
        rotate_after: timedelta | None = ...,
        now: datetime | None = None,
    ) -> Key: ...
    def disable(self, key_id: str, *, actor: _Actor, now: datetime | None = None) -> Key: ...
    def enable(self, key_id: str, *, actor: _Actor, now: datetime | None = None) -> Key: ...
    def revoke(
        self,
        key_id: str,
        *,
        actor: _Actor,
        reason: _RevocationReason = "unspecified",
        note: str | None = None,
        now: datetime | None = None,
    ) -> Key: ...
    def revoke_secret(
        self,
        presented: str | bytes,
        *,
        actor: _Actor,
        reason: _RevocationReason = "unspecified",
        note: str | None = None,
        now: datetime | None = None,
    ) -> Key: ...
    def revoke_owner(
        self,
        owner: str,
        *,
        actor: _Actor,
        reason: _RevocationReason = "unspecified",
        note: str | None = None,
        now: datetime | None = None,
    ) -> list[Key]: ...
    def keys(
        self,
        *,
        owner: str | None = None,
        prefix: str | None = None,
        name: str | None = None,
        scope: str | None = None,
        state: _State | Iterable[_State] | None = None,
        after: str | None = None,
        limit: int | None = None,
        now: datetime | None = None,
    ) -> Iterator[Key]: ...
    def changes(
        self,
        *,
        key_id: str | None = None,
        kind: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = False,
        after: int | None = None,
        limit: int | None = None,
    ) -> Iterator[Change]: ...
    def uses(
        self,
        *,
        key_id: str | None = None,
        outcome: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = False,
        after: int | None = None,
        limit: int | None = None,
    ) -> Iterator[Use]: ...
    def notices(
        self,
        *,
        all: bool = False,
        dead: bool = False,
        kind: _NoticeKind | None = None,
        after: str | None = None,
        limit: int | None = None,
        now: datetime | None = None,
    ) -> Iterator[Notice]: ...
    def ack(self, notice_id: str, *, now: datetime | None = None) -> Notice: ...
    def claim_notices(
        self,
        lease: timedelta,
        *,
        limit: int = 1,
        addressed: bool = False,
        after: str | None = None,
        now: datetime | None = None,
    ) -> list[Notice]: ...
    def notice_failed(
        self,
        notice_id: str,
        *,
        first: timedelta | None = None,
        longest: timedelta | None = None,
        attempts: int | None = None,
        now: datetime | None = None,
    ) -> Notice: ...
    def retry_notice(self, notice_id: str) -> Notice: ...
    def key(self, key_id: str, *, now: datetime | None = None) -> Key: ...
    def lineage(self, key_id: str, *, now: datetime | None = None) -> list[Key]: ...
    def usage(self, key_id: str) -> Usage: ...
    def due(self, within: timedelta | None = None, *, now: datetime | None = None) -> list[Due]: ...
    def unused(self, since: datetime, *, now: datetime | None = None) -> list[tuple[Key, Usage]]: ...
    def prefixes(self) -> list[str]: ...
    def stats(self, *, now: datetime | None = None) -> Stats: ...
    def policy(self) -> Policy: ...
    def update_policy(
        self,
        *,
        actor: _Actor,
        prefixes: Iterable[str] = ...,
        default_grace: timedelta = ...,
        min_grace: timedelta = ...,
        max_grace: timedelta = ...,
        max_lifetime: timedelta | None = ...,
        max_living_keys: int | None = ...,
        use_mode: _UseMode = ...,
        use_acknowledgement: _UseAcknowledgement = ...,
        retain_uses: timedelta = ...,
        retain_uses_bytes: int = ...,
        notice_ahead: timedelta = ...,
    ) -> Policy: ...
    def check(self, *, deep: bool = False) -> CheckReport: ...
    def flush(self) -> None: ...
    def backup(self, path: _Path, *, actor: _Actor | None = None, now: datetime | None = None) -> None: ...
    def prune(self, *, actor: _Actor, now: datetime | None = None) -> int: ...
    def erase_person(self, person: str, *, actor: _Actor) -> int: ...
    def checkpoint(self, *, signer: str | None = None) -> str: ...
    def verify_logs(self, *, since: str | None = None, verifier: str | None = None) -> LogsReport: ...
    def set_pepper(self, pepper: bytes, *, actor: _Actor) -> bool: ...
    def retire_pepper(self, *, actor: _Actor) -> None: ...
    def keys_on_retired_pepper(self) -> list[Key]: ...
    def import_keys(
        self,
        source: str | bytes | Iterable[str | bytes | Mapping[str, Any]],
        *,
        actor: _Actor,
        format: Literal["csv", "jsonl"] | None = None,
        scheme: str | None = None,
        recipe: str | None = None,
        owner: str | None = None,
        prefix: str | None = None,
        all_or_nothing: bool = False,
        dry_run: bool = False,
        now: datetime | None = None,
    ) -> ImportReport: ...

@final
class NewKey:
    def __new__(
        cls,
        prefix: str,
        *,
        owner: str | None = None,
        name: str | None = None,
        scopes: Iterable[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        notify_email: str | None = None,
        not_before: datetime | None = None,
        expires_at: datetime | None = None,
        expires_in: timedelta | None = None,
        rotate_after: timedelta | None = None,
        encoding: _Encoding = "base62",
        request_id: str | None = None,
    ) -> Self: ...
    @property
    def prefix(self) -> str: ...

@final
class Issued:
    @property
    def key(self) -> Key: ...
    @property
    def secret(self) -> str | None: ...
    @property
    def replayed(self) -> bool: ...
    def __reduce_ex__(self, protocol: Any, /) -> NoReturn: ...

@final
class Key:
    @property
    def id(self) -> str: ...
    @property
    def prefix(self) -> str: ...
    @property
    def start(self) -> str: ...
    @property
    def encoding(self) -> _Encoding: ...
    @property
    def owner(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def scopes(self) -> list[str]: ...
    @property
    def metadata(self) -> dict[str, Any] | None: ...
    @property
    def notify_email(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def created_by(self) -> str: ...
    @property
    def not_before(self) -> datetime | None: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def rotate_after(self) -> timedelta | None: ...
    @property
    def disabled(self) -> bool: ...
    @property
    def revoked_at(self) -> datetime | None: ...
    @property
    def revoked_by(self) -> str | None: ...
    @property
    def revoked_reason(self) -> _RevocationReason | None: ...
    @property
    def revoked_note(self) -> str | None: ...
    @property
    def replaces(self) -> str | None: ...
    @property
    def replaced_by(self) -> str | None: ...
    @property
    def lineage(self) -> str: ...
    @property
    def grace_until(self) -> datetime | None: ...
    @property
    def state(self) -> _State: ...
    def has_scope(self, wanted: str) -> bool: ...
    def state_at(self, now: datetime) -> _State: ...
    def to_dict(self) -> dict[str, Any]: ...
    def to_json(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: Any) -> Self: ...

@final
class Due:
    @property
    def key(self) -> Key: ...
    @property
    def reason(self) -> Literal["rotation", "expiry", "window_end", "without_successor"]: ...
    @property
    def at(self) -> datetime: ...

@final
class Usage:
    @property
    def uses(self) -> int: ...
    @property
    def last_used_at(self) -> datetime | None: ...

@final
class Change:
    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def key_id(self) -> str | None: ...
    @property
    def actor(self) -> str | None: ...
    @property
    def client_ip(self) -> str | None: ...
    @property
    def request_id(self) -> str | None: ...
    @property
    def detail(self) -> dict[str, Any]: ...
    def to_dict(self) -> dict[str, Any]: ...
    def to_json(self) -> str: ...

@final
class Use:
    @property
    def seq(self) -> int | None: ...
    @property
    def at(self) -> datetime: ...
    @property
    def last_at(self) -> datetime: ...
    @property
    def count(self) -> int: ...
    @property
    def outcome(self) -> str: ...
    @property
    def key_id(self) -> str | None: ...
    @property
    def client_ip(self) -> str | None: ...
    @property
    def request_id(self) -> str | None: ...
    def to_dict(self) -> dict[str, Any]: ...
    def to_json(self) -> str: ...

@final
class Notice:
    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> _NoticeKind: ...
    @property
    def at(self) -> datetime: ...
    @property
    def about(self) -> datetime: ...
    @property
    def key_id(self) -> str: ...
    @property
    def start(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def owner(self) -> str: ...
    @property
    def notify_email(self) -> str | None: ...
    @property
    def detail(self) -> dict[str, Any]: ...
    @property
    def acked_at(self) -> datetime | None: ...
    @property
    def attempts(self) -> int: ...
    @property
    def next_attempt_at(self) -> datetime | None: ...
    @property
    def dead_at(self) -> datetime | None: ...
    def to_dict(self) -> dict[str, Any]: ...
    def to_json(self) -> str: ...

@final
class Policy:
    @property
    def prefixes(self) -> list[str]: ...
    @property
    def default_grace(self) -> timedelta: ...
    @property
    def min_grace(self) -> timedelta: ...
    @property
    def max_grace(self) -> timedelta: ...
    @property
    def max_lifetime(self) -> timedelta | None: ...
    @property
    def max_living_keys(self) -> int | None: ...
    @property
    def use_mode(self) -> _UseMode: ...
    @property
    def use_acknowledgement(self) -> _UseAcknowledgement: ...
    @property
    def retain_uses(self) -> timedelta: ...
    @property
    def retain_uses_bytes(self) -> int: ...
    @property
    def notice_ahead(self) -> timedelta: ...
    def to_dict(self) -> dict[str, Any]: ...
    def to_json(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Finding:
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class CheckReport:
    @property
    def ok(self) -> bool: ...
    @property
    def findings(self) -> list[Finding]: ...
    def __bool__(self) -> bool: ...

@final
class LogsReport:
    @property
    def ok(self) -> bool: ...
    @property
    def logs(self) -> list[LogReport]: ...
    def __bool__(self) -> bool: ...

@final
class LogReport:
    @property
    def log(self) -> Literal["changes", "uses"]: ...
    @property
    def size(self) -> int: ...
    @property
    def root(self) -> str: ...
    @property
    def findings(self) -> list[Finding]: ...

@final
class Stats:
    @property
    def keys(self) -> dict[str, int]: ...
    @property
    def verifies(self) -> dict[str, int]: ...
    @property
    def log_sizes(self) -> dict[str, int]: ...
    @property
    def pruned_uses(self) -> int: ...
    @property
    def file_bytes(self) -> int: ...
    @property
    def wal_bytes(self) -> int: ...
    @property
    def busy(self) -> dict[str, int]: ...

@final
class Migration:
    @property
    def from_schema(self) -> int: ...
    @property
    def to_schema(self) -> int: ...
    @property
    def backup(self) -> Path | None: ...

@final
class RestoreReport:
    @property
    def aside(self) -> Path | None: ...
    @property
    def old_logs(self) -> list[Path]: ...
    @property
    def compared(self) -> bool: ...
    @property
    def fault(self) -> str | None: ...
    @property
    def missing_revocations(self) -> list[Key]: ...
    @property
    def accepted_again(self) -> list[Key]: ...
    @property
    def reapplied(self) -> int: ...
    @property
    def lost_keys(self) -> int: ...
    @property
    def lost_changes(self) -> int | None: ...

@final
class ImportReport:
    @property
    def imported(self) -> int: ...
    @property
    def existing(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def warned(self) -> int: ...
    @property
    def notes(self) -> list[ImportNote]: ...

@final
class ImportNote:
    @property
    def line(self) -> int: ...
    @property
    def outcome(self) -> Literal["existing", "refused", "warned"]: ...
    @property
    def message(self) -> str: ...

@final
class Keys(Iterator[Key]):
    def __iter__(self) -> Self: ...
    def __next__(self) -> Key: ...

@final
class Changes(Iterator[Change]):
    def __iter__(self) -> Self: ...
    def __next__(self) -> Change: ...

@final
class Uses(Iterator[Use]):
    def __iter__(self) -> Self: ...
    def __next__(self) -> Use: ...

@final
class Notices(Iterator[Notice]):
    def __iter__(self) -> Self: ...
    def __next__(self) -> Notice: ...

"""The verbs of a key's owner: list, create, rotate, finish, cancel, revoke."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

from keycask._native import Actor, Vault
from keycask._web.answers import RefusedError, answer_to, json_answer, not_found, problem
from keycask._web.body import Fields, idempotency_key
from keycask._web.vaults import Vaults, VaultSource
from keycask.errors import InvalidArgumentError, KeycaskError, KeyNotFoundError, VaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from keycask._native import Issued, Key
    from keycask._web.answers import Answer
    from keycask._web.client import Client
    from keycask._web.request import Request

__all__ = ["NAME_LENGTH", "NOTE_LENGTH", "PAGE_SIZE", "REASONS", "Caller", "SelfService"]

PAGE_SIZE: Final = 100
"""The most keys that one list has."""

REASONS: Final = ("compromised", "no_longer_used", "unspecified")
"""Why an owner may revoke a key."""

NAME_LENGTH: Final = 64
"""Characters of a key's name; they fit the vault's limit of bytes in every script."""

NOTE_LENGTH: Final = 256
"""Characters of a note about a revocation."""

Body: TypeAlias = Mapping[str, Any]

_log = logging.getLogger("keycask.web")


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner who is logged in, and the request by which they ask."""

    owner: str
    """The id of their account: the owner of their keys, and the actor of what they change."""
    email: str | None = None
    """Where notices of their new keys go; the application's to say, never the request's."""
    client_ip: str | None = None
    request_id: str | None = None
    idempotency_key: str | None = None

    @classmethod
    def of(cls, owner: object, request: Request, client: Client, *, email: str | None = None) -> Caller:
        """The caller by what the application knows of them and what the request says.

        Raises ``RefusedError``: 403 where nobody is logged in (``None`` or an empty id), 400 for an
        ``Idempotency-Key`` that doesn't fit.
        """
        key = idempotency_key(request)
        return cls(_owner_id(owner), email, client.address, client.request_id, key)

    def actor(self) -> Actor:
        """Who makes the change, as the log of changes has it."""
        return Actor(self.owner, client_ip=self.client_ip, request_id=self.request_id)


def _owner_id(owner: object) -> str:
    """An account's id as text. Without one every key that has no owner would be theirs."""
    if owner is None or owner == "":
        raise RefusedError(problem(403, "not_logged_in", "Log in to see and change your API keys."))
    if isinstance(owner, bool) or not isinstance(owner, str | int | UUID):
        raise TypeError(
            f"the owner is a {type(owner).__name__}: give the id of the account, a str, int or UUID"
        )
    return str(owner)


class SelfService:
    """What the owner of keys may do with them, each verb answered as the client is to be told.

    It sees the keys of the caller that have ``prefix``, and creates keys with it. Any other key answers
    exactly like one that doesn't exist. A new key may have the scopes that ``scopes`` names or covers, and
    has all of them where the request names none; a rotation copies those of the old key.

    The verbs touch the file: call them in a thread where there is an event loop. They raise nothing of
    keycask's, and ``RefusedError`` neither: they answer.
    """

    def __init__(
        self,
        vault: VaultSource | Vaults,
        *,
        prefix: str,
        scopes: Iterable[str] = (),
        expires_in: timedelta | None = None,
        rotate_after: timedelta | None = None,
    ) -> None:
        if isinstance(scopes, str):
            raise TypeError("scopes is a list of strings, not one string")
        self.vaults = vault if isinstance(vault, Vaults) else Vaults(vault)
        self.prefix = prefix
        self.scopes = sorted(set(scopes))
        self.expires_in = expires_in
        self.rotate_after = rotate_after
        self._try_out()

    def _try_out(self) -> None:
        """Makes a key that nobody has, so that what breaks a limit does so here and not before a customer."""
        with Vault(":memory:", create=True) as vault:
            vault.create_key(
                self.prefix,
                scopes=self.scopes,
                expires_in=self.expires_in,
                rotate_after=self.rotate_after,
                actor="keycask",
            )

    def list(self, caller: Caller, *, after: str | None = None) -> Answer:
        """200 with up to ``PAGE_SIZE`` keys as they were created, after the one that ``after`` names.

        ``next`` is the ``after`` of the next page, ``allowed_scopes`` what a new key may have.
        """
        return self._answer(lambda vault: json_answer(200, self._page(vault, caller, after)))

    def create(self, caller: Caller, body: Body) -> Answer:
        """201 with the new key and its secret. Fields: ``name``, ``scopes``, ``expires_in`` (seconds)."""
        return self._answer(lambda vault: _issued(self._create(vault, caller, Fields(body))))

    def rotate(self, caller: Caller, key_id: str, body: Body) -> Answer:
        """201 with the successor and its secret. Fields: ``grace`` (seconds), or ``emergency`` (a flag)."""
        return self._answer(lambda vault: _issued(self._rotate(vault, caller, key_id, Fields(body))))

    def finish(self, caller: Caller, key_id: str, body: Body) -> Answer:
        """200 with the old key, whose window is over. No fields."""
        return self._change(caller, key_id, body, lambda vault: vault.finish_rotation)

    def cancel(self, caller: Caller, key_id: str, body: Body) -> Answer:
        """200 with the old key, which is whole again. No fields."""
        return self._change(caller, key_id, body, lambda vault: vault.cancel_rotation)

    def revoke(self, caller: Caller, key_id: str, body: Body) -> Answer:
        """200 with the key, revoked. Fields: ``reason`` (one of ``REASONS``), ``note``."""
        return self._answer(lambda vault: self._revoke(vault, caller, key_id, Fields(body)))

    def _answer(self, verb: Callable[[Vault], Answer]) -> Answer:
        try:
            return verb(self.vaults.get())
        except RefusedError as refused:
            return refused.answer
        except VaultError as error:
            _log.error("the vault can't answer: %s", error)
            self.vaults.failed(error)
            return answer_to(error)
        except KeycaskError as error:
            return answer_to(error)

    def _page(self, vault: Vault, caller: Caller, after: str | None) -> dict[str, Any]:
        start = None if after is None else self._own(vault, caller, after).id
        found = list(vault.keys(owner=caller.owner, prefix=self.prefix, after=start, limit=PAGE_SIZE + 1))
        shown = found[:PAGE_SIZE]
        return {
            "keys": [_shown(vault, key) for key in shown],
            "next": shown[-1].id if len(found) > PAGE_SIZE else None,
            "allowed_scopes": self.scopes,
        }

    def _create(self, vault: Vault, caller: Caller, fields: Fields) -> tuple[Vault, Issued]:
        name, scopes, lifetime = (
            fields.text("name", NAME_LENGTH),
            fields.texts("scopes"),
            fields.seconds("expires_in"),
        )
        fields.end()
        for scope in scopes or ():
            if not _covers(self.scopes, scope):
                fields.refuse("scopes", "may have these only: " + (", ".join(self.scopes) or "none"))
        return vault, vault.create_key(
            self.prefix,
            owner=caller.owner,
            name=name,
            scopes=self.scopes if scopes is None else scopes,
            notify_email=caller.email,
            expires_in=self._lifetime(fields, lifetime),
            rotate_after=self.rotate_after,
            request_id=caller.idempotency_key,
            actor=caller.actor(),
        )

    def _lifetime(self, fields: Fields, asked: int | None) -> timedelta | None:
        if asked is None:
            return self.expires_in
        lifetime = timedelta(seconds=asked)
        if asked == 0 or (self.expires_in is not None and lifetime > self.expires_in):
            longest = "" if self.expires_in is None else f" to {int(self.expires_in.total_seconds())}"
            fields.refuse("expires_in", f"must be whole seconds from 1{longest}")
        return lifetime

    def _rotate(self, vault: Vault, caller: Caller, key_id: str, fields: Fields) -> tuple[Vault, Issued]:
        grace, emergency = fields.seconds("grace"), fields.flag("emergency")
        fields.end()
        if emergency and grace is not None:
            fields.refuse("grace", "can't be given with emergency, which ends every relative at once")
        return vault, vault.rotate(
            self._own(vault, caller, key_id).id,
            grace=None if grace is None else timedelta(seconds=grace),
            emergency=emergency,
            request_id=caller.idempotency_key,
            actor=caller.actor(),
        )

    def _revoke(self, vault: Vault, caller: Caller, key_id: str, fields: Fields) -> Answer:
        reason, note = fields.text("reason", 64) or "unspecified", fields.text("note", NOTE_LENGTH)
        fields.end()
        for known in REASONS:
            if reason == known:
                own = self._own(vault, caller, key_id)
                key = vault.revoke(own.id, reason=known, note=note, actor=caller.actor())
                return json_answer(200, _shown(vault, key))
        return fields.refuse("reason", "must be one of " + ", ".join(REASONS))

    def _change(
        self, caller: Caller, key_id: str, body: Body, verb: Callable[[Vault], Callable[..., Key]]
    ) -> Answer:
        def change(vault: Vault) -> Answer:
            Fields(body).end()
            own = self._own(vault, caller, key_id)
            return json_answer(200, _shown(vault, verb(vault)(own.id, actor=caller.actor())))

        return self._answer(change)

    def _own(self, vault: Vault, caller: Caller, key_id: str) -> Key:
        """The caller's key; ``RefusedError`` (404) for all others."""
        try:
            key = vault.key(key_id)
        except (InvalidArgumentError, KeyNotFoundError):
            raise RefusedError(not_found()) from None
        if key.owner != caller.owner or key.prefix != self.prefix:
            raise RefusedError(not_found())
        return key


def _covers(allowed: Iterable[str], scope: str) -> bool:
    """Whether one of the scopes is this one, or ends in ``:*`` where this one goes on."""
    return any(
        one == scope or (one.endswith(":*") and len(scope) >= len(one) and scope.startswith(one[:-1]))
        for one in allowed
    )


def _issued(done: tuple[Vault, Issued]) -> Answer:
    vault, issued = done
    secret = {"secret": issued.secret, "replayed": issued.replayed}
    return json_answer(201, {**_shown(vault, issued.key), **secret})


def _shown(vault: Vault, key: Key) -> dict[str, Any]:
    """What an owner is shown of a key: neither its metadata nor who else had a hand in it."""
    usage = vault.usage(key.id)
    return {
        "id": key.id,
        "prefix": key.prefix,
        "start": key.start,
        "name": key.name,
        "scopes": key.scopes,
        "state": key.state,
        "created_at": _time(key.created_at),
        "not_before": _time(key.not_before),
        "expires_at": _time(key.expires_at),
        "rotate_after": None if key.rotate_after is None else int(key.rotate_after.total_seconds()),
        "grace_until": _time(key.grace_until),
        "replaces": key.replaces,
        "replaced_by": key.replaced_by,
        "revoked_at": _time(key.revoked_at),
        "revoked_reason": key.revoked_reason,
        "last_used_at": _time(usage.last_used_at),
        "uses": usage.uses,
    }


def _time(time: datetime | None) -> str | None:
    """RFC 3339 in UTC, in milliseconds, as everywhere in keycask."""
    return None if time is None else time.isoformat(timespec="milliseconds").replace("+00:00", "Z")

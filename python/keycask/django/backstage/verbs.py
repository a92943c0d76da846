"""What staff may do with a key: the words, the form and the verb of each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from keycask.django.backstage import forms

if TYPE_CHECKING:
    from collections.abc import Callable

    from keycask import Actor, Issued, Key, Vault

    Act = Callable[[Vault, str, dict[str, Any], Actor], Issued | Key]

__all__ = ["VERBS", "Verb"]


class Verb(NamedTuple):
    """A change of one key."""

    title: str
    told: str
    """What it does, on the page that asks for it."""
    act: Act
    states: tuple[str, ...]
    """The states of keys that it is offered for."""
    form: type[forms.TokenForm] = forms.TokenForm
    grave: bool = False
    """Whether it ends what works now, for good."""


def _rotate(vault: Vault, key_id: str, given: dict[str, Any], actor: Actor) -> Issued:
    hours = given["grace_hours"]
    grace = None if hours is None else timedelta(hours=hours)
    return vault.rotate(key_id, grace=grace, request_id=given["token"], actor=actor)


def _emergency(vault: Vault, key_id: str, given: dict[str, Any], actor: Actor) -> Issued:
    return vault.rotate(key_id, emergency=True, request_id=given["token"], actor=actor)


def _revoke(vault: Vault, key_id: str, given: dict[str, Any], actor: Actor) -> Key:
    return vault.revoke(key_id, reason=given["reason"], note=given["note"] or None, actor=actor)


def _plain(verb: Callable[[Vault], Callable[..., Key]]) -> Act:
    """A verb that takes the key and the actor only."""

    def act(vault: Vault, key_id: str, _: dict[str, Any], actor: Actor) -> Key:
        return verb(vault)(key_id, actor=actor)

    return act


LIVING: Final = ("active", "superseded", "not_yet_valid", "disabled")

VERBS: Final[dict[str, Verb]] = {
    "rotate": Verb(
        "Rotate",
        "A new key takes this one's place. Both work until the grace period ends, and then only the new one.",
        _rotate,
        ("active", "not_yet_valid"),
        forms.RotateForm,
    ),
    "finish": Verb(
        "Finish the rotation",
        "The old key is refused from now on. Do so once its client has changed over.",
        _plain(lambda vault: vault.finish_rotation),
        ("superseded",),
    ),
    "cancel": Verb(
        "Cancel the rotation",
        "The new key is revoked, and the old one works on as if nothing had been. A new key that was used "
        "already can't be cancelled.",
        _plain(lambda vault: vault.cancel_rotation),
        ("superseded",),
        grave=True,
    ),
    "disable": Verb(
        "Disable",
        "The key is refused until somebody enables it.",
        _plain(lambda vault: vault.disable),
        ("active", "superseded", "not_yet_valid"),
    ),
    "enable": Verb(
        "Enable",
        "The key works again.",
        _plain(lambda vault: vault.enable),
        ("disabled",),
    ),
    "emergency": Verb(
        "Emergency rotation",
        "For a secret that leaked. This key and every living relative of it are revoked at once, and one new "
        "key is issued. Whoever still uses an old one is refused from that moment on.",
        _emergency,
        LIVING,
        grave=True,
    ),
    "revoke": Verb(
        "Revoke",
        "The key is refused from now on, in every process and for ever. Its relatives stay as they are.",
        _revoke,
        LIVING,
        forms.RevokeForm,
        grave=True,
    ),
}

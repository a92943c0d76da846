"""Who ``request.user`` is behind a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

if TYPE_CHECKING:
    from keycask import Key

__all__ = ["KeyUser", "user_by_pk"]


class KeyUser:
    """The user that a key stands for, without a row in the database: authenticated, and with no permission.

    ``pk``, ``id`` and ``username`` are the key's owner, so that throttles count by owner.
    """

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    def __init__(self, key: Key) -> None:
        self.key = key
        self.pk = self.id = self.username = key.owner

    def __str__(self) -> str:
        return self.username

    def __repr__(self) -> str:
        return f"<KeyUser {self.username} by {self.key.id}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyUser) and self.pk == other.pk

    def __hash__(self) -> int:
        return hash(self.pk)

    def get_username(self) -> str:
        """The key's owner."""
        return self.username

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """No: what a key may do is told by its scopes."""
        return False

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        """No: what a key may do is told by its scopes."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        """No: what a key may do is told by its scopes."""
        return False


def user_by_pk(key: Key) -> Any:
    """The user whose primary key is the key's owner; ``None`` unless there is one who is active.

    Set ``USER`` to its path, ``"keycask.django.users.user_by_pk"``, where views need a real user, or where a
    user who is deactivated must no longer come in by a key. It costs a query for each request.
    """
    model = get_user_model()
    try:
        user = model._default_manager.get(pk=key.owner)
    except (model.DoesNotExist, ValueError, TypeError):
        return None
    return user if user.is_active else None

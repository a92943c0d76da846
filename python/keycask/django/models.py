"""What permissions hang on, and the place in the admin's index. Keys are no rows of the ORM."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

__all__ = ["Keys"]


class NoRows(models.Manager["Keys"]):
    """Finds nothing and asks no database, so that ``dumpdata`` and the like pass by."""

    def get_queryset(self) -> models.QuerySet[Keys]:
        """Nothing."""
        return super().get_queryset().none()


class Keys(models.Model):
    """The API keys as a whole, for ``keycask.view_keys`` and ``keycask.change_keys``: without a table."""

    objects: ClassVar[models.Manager[Keys]] = NoRows()

    class Meta:
        """The permissions."""

        app_label = "keycask"
        managed = False
        base_manager_name = "objects"
        default_permissions = ()
        permissions = (
            ("view_keys", "Can view API keys"),
            ("change_keys", "Can issue, rotate and revoke API keys"),
        )
        verbose_name = "API key"
        verbose_name_plural = "API keys"

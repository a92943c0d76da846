"""The application ``keycask.django``."""

from django.apps import AppConfig
from django.core.checks import register

__all__ = ["KeycaskConfig"]


class KeycaskConfig(AppConfig):
    """API keys: ``INSTALLED_APPS += ["keycask.django"]``."""

    name = "keycask.django"
    label = "keycask"
    verbose_name = "API keys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Registers the system checks."""
        from keycask.django import checks

        register(checks.check_settings)
        register(checks.check_vault)

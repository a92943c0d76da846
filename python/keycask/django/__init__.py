"""keycask in Django: ``INSTALLED_APPS += ["keycask.django"]``.

``KEYCASK = {"VAULT": BASE_DIR / "var/keys.db", "PREFIX": "acme_live"}`` names the vault, and
``keycask.django.conf`` lists the settings. Then::

    from keycask.django import require_key

    @require_key(scopes=["reports:read"])
    def reports(request):
        return JsonResponse({"owner": request.key.owner})

``keycask.django.drf`` has the same for Django REST framework, ``keycask.django.urls`` the pages on which
customers manage their keys. Staff finds the keys in the admin.
"""

from keycask.django.decorators import require_key
from keycask.django.vaults import vault

__all__ = ["require_key", "vault"]

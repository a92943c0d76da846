"""The forms of the admin."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django import forms

from keycask.django import conf

__all__ = ["CreateForm", "RevokeForm", "RotateForm", "TokenForm"]

REASONS: Final = (
    ("unspecified", "Unspecified"),
    ("compromised", "Compromised: the secret leaked"),
    ("owner_left", "The owner left"),
    ("no_longer_used", "No longer used"),
    ("policy", "A policy demands it"),
)


def new_token() -> str:
    """What makes one form of another."""
    return str(uuid.uuid4())


class TokenForm(forms.Form):
    """A form that counts once: sent again, as by a reload, it issues nothing and shows no secret."""

    token = forms.UUIDField(initial=new_token, widget=forms.HiddenInput)

    def clean_token(self) -> str:
        """The token as text."""
        return str(self.cleaned_data["token"])


class RotateForm(TokenForm):
    """How long both secrets work."""

    grace_hours = forms.IntegerField(
        label="Grace period in hours",
        required=False,
        min_value=0,
        max_value=30 * 24,
        help_text="How long the old key works on. Left empty: what the vault's policy says.",
    )


class RevokeForm(TokenForm):
    """Why a key is revoked."""

    reason = forms.ChoiceField(choices=REASONS)
    note = forms.CharField(
        required=False,
        max_length=1024,
        widget=forms.TextInput({"class": "vTextField"}),
        help_text="For the audit log; no secrets.",
    )


class CreateForm(TokenForm):
    """A new key."""

    key_prefix = forms.CharField(
        label="Prefix",
        max_length=24,
        help_text="Whose it is, what kind and which environment: acme_live.",
    )
    owner = forms.CharField(
        max_length=256, required=False, help_text="The account whose key it is, by your own id of it."
    )
    name = forms.CharField(max_length=256, required=False, help_text="What people should call it.")
    scopes = forms.CharField(
        required=False, help_text="Separated by spaces: reports:read. reports:* covers all that begin so."
    )
    notify_email = forms.EmailField(
        label="E-mail for notices", required=False, help_text="Who hears of rotations and of the end."
    )
    expires_in_days = forms.IntegerField(
        label="Expires in days", required=False, min_value=1, max_value=36_500, help_text="Left empty: never."
    )
    rotate_after_days = forms.IntegerField(
        label="Rotate after days",
        required=False,
        min_value=1,
        max_value=36_500,
        help_text="When a notice says that a rotation is due. Left empty: never.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("key_prefix", conf.settings().prefix or "")
        for field in self.visible_fields():
            if not isinstance(field.field, forms.IntegerField):
                field.field.widget.attrs["class"] = "vTextField"

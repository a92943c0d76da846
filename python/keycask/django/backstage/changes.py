"""Issues and changes keys: a form each, and a page that shows a new secret once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect

from keycask import ConflictError, InvalidArgumentError, Issued, KeyNotFoundError
from keycask.django.backstage.base import guarded
from keycask.django.backstage.forms import CreateForm
from keycask.django.backstage.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase

    from keycask import Key
    from keycask.django.backstage.base import Backstage
    from keycask.django.backstage.forms import TokenForm

__all__ = ["change", "create"]


@guarded
def create(backstage: Backstage) -> HttpResponseBase:
    """The form of a new key, and its secret."""
    form = CreateForm(backstage.request.POST or None)
    return _asked(backstage, form, "Add API key", _created, {"button": "Create the key"})


@guarded
def change(backstage: Backstage, key_id: str, verb: str) -> HttpResponseBase:
    """What a verb does, its form, and what came of it."""
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404(f"there is no verb {verb}")
    try:
        key = backstage.vault.key(key_id)
    except InvalidArgumentError as error:
        raise KeyNotFoundError(str(error)) from error

    def act(backstage: Backstage, given: dict[str, Any]) -> Issued | Key:
        return chosen.act(backstage.vault, key_id, given, backstage.actor())

    form = chosen.form(backstage.request.POST or None)
    shown = {
        "key": key,
        "key_url": backstage.url("key", key_id=key_id),
        "verb": chosen,
        "button": chosen.title,
    }
    return _asked(backstage, form, chosen.title, act, shown)


def _asked(
    backstage: Backstage,
    form: TokenForm,
    title: str,
    act: Callable[[Backstage, dict[str, Any]], Issued | Key],
    shown: dict[str, Any],
) -> HttpResponseBase:
    """The form until it is sent and right; then what came of it."""
    if not backstage.may_change:
        raise PermissionDenied
    if form.is_valid():
        try:
            return _done(backstage, title, act(backstage, form.cleaned_data))
        except (ConflictError, InvalidArgumentError) as error:
            form.add_error(None, str(error))
    return backstage.render("form.html", title, form=form, **shown)


def _done(backstage: Backstage, title: str, came_of_it: Issued | Key) -> HttpResponseBase:
    """The new secret, in the answer to the form and nowhere else; or back to the key."""
    if isinstance(came_of_it, Issued):
        url = backstage.url("key", key_id=came_of_it.key.id)
        return backstage.render("issued.html", title, issued=came_of_it, key_url=url)
    messages.success(
        backstage.request, f"{title}: done. The key is {came_of_it.state.replace('_', ' ')} now."
    )
    return HttpResponseRedirect(backstage.url("key", key_id=came_of_it.id))


def _created(backstage: Backstage, given: dict[str, Any]) -> Issued:
    return backstage.vault.create_key(
        given["key_prefix"],
        owner=given["owner"] or None,
        name=given["name"] or None,
        scopes=given["scopes"].split(),
        notify_email=given["notify_email"] or None,
        expires_in=_days(given["expires_in_days"]),
        rotate_after=_days(given["rotate_after_days"]),
        request_id=given["token"],
        actor=backstage.actor(),
    )


def _days(days: int | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)

"""The list of keys, and a key with its audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from django.contrib import messages
from django.http import HttpResponseRedirect

from keycask import InvalidArgumentError, KeyNotFoundError, redact
from keycask.django.backstage.base import guarded
from keycask.django.backstage.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http.response import HttpResponseBase

    from keycask import Key, Vault
    from keycask.django.backstage.base import Backstage

__all__ = ["index", "key"]

PAGE: Final = 50
"""The keys or events that a page shows."""
LOOKED_AT: Final = 5_000
"""The keys that a search reads for one page."""
STATES: Final = (
    ("active", "Active"),
    ("superseded", "Rotating"),
    ("not_yet_valid", "Not yet valid"),
    ("disabled", "Disabled"),
    ("expired", "Expired"),
    ("rotated_out", "Rotated out"),
    ("revoked", "Revoked"),
)
HEADS: Final = ("Key", "State", "Owner", "Scopes", "Created", "Last used")
FILTERS: Final = ("state", "prefix", "owner")


class Page(NamedTuple):
    """Some keys, and the id after which the next page begins, if there is one."""

    keys: list[Key]
    after: str | None


@guarded
def index(backstage: Backstage) -> HttpResponseBase:
    """The keys that match the filters and the search, in the order of their creation."""
    asked = backstage.request.GET
    given = {name: asked[name] for name in FILTERS if asked.get(name)}
    sought = asked.get("q", "").strip()
    if redact(sought) != sought:
        return _without_secret(backstage, sought)
    try:
        page = _page(backstage.vault, given, sought, asked.get("after") or None)
        problem = None
    except InvalidArgumentError as error:
        page, problem = Page([], None), str(error)
    return backstage.render(
        "index.html",
        "API keys",
        rows=[(key, backstage.vault.usage(key.id), backstage.url("key", key_id=key.id)) for key in page.keys],
        after=page.after,
        given=given,
        sought=sought,
        problem=problem,
        heads=HEADS,
        states=STATES,
        prefixes=backstage.vault.prefixes(),
        first=not asked.get("after"),
    )


def _without_secret(backstage: Backstage, sought: str) -> HttpResponseBase:
    """The same search for the secret's start, so that the secret is on no page and in no link."""
    messages.warning(
        backstage.request,
        "What you searched for is a whole secret, and it stands in the server's logs by now. Treat it as "
        "leaked: rotate that key.",
    )
    query = backstage.request.GET.copy()
    query["q"] = redact(sought).rstrip("…")
    return HttpResponseRedirect(f"{backstage.url('changelist')}?{query.urlencode()}")


def _page(vault: Vault, given: Mapping[str, Any], sought: str, after: str | None) -> Page:
    """A page of keys; a search reads so many keys at most, and goes on from there on the next page."""
    if sought.startswith("key_"):
        return Page(_by_id(vault, sought), None)
    keys: list[Key] = []
    last = after
    for looked_at, key in enumerate(vault.keys(**given, after=after)):
        if len(keys) == PAGE or looked_at == LOOKED_AT:
            return Page(keys, last)
        last = key.id
        if _matches(key, sought.lower()):
            keys.append(key)
    return Page(keys, None)


def _by_id(vault: Vault, key_id: str) -> list[Key]:
    try:
        return [vault.key(key_id)]
    except KeyNotFoundError:
        return []


def _matches(key: Key, sought: str) -> bool:
    return any(
        sought in text.lower() for text in (key.start, key.owner, key.name or "", key.notify_email or "")
    )


@guarded
def key(backstage: Backstage, key_id: str) -> HttpResponseBase:
    """A key, its relatives, what may be done with it, and its audit: who changed it, and who used it."""
    vault, asked = backstage.vault, backstage.request.GET
    try:
        found = vault.key(key_id)
    except InvalidArgumentError as error:
        raise KeyNotFoundError(str(error)) from error
    changes = list(vault.changes(key_id=found.id, **_newest(asked.get("changes_before"))))
    uses = list(vault.uses(key_id=found.id, **_newest(asked.get("uses_before"))))
    return backstage.render(
        "key.html",
        found.name or found.start or found.id,
        key=found,
        usage=vault.usage(found.id),
        lineage=[
            (one, backstage.url("key", key_id=one.id))
            for one in vault.lineage(found.id)
            if one.id != found.id
        ],
        verbs=[
            (verb, backstage.url("change", key_id=found.id, verb=name))
            for name, verb in VERBS.items()
            if backstage.may_change and found.state in verb.states
        ],
        changes=[(change, _said(change.detail)) for change in changes],
        changes_before=_older(changes),
        uses=uses,
        uses_before=_older(uses),
    )


def _said(detail: Mapping[str, Any]) -> list[str]:
    """What an event tells, without what it leaves open."""
    return [f"{name}: {_text(value)}" for name, value in detail.items() if value not in (None, "", False)]


def _text(value: Any) -> str:
    return ", ".join(map(str, cast("list[Any]", value))) if isinstance(value, list | tuple) else str(value)


def _newest(before: str | None) -> dict[str, Any]:
    cursor = {"after": int(before)} if before and before.isdecimal() and len(before) < 18 else {}
    return {"newest_first": True, "limit": PAGE + 1, **cursor}


def _older(events: list[Any]) -> int | None:
    """Takes the event that is one too many off, and tells before which the next page begins."""
    if len(events) <= PAGE:
        return None
    events.pop()
    seq: int | None = events[-1].seq
    return seq

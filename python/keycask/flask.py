"""keycask in Flask.

::

    app.config.from_mapping(KEYCASK_VAULT="keys.db", KEYCASK_PREFIX="acme_live")
    Keycask(app)

    @app.get("/reports")
    @require_key(scopes=["reports:read"])
    def reports():
        return {"owner": current_key.owner}

    app.register_blueprint(keys_blueprint(owner=lambda: session.get("account")), url_prefix="/api-keys")
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from flask import Blueprint, Response, after_this_request, current_app, g, redirect, request, url_for
from werkzeug.local import LocalProxy

from keycask import Vault
from keycask._web.answers import RefusedError, lifetime_headers
from keycask._web.body import MAX_BODY
from keycask._web.endpoints import VERBS, Endpoints
from keycask._web.gate import Gate
from keycask._web.page import ASSETS, asset, page
from keycask._web.request import WsgiRequest
from keycask._web.selfservice import SelfService
from keycask._web.vaults import Vaults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import timedelta

    from flask import Flask
    from flask.blueprints import BlueprintSetupState

    from keycask import Key
    from keycask._web.answers import Answer
    from keycask._web.vaults import VaultSource

__all__ = ["Keycask", "current_key", "keys_blueprint", "require_key"]

P = ParamSpec("P")
T = TypeVar("T")

_NAME = "keycask"
_SETTINGS = {
    "KEYCASK_PREFIX": "prefix",
    "KEYCASK_HEADER": "header",
    "KEYCASK_AUTHORIZATION": "authorization",
    "KEYCASK_SCHEMES": "schemes",
    "KEYCASK_TRUSTED_PROXIES": "trusted_proxies",
    "KEYCASK_REQUEST_ID_HEADER": "request_id_header",
    "KEYCASK_REQUIRE_HTTPS": "require_https",
}
"""The settings that a gate has, and its names for them."""


class Keycask:
    """API keys in a Flask application, by its configuration.

    ``KEYCASK_VAULT`` is the path of the vault, ``KEYCASK_PEPPER`` its pepper (bytes, or a list of them).
    ``KEYCASK_PREFIX`` is what presented keys must begin with, ``KEYCASK_HEADER`` (``"X-API-Key"``) and
    ``KEYCASK_AUTHORIZATION`` (``"Authorization"``) where they stand, ``None`` for nowhere, and
    ``KEYCASK_SCHEMES`` (``["Bearer"]``) the schemes of the latter.
    ``KEYCASK_TRUSTED_PROXIES`` lists the proxies whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are
    believed, ``KEYCASK_REQUIRE_HTTPS`` refuses what came without TLS, and ``KEYCASK_REQUEST_ID_HEADER``
    (``"X-Request-ID"``) says by which header the audit log knows a request.

    ``vault`` stands in for ``KEYCASK_VAULT`` and ``KEYCASK_PEPPER``: a ``keycask.Vault``, as in tests, or
    what opens one. The vault is opened by the first request that needs it, and may be used before a fork.
    """

    def __init__(self, app: Flask | None = None, *, vault: VaultSource | None = None) -> None:
        self._given = vault
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Reads the configuration of an application, and serves it."""
        config = cast("dict[str, Any]", app.config)
        unknown = {name for name in config if name.startswith("KEYCASK_")} - _KNOWN
        if unknown:
            raise ValueError(f"there is no setting {min(unknown)}; there are {', '.join(sorted(_KNOWN))}")
        options = {_SETTINGS[name]: config[name] for name in _SETTINGS if name in config}
        app.extensions[_NAME] = _State(Vaults(self._given or _configured(config)), options)

    @property
    def vault(self) -> Vault:
        """The vault of the current application."""
        return _state().vaults.get()


_KNOWN = {*_SETTINGS, "KEYCASK_VAULT", "KEYCASK_PEPPER"}


def _configured(config: dict[str, Any]) -> VaultSource:
    path, pepper = config.get("KEYCASK_VAULT"), config.get("KEYCASK_PEPPER")
    if path is None:
        raise ValueError('set app.config["KEYCASK_VAULT"] to the path of the vault\'s file')
    return lambda: Vault(path, pepper=pepper)


class _State:
    """What the extension keeps of an application."""

    def __init__(self, vaults: Vaults, options: dict[str, Any]) -> None:
        self.vaults = vaults
        self.endpoints: dict[Blueprint, Endpoints] = {}
        self._options = options
        self._gates = {self.prefix: self._gate(self.prefix)}

    @property
    def prefix(self) -> str | None:
        """The prefix of the configuration."""
        return self._options.get("prefix")

    def gate(self, prefix: str | None = None) -> Gate:
        """What lets in keys with the prefix; the configuration's where none is given."""
        wanted = prefix or self.prefix
        return self._gates.get(wanted) or self._gates.setdefault(wanted, self._gate(wanted))

    def _gate(self, prefix: str | None) -> Gate:
        options: dict[str, Any] = {**self._options, "prefix": prefix}
        return Gate(self.vaults, **options)


def _state(app: Any = None) -> _State:
    found = (app or current_app).extensions.get(_NAME)
    if found is None:
        raise RuntimeError("keycask doesn't know this application: call Keycask(app) first")
    return cast("_State", found)


def _current_key() -> Key:
    key = g.get("keycask_key")
    if key is None:
        raise RuntimeError("there is a current_key in views with @require_key only")
    return cast("Key", key)


current_key: Key = cast("Key", LocalProxy(_current_key))
"""The key by which the current request was let in: a ``keycask.Key``."""


def require_key(
    *, scopes: Sequence[str] = (), prefix: str | None = None
) -> Callable[[Callable[P, T]], Callable[P, T | Response]]:
    """Lets in whoever presents a valid key with all these scopes, which the view finds as ``current_key``.

    Every method that the route has is asked for a key. ``prefix`` stands in for the configuration's. It goes
    below the route's own decorator, and over a function of ``before_request`` it protects a whole blueprint.
    """
    if isinstance(scopes, str):
        raise TypeError(f"scopes: give a list, [{scopes!r}]")
    demanded = tuple(scopes)

    def decorate(view: Callable[P, T]) -> Callable[P, T | Response]:
        @wraps(view)
        def protected(*args: P.args, **kwargs: P.kwargs) -> T | Response:
            gate = _state().gate(prefix)
            try:
                key = gate.check(WsgiRequest(request.environ), demanded)
            except RefusedError as refused:
                return _respond(refused.answer)
            g.keycask_key = key
            after_this_request(lambda response: _finished(response, key, gate))
            return cast("T", current_app.ensure_sync(view)(*args, **kwargs))

        return protected

    return decorate


def _finished(response: Response, key: Key, gate: Gate) -> Response:
    """The view's response, which no cache may give in the key's place: it would also once that is revoked."""
    response.headers.update(lifetime_headers(key))
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private"
    response.vary.update(name for name in (gate.headers.authorization, gate.headers.header) if name)
    return response


def _respond(answer: Answer) -> Response:
    return Response(answer.body, status=answer.status, headers=dict(answer.headers))


def keys_blueprint(
    *,
    owner: Callable[[], object],
    email: Callable[[], str | None] | None = None,
    prefix: str | None = None,
    scopes: Iterable[str] = (),
    expires_in: timedelta | None = None,
    rotate_after: timedelta | None = None,
    login_url: str | None = None,
    trusted_origins: Sequence[str] = (),
    name: str = "keycask",
) -> Blueprint:
    """The endpoints and the page on which the logged-in owner manages their keys, to register under a path.

    ``owner`` returns the id of the account that is logged in, ``None`` where nobody is; ``email`` where
    notices of its keys go. A new key gets ``prefix`` (the configuration's where none is given), some of
    ``scopes``, and lives for ``expires_in`` at most. Whoever opens the page without being logged in is sent
    to ``login_url``.

    The endpoints refuse what a page of another site sends. Where an extension checks CSRF tokens too, exempt
    the blueprint from it.
    """
    blueprint = Blueprint(name, __name__)

    def make(setup: BlueprintSetupState) -> None:
        state = _state(setup.app)
        begins = prefix or state.prefix
        if begins is None:
            raise ValueError("keys_blueprint needs a prefix, or KEYCASK_PREFIX in the configuration")
        service = SelfService(
            state.vaults, prefix=begins, scopes=scopes, expires_in=expires_in, rotate_after=rotate_after
        )
        state.endpoints[blueprint] = Endpoints(service, state.gate().clients, trusted_origins)

    def endpoints() -> Endpoints:
        return _state().endpoints[blueprint]

    blueprint.record(make)
    _add_endpoints(blueprint, endpoints, owner, email)
    _add_page(blueprint, owner, login_url)
    return blueprint


def _add_endpoints(
    blueprint: Blueprint,
    endpoints: Callable[[], Endpoints],
    owner: Callable[[], object],
    email: Callable[[], str | None] | None,
) -> None:
    @blueprint.get("")
    def keys() -> Response:
        return _respond(endpoints().list(WsgiRequest(request.environ), owner(), request.args.get("after")))

    @blueprint.post("")
    def create() -> Response:
        asked, whose = WsgiRequest(request.environ), owner()
        told = email() if email and whose is not None else None
        return _respond(endpoints().create(asked, whose, told, _read))

    @blueprint.post(f"/<key_id>/<any({', '.join(VERBS)}):verb>")
    def change(key_id: str, verb: str) -> Response:
        return _respond(endpoints().change(WsgiRequest(request.environ), owner(), key_id, verb, _read))


def _read() -> bytes:
    return request.stream.read(MAX_BODY + 1)


def _add_page(blueprint: Blueprint, owner: Callable[[], object], login_url: str | None) -> None:
    @blueprint.get("/page")
    def keys_page() -> Response:
        if owner() is None and login_url is not None:
            return cast("Response", redirect(login_url))
        return _respond(page(url_for(".keys")))

    @blueprint.get(f"/page/<any({', '.join(map(repr, ASSETS))}):name>")
    def keys_asset(name: str) -> Response:
        return _respond(asset(name))

"""Lets a request in by the key that it presents, or says what to answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from keycask._web.answers import RefusedError, answer_to, insecure, missing_key
from keycask._web.client import Clients
from keycask._web.presented import DEFAULT_HEADER, KeyHeaders
from keycask._web.vaults import Vaults, VaultSource
from keycask.errors import KeyRejectedError, VaultError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keycask._native import Key
    from keycask._web.client import Address, Network
    from keycask._web.request import Request

__all__ = ["Gate"]

_log = logging.getLogger("keycask.web")


class Gate:
    """What every framework demands of a request before it is served.

    Whom it turned away, and why, goes to the logger ``keycask.web``: refusals with the key's id at INFO, a
    vault that can't answer at ERROR.
    """

    def __init__(
        self,
        vault: VaultSource | Vaults,
        *,
        prefix: str | None = None,
        header: str | None = DEFAULT_HEADER,
        authorization: str | None = "Authorization",
        schemes: Iterable[str] = ("Bearer",),
        trusted_proxies: Iterable[str | Network | Address] = (),
        request_id_header: str | None = "X-Request-ID",
        require_https: bool = False,
    ) -> None:
        self.vaults = vault if isinstance(vault, Vaults) else Vaults(vault)
        self.prefix = prefix
        self.headers = KeyHeaders(header=header, authorization=authorization, schemes=schemes)
        self.clients = Clients(trusted_proxies, request_id_header=request_id_header)
        self.require_https = require_https

    def check(self, request: Request, scopes: Sequence[str] = ()) -> Key:
        """The key that the request presents; ``RefusedError`` where it isn't let in."""
        key = self.check_any(request, scopes)
        if key is None:
            raise RefusedError(missing_key())
        return key

    def check_any(self, request: Request, scopes: Sequence[str] = ()) -> Key | None:
        """The same, and ``None`` where the request presents no key: for routes that serve anyone."""
        try:
            presented = self.headers.find(request)
            return None if presented is None else self._verified(request, presented, scopes)
        except KeyRejectedError as error:
            _log.info("%s %s", request.method, error)
            raise RefusedError(answer_to(error, scopes)) from error
        except VaultError as error:
            _log.error("the vault can't answer: %s", error)
            self.vaults.failed(error)
            raise RefusedError(answer_to(error)) from error

    def _verified(self, request: Request, presented: bytes, scopes: Sequence[str]) -> Key:
        client = self.clients.of(request)
        if self.require_https and not client.secure:
            raise RefusedError(insecure())
        return self.vaults.get().verify(
            presented,
            scopes=scopes,
            prefix=self.prefix,
            client_ip=client.address,
            request_id=client.request_id,
        )

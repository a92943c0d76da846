"""Who sent a request: the address behind proxies that are trusted by name, and the request's id."""

from __future__ import annotations

import functools
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keycask._web.request import Request

__all__ = ["Client", "Clients"]

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

UNIX = "unix"
"""Among trusted proxies: whoever connects by a Unix socket."""

_REQUEST_ID_BYTES = 128
_HOST_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Client:
    """Who sent a request, as far as it can be known."""

    address: str | None
    """The address, where there is one."""
    secure: bool
    """Whether the request came over TLS, as far as the trusted proxies say."""
    request_id: str | None
    """The request's id, where it has one that fits the log."""


class Clients:
    """Finds out who sent a request.

    The address is the socket's peer. Only where that is one of ``trusted_proxies`` (networks, addresses, or
    ``"unix"`` for a Unix socket) is ``X-Forwarded-For`` read, from the right, up to the first address that is
    none of them; and ``X-Forwarded-Proto``, each of whose values must say https. ``Forwarded`` is not read: a
    proxy that writes the one usually passes the other on as the client sent it.
    """

    def __init__(
        self,
        trusted_proxies: Iterable[str | Network | Address] = (),
        *,
        request_id_header: str | None = "X-Request-ID",
    ) -> None:
        named = [trusted_proxies] if isinstance(trusted_proxies, str) else list(trusted_proxies)
        self._unix = UNIX in named
        self._networks = [ipaddress.ip_network(network) for network in named if network != UNIX]
        self._request_id_header = request_id_header

    def of(self, request: Request) -> Client:
        """Who sent the request."""
        trusted = self._trusts(request.peer)
        return Client(
            address=self._address(request) if trusted else _text(_parsed(request.peer)),
            secure=self._secure(request, trusted),
            request_id=_request_id(request, self._request_id_header),
        )

    def _trusts(self, peer: str) -> bool:
        if not peer:
            return self._unix
        if not self._networks:
            return False
        address = _parsed(peer)
        return address is not None and self._is_proxy(address)

    def _is_proxy(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def _address(self, request: Request) -> str | None:
        known = _parsed(request.peer)
        for hop in _from_the_right(request.header("x-forwarded-for")):
            address = _parsed(hop)
            if address is None:
                break
            known = address
            if not self._is_proxy(address):
                break
        return _text(known)

    def _secure(self, request: Request, trusted: bool) -> bool:
        if trusted:
            told = [hop.lower() for hop in _from_the_right(request.header("x-forwarded-proto"))]
            if told:
                return all(scheme in {"https", "wss"} for scheme in told)
        return request.scheme in {"https", "wss"}


def _from_the_right(values: list[str]) -> Iterator[str]:
    for value in reversed(values):
        yield from (hop.strip() for hop in reversed(value.split(",")))


def _parsed(host: str) -> Address | None:
    """The address of a host with or without a port, IPv4 as such and without a zone."""
    return _parse(host) if len(host) <= _HOST_LENGTH else None


@functools.lru_cache(maxsize=1024)
def _parse(host: str) -> Address | None:
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


@functools.lru_cache(maxsize=1024)
def _text(address: Address | None) -> str | None:
    return None if address is None else str(address)


def _request_id(request: Request, name: str | None) -> str | None:
    """The id by which the request is known elsewhere; one that doesn't fit the log is left out."""
    values = request.header(name) if name else []
    if len(values) != 1 or not values[0]:
        return None
    try:
        text = values[0].encode("latin-1").decode()
    except UnicodeError:
        return None
    fits = len(values[0]) <= _REQUEST_ID_BYTES and not any(_is_control(letter) for letter in text)
    return text if fits else None


def _is_control(letter: str) -> bool:
    return letter < " " or "\x7f" <= letter < "\xa0"

"""Guards against a client that chooses the address, the scheme or the secret that the server believes in."""

from __future__ import annotations

import random
from typing import Any

import keycask
import pytest
from keycask._web.client import Clients
from keycask._web.presented import KeyHeaders
from keycask._web.request import AsgiRequest, WsgiRequest


def request(
    *headers: tuple[str, str], peer: str | None = "198.51.100.7", scheme: str = "http", method: str = "GET"
) -> AsgiRequest:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    client = None if peer is None else (peer, 1234)
    return AsgiRequest({"type": "http", "method": method, "scheme": scheme, "client": client, "headers": raw})


def forwarded(*values: str, peer: str | None = "10.0.0.1") -> AsgiRequest:
    return request(*(("X-Forwarded-For", value) for value in values), peer=peer)


def test_without_trusted_proxies_the_address_is_the_peers_whatever_is_forwarded() -> None:
    assert Clients().of(forwarded("192.0.2.1", peer="127.0.0.1")).address == "127.0.0.1"
    assert Clients().of(forwarded("192.0.2.1", peer=None)).address is None


@pytest.mark.parametrize(
    ("values", "address"),
    [
        (["192.0.2.1"], "192.0.2.1"),
        (["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
        (["203.0.113.9", "192.0.2.1"], "192.0.2.1"),
        (["203.0.113.9, 192.0.2.1, 10.9.9.9"], "192.0.2.1"),
        (["10.9.9.9"], "10.9.9.9"),
        (["192.0.2.1, unknown, 10.9.9.9"], "10.9.9.9"),
        (["192.0.2.1, "], "10.0.0.1"),
        (["192.0.2.1:50000"], "192.0.2.1"),
        (["[2001:db8::1]:443"], "2001:db8::1"),
        (["2001:db8::1"], "2001:db8::1"),
        (["::ffff:192.0.2.1"], "192.0.2.1"),
        (["fe80::1%eth0"], "fe80::1"),
        ([], "10.0.0.1"),
    ],
)
def test_behind_a_trusted_proxy_the_address_is_the_last_that_none_of_them_has(
    values: list[str], address: str
) -> None:
    assert Clients(["10.0.0.0/8"]).of(forwarded(*values)).address == address


def test_a_peer_that_is_no_trusted_proxy_can_forward_what_it_likes() -> None:
    clients = Clients(["10.0.0.0/8"])
    asked = request(("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https"), peer="198.51.100.7")
    assert clients.of(asked).address == "198.51.100.7"
    assert not clients.of(asked).secure


def test_a_forwarded_address_that_a_client_wrote_is_never_believed() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    choices, clients = random.Random(seed), Clients(["10.0.0.0/8", "fd00::/8"])
    lies = [
        "127.0.0.1",
        "10.0.0.1",
        "fd00::1",
        "unknown",
        "",
        "192.0.2.1",
        "'\"",
        "9" * 400,
        "::ffff:10.0.0.1",
    ]
    for _ in range(500):
        told = ", ".join(choices.choices(lies, k=choices.randrange(5)))
        # What the proxy appends is the truth.
        assert clients.of(forwarded(f"{told}, 198.51.100.7, 10.1.1.1")).address == "198.51.100.7", told


def test_a_unix_socket_is_a_proxy_only_by_name() -> None:
    asked = forwarded("192.0.2.1", peer=None)
    assert Clients("unix").of(asked).address == "192.0.2.1"
    assert Clients(["10.0.0.0/8"]).of(asked).address is None
    environ = {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}
    assert Clients(["unix"]).of(WsgiRequest(environ)).address == "192.0.2.1"


@pytest.mark.parametrize(
    ("scheme", "forwarded", "secure"),
    [
        ("https", [], True),
        ("wss", [], True),
        ("http", [], False),
        ("http", ["https"], True),
        ("http", ["HTTPS"], True),
        ("https", ["http"], False),
        ("http", ["https, http"], False),
        ("http", ["https", "http"], False),
        ("http", ["https, https"], True),
        ("http", [""], False),
    ],
)
def test_a_request_is_secure_only_where_every_proxy_says_so(
    scheme: str, forwarded: list[str], secure: bool
) -> None:
    headers = [("X-Forwarded-Proto", value) for value in forwarded]
    asked = request(*headers, peer="10.0.0.1", scheme=scheme)
    assert Clients(["10.0.0.0/8"]).of(asked).secure is secure


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("req-1", "req-1"),
        ("r" * 128, "r" * 128),
        ("r" * 129, None),
        ("a\x07b", None),
        ("", None),
        ("gr\xc3\xbc\xc3\x9fe", "grüße"),
        ("\xff", None),
    ],
)
def test_an_id_that_doesnt_fit_the_log_is_left_out(value: str, known: str | None) -> None:
    found = Clients().of(request(("X-Request-ID", value))).request_id
    assert found == known
    with keycask.Vault(":memory:", create=True) as vault:
        secret = vault.create_key("acme_live", actor="a").secret or ""
        assert vault.verify(secret, request_id=found)


def test_networks_that_are_none_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="10.0.0.1/8"):
        Clients(["10.0.0.1/8"])


SECRET = "acme_live_secret"


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([], None),
        ([("Authorization", f"Bearer {SECRET}")], SECRET),
        ([("Authorization", f"bearer   {SECRET} ")], SECRET),
        ([("Authorization", "Bearer")], None),
        ([("Authorization", "Bearer ")], None),
        ([("Authorization", "Basic YTpi")], None),
        ([("X-API-Key", SECRET)], SECRET),
        ([("X-API-Key", " ")], None),
        ([("Authorization", "Basic YTpi"), ("X-API-Key", SECRET)], SECRET),
        ([("Authorization", f"Bearer {SECRET}"), ("X-API-Key", SECRET)], SECRET),
        ([("Authorization", "Bearer "), ("X-API-Key", SECRET)], SECRET),
        ([("Authorization", "Bearer sécret")], "sécret"),
    ],
)
def test_what_a_request_presents(headers: list[tuple[str, str]], found: str | None) -> None:
    expected = None if found is None else found.encode("latin-1")
    assert KeyHeaders().find(request(*headers)) == expected
    environ = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers}
    assert KeyHeaders().find(WsgiRequest(environ)) == expected


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", f"Bearer {SECRET}"), ("X-API-Key", "acme_live_other")],
        [("Authorization", f"Bearer {SECRET}"), ("Authorization", f"Bearer {SECRET}")],
        [("Authorization", "Basic YTpi"), ("Authorization", f"Bearer {SECRET}")],
        [("X-API-Key", SECRET), ("X-API-Key", "acme_live_other")],
    ],
)
def test_two_secrets_are_malformed(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(keycask.KeyRejectedError, match="malformed"):
        KeyHeaders().find(request(*headers))


def test_headers_are_what_the_application_says() -> None:
    asked = request(("Authorization", f"Bearer {SECRET}"), ("X-Acme-Key", "other"))
    assert KeyHeaders(header="X-Acme-Key", authorization=None).find(asked) == b"other"
    assert KeyHeaders(header=None).find(asked) == SECRET.encode()
    with pytest.raises(ValueError, match="name a header"):
        KeyHeaders(header=None, authorization=None)


def test_a_request_of_wsgi() -> None:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "post",
        "REMOTE_ADDR": "192.0.2.1",
        "wsgi.url_scheme": "https",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "",
    }
    asked = WsgiRequest(environ)
    assert (asked.method, asked.peer, asked.scheme) == ("POST", "192.0.2.1", "https")
    assert WsgiRequest(environ, scheme="http").scheme == "http"
    assert asked.header("Content-Type") == ["application/json"]
    assert asked.header("content-length") == []

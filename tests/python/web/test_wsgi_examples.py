"""Guards against an example that doesn't start with its one command, or shows what doesn't work."""

from __future__ import annotations

import re
import sys
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import keycask
import pytest
from conftest import ROOT
from servers import Browserless, free_port, serving

if TYPE_CHECKING:
    from pathlib import Path

LOGINS = {"django": ("login/", "username"), "flask": ("login", "user")}


class Browser:
    """Keeps cookies and follows redirects."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}/"
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def send(self, path: str, body: bytes | None = None, **headers: str) -> str:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = Request(self.base + path, body, sent)  # noqa: S310
        with self.opener.open(asked, timeout=30) as answer:
            text: str = answer.read().decode()
            return text


@pytest.mark.parametrize("name", LOGINS)
def test_it_starts_and_a_customer_makes_a_key_that_works(tmp_path: Path, name: str) -> None:
    port, vault = free_port(), tmp_path / "keys.db"
    command = [sys.executable, str(ROOT / "examples" / name / "app.py")]
    with serving(command, port, log=tmp_path / "log", KEYCASK_VAULT=str(vault), PORT=str(port)):
        browser = Browser(port)
        path, field = LOGINS[name]
        form = {field: "ann", "password": "correct horse"}
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.send(""))
        if token:
            form["csrfmiddlewaretoken"] = token[1]
        page = browser.send(path, urlencode(form).encode())
        keys = re.search(r'data-keys="([^"]+)"', page)
        assert keys
        csrf = re.search(r'data-csrf="\[&quot;([\w-]+)&quot;, &quot;(\w+)&quot;\]"', page)
        headers = {csrf[1].replace("-", "_"): csrf[2]} if csrf else {}
        made = browser.send(keys[1][1:], b'{"name": "laptop"}', Content_Type="application/json", **headers)
        secret = re.search(r'"secret":"([^"]+)"', made)
        assert secret
        with Browserless(port) as client:
            assert client.get("/reports", secret[1]).json["report"] == "all is well"
            assert client.get("/reports").status == 401
    with keycask.Vault(vault) as opened:
        assert [key.name for key in opened.keys()] == ["laptop"]

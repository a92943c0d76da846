"""Guards against a page that keeps a secret, can be pressed from another site, or that not everybody can use.

In a real browser: Chromium, headless, against the example application.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from conftest import ROOT, SECRET
from playwright.sync_api import expect, sync_playwright
from servers import Browserless, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = shutil.which("chromium")
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
PICTURES = os.environ.get("KEYCASK_TEST_PICTURES")
"""A folder for pictures of the page: python/docs/pictures has them as page-LOOK.png."""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("KEYCASK_TEST_PAGES"),
    reason="the pages were not run: no chromium is installed",
)


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    """The example application, on a vault of its own; each test is another user."""
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    command = [sys.executable, str(ROOT / "examples" / "fastapi" / "app.py")]
    environment = {"KEYCASK_VAULT": str(folder / "keys.db"), "PORT": str(port)}
    with serving(command, port, log=folder / "server.log", **environment):
        yield port
    assert not SECRET.search((folder / "server.log").read_text())


@pytest.fixture
def context(browser: Browser, site: int) -> Generator[BrowserContext]:
    context = browser.new_context(base_url=f"http://127.0.0.1:{site}")
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Generator[Page]:
    """The page of ann's keys; whatever the browser complains of fails the test."""
    page, complaints = context.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    log_in(page)
    yield page
    assert [told for told in complaints if "Failed to load resource" not in told] == []


def log_in(page: Page) -> None:
    """As a new user each time."""
    page.goto("/")
    page.get_by_label("User").fill(f"user-{uuid4()}")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="API keys", exact=True)).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{name}")).first.click()


def secret_shown(page: Page) -> str:
    field = page.get_by_label("The new key", exact=True)
    expect(field).to_be_visible()
    expect(field).to_have_value(SECRET)
    return field.input_value()


def make(page: Page, name: str) -> str:
    press(page, "New key")
    page.get_by_label("Name").fill(name)
    press(page, "Create key")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return secret_shown(page)


def held(page: Page) -> str:
    """All that the document and what the browser keeps of it hold, fields included."""
    kept: str = page.evaluate(
        """() => [document.documentElement.outerHTML, location.href, JSON.stringify(history.state),
          JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}),
          ...Array.from(document.querySelectorAll("input, textarea"), (field) => field.value)].join("\\n")"""
    )
    return kept


def status(site: int, secret: str) -> int:
    with Browserless(site) as client:
        return client.get("/reports", secret).status


def test_rotate_see_the_new_secret_once_and_finish(page: Page, site: int) -> None:
    old = make(page, "nightly import")
    press(page, "Done")
    assert old not in held(page)
    press(page, "Rotate")
    expect(page.get_by_label("The new key", exact=True)).not_to_have_value(old)
    new = secret_shown(page)
    assert new != old
    assert (status(site, old), status(site, new)) == (200, 200)
    expect(page.get_by_text("works until").first).to_be_visible()
    press(page, "Finish")
    expect(page.get_by_text("the old key works no more")).to_be_visible()
    assert (status(site, old), status(site, new)) == (401, 200)


@pytest.mark.parametrize("leave", ["reload", "back and forward", "forward and back", "open anew"])
def test_no_way_back_shows_a_secret(page: Page, leave: str) -> None:
    secret = make(page, "nightly import")
    assert secret in held(page)
    ways: dict[str, Callable[[], Any]] = {
        "reload": page.reload,
        "back and forward": lambda: (page.go_back(), page.go_forward()),
        "forward and back": lambda: (page.goto("/"), page.go_back()),
        "open anew": lambda: page.goto("/keys/page"),
    }
    ways[leave]()
    expect(page.get_by_role("heading", name="nightly import")).to_be_visible()
    expect(page.get_by_label("The new key", exact=True)).to_be_hidden()
    assert not SECRET.search(held(page))


def test_a_page_that_the_browser_kept_was_wiped(page: Page) -> None:
    make(page, "nightly import")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    assert not SECRET.search(held(page))


def test_the_secret_is_copied(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    secret = make(page, "nightly import")
    press(page, "Copy")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret


def test_an_emergency_and_a_revocation_ask_first(page: Page, site: int) -> None:
    old = make(page, "nightly import")
    press(page, "Done")
    press(page, "Emergency")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert status(site, old) == 200
    press(page, "Emergency")
    press(page, "Replace now")
    expect(page.get_by_text("The old keys work no more.")).to_be_visible()
    new = secret_shown(page)
    assert (status(site, old), status(site, new)) == (401, 200)
    press(page, "Revoke")
    press(page, "Keep it")
    assert status(site, new) == 200
    press(page, "Revoke")
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("You have no key in use.")).to_be_visible()
    assert status(site, new) == 401


def test_a_rotation_is_cancelled(page: Page, site: int) -> None:
    old = make(page, "nightly import")
    press(page, "Rotate")
    expect(page.get_by_text("Finish when nothing uses it")).to_be_visible()
    new = secret_shown(page)
    press(page, "Cancel rotation")
    page.get_by_role("dialog").get_by_role("button", name="Cancel rotation").click()
    expect(page.get_by_text("the rotation was cancelled")).to_be_visible()
    assert (status(site, old), status(site, new)) == (200, 401)


def test_everything_works_from_the_keyboard(page: Page, site: int) -> None:
    expect(page.get_by_role("button", name="New key")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("by hand")
    page.keyboard.press("Enter")
    secret = secret_shown(page)
    expect(page.locator("#issued-title")).to_be_focused()
    page.get_by_role("button", name="Revoke").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep it as it is")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("by hand was revoked")).to_be_visible()
    assert status(site, secret) == 401


def test_what_goes_wrong_is_said(page: Page, context: BrowserContext) -> None:
    make(page, "nightly import")
    context.clear_cookies()
    press(page, "Rotate")
    expect(page.get_by_role("alert")).to_contain_text("no longer logged in")


def test_another_owner_sees_none_of_it(page: Page, browser: Browser, site: int) -> None:
    make(page, "nightly import")
    with contextlib.closing(browser.new_context(base_url=f"http://127.0.0.1:{site}")) as other:
        bobs = other.new_page()
        log_in(bobs)
        expect(bobs.get_by_text("You have no key in use.")).to_be_visible()
        assert "nightly import" not in held(bobs)


FORM = """const form = document.createElement("form"); form.method = "post"; form.action = url;
  document.body.append(form);"""
ATTACKS = {
    "form": f"(url) => {{ {FORM} setTimeout(() => form.submit()); }}",
    "text form": f"""(url) => {{ {FORM} form.enctype = "text/plain";
      form.innerHTML = `<input name='{{"name":"' value='x"}}'>`; setTimeout(() => form.submit()); }}""",
    "fetch": """(url) => { fetch(url, {method: "POST", mode: "no-cors", credentials: "include", body: "{}"})
      .catch(() => 0); }""",
    "json fetch": """(url) => { fetch(url, {method: "POST", credentials: "include", body: "{}",
      headers: {"Content-Type": "application/json"}}).catch(() => 0); }""",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_page_of_another_site_presses_nothing(
    page: Page, context: BrowserContext, site: int, other_site: int, attack: str
) -> None:
    secret = make(page, "nightly import")
    (key,) = page.evaluate("fetch('/keys').then((told) => told.json())")["keys"]
    ended = list[str]()
    context.on("response", lambda told: ended.append(f"{told.status} {told.url}"))
    context.on("requestfailed", lambda told: ended.append(f"none {told.url}"))
    for path in ("", f"/{key['id']}/revoke", f"/{key['id']}/rotate"):
        # Another port is the same site: the cookie goes along.
        asked = f"http://127.0.0.1:{site}/keys{path}"
        evil = context.new_page()
        evil.goto(f"http://127.0.0.1:{other_site}/")
        evil.evaluate(ATTACKS[attack], asked)
        answer = "none" if attack == "json fetch" else "403"
        for _ in range(100):
            if f"{answer} {asked}" in ended:
                break
            evil.wait_for_timeout(50)
        assert f"{answer} {asked}" in ended, ended
    assert page.evaluate("fetch('/keys').then((told) => told.json())")["keys"] == [key]
    assert status(site, secret) == 200


@pytest.fixture(scope="module")
def other_site() -> Generator[int]:
    """A server of another origin, with a page that says nothing."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with serving(command, port, log=Path(os.devnull)):
        yield port


def stages(page: Page) -> Generator[str]:
    """The page in each of its states."""
    yield "empty"
    press(page, "New key")
    yield "form"
    press(page, "Cancel")
    make(page, "nightly import")
    yield "issued"
    make(page, "dashboard")
    press(page, "Rotate")
    expect(page.get_by_text("Finish when nothing uses it")).to_be_visible()
    make(page, "old laptop")
    press(page, "Revoke")
    yield "dialog"
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("old laptop was revoked")).to_be_visible()
    page.get_by_text("Keys that work no more").click()
    yield "all"


LOOKS: list[tuple[str, dict[str, Any]]] = [
    ("light", {"color_scheme": "light", "viewport": {"width": 820, "height": 900}}),
    ("dark", {"color_scheme": "dark", "viewport": {"width": 820, "height": 900}}),
    ("narrow", {"color_scheme": "light", "viewport": {"width": 360, "height": 780}}),
]


@pytest.mark.parametrize(("look", "options"), LOOKS, ids=[look for look, _ in LOOKS])
def test_everybody_can_use_it(browser: Browser, site: int, look: str, options: dict[str, Any]) -> None:
    with contextlib.closing(browser.new_context(base_url=f"http://127.0.0.1:{site}", **options)) as context:
        page = context.new_page()
        log_in(page)
        for stage in stages(page):
            page.evaluate(AXE)
            found = page.evaluate("axe.run().then((found) => found.violations)")
            assert found == [], stage
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{stage} is wider than the window"
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/page-{look}.png", full_page=True)


def test_without_scripts_it_says_so(browser: Browser, site: int) -> None:
    context = browser.new_context(base_url=f"http://127.0.0.1:{site}", java_script_enabled=False)
    with contextlib.closing(context):
        page = context.new_page()
        log_in(page)
        expect(page.get_by_text("needs JavaScript")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)

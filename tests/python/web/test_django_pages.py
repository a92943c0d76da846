"""Guards against a page of a Django site that keeps a secret, or that not everybody can use.

In a real browser: the admin, and an owner's keys with Django's own login and CSRF check.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import keycask
import pytest
from conftest import SECRET, secret_of
from playwright.sync_api import expect
from servers import HERE, Browserless, free_port, gunicorn, serving
from test_page import ATTACKS, AXE, PICTURES, browser, held, other_site, press, pytestmark, secret_shown

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

__all__ = ["browser", "other_site", "pytestmark"]

KEYS = "/admin/keycask/keys/"
USERS = """
import django_site
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
User.objects.create_superuser("alice", "alice@example.com", "correct horse")
User.objects.create_user("ann", "ann@example.com", "correct horse", is_staff=True)
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two users: alice, who may do everything, and ann, who is a customer."""
    file = tmp_path_factory.mktemp("site") / "site.db"
    variables = {**os.environ, "KEYCASK_TEST_DATABASE": str(file)}
    subprocess.run([sys.executable, "-c", USERS], cwd=HERE, env=variables, check=True)
    return file


@contextlib.contextmanager
def server(vault: keycask.Vault, database: Path) -> Generator[int]:
    port, log = free_port(), vault.path.with_suffix(".log")
    variables = {"KEYCASK_TEST_VAULT": str(vault.path), "KEYCASK_TEST_DATABASE": str(database)}
    command = gunicorn("django_site:application", port, "--preload")
    with serving(command, port, log=log, **variables):
        yield port
    assert not SECRET.search(log.read_text())


@pytest.fixture(scope="module")
def shared(database: Path) -> Generator[tuple[int, keycask.Vault]]:
    """A site for tests that look at keys of their own."""
    with keycask.Vault(database.with_name("keys.db"), create=True) as vault, server(vault, database) as port:
        yield port, vault


@pytest.fixture
def site(shared: tuple[int, keycask.Vault]) -> int:
    return shared[0]


@pytest.fixture
def vault(shared: tuple[int, keycask.Vault]) -> keycask.Vault:
    return shared[1]


@contextlib.contextmanager
def visit(browser: Browser, site: int, user: str, path: str, **look: Any) -> Generator[Page]:
    """A page for a user who has just logged in."""
    with contextlib.closing(browser.new_context(base_url=f"http://127.0.0.1:{site}", **look)) as context:
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto(f"/admin/login/?next={path}")
        page.get_by_label("Username").fill(user)
        page.get_by_label("Password").fill("correct horse")
        press(page, "Log in")
        yield page


@pytest.fixture
def admin(browser: Browser, site: int) -> Generator[Page]:
    with visit(browser, site, "alice", KEYS) as page:
        yield page


def status(site: int, secret: str) -> int:
    with Browserless(site) as client:
        return client.get("/plain", secret).status


def secret_in(page: Page) -> str:
    shown = page.locator("#keycask-secret")
    expect(shown).to_have_text(SECRET)
    return shown.inner_text()


def issue(page: Page, name: str) -> str:
    page.goto(KEYS + "add/")
    page.get_by_label("Name:").fill(name)
    page.get_by_label("Scopes:").fill("reports:read")
    press(page, "Create the key")
    return secret_in(page)


def test_staff_rotates_a_key_and_finishes(admin: Page, site: int) -> None:
    old = issue(admin, "nightly import")
    admin.get_by_role("link", name="To the key").click()
    admin.get_by_role("link", name="Rotate", exact=True).click()
    press(admin, "Rotate")
    new = secret_in(admin)
    assert new != old
    assert (status(site, old), status(site, new)) == (200, 200)
    admin.goto(KEYS + "?state=superseded")
    admin.get_by_role("link", name="nightly import").click()
    admin.get_by_role("link", name="Finish the rotation").click()
    press(admin, "Finish the rotation")
    expect(admin.get_by_text("Finish the rotation: done.")).to_be_visible()
    assert (status(site, old), status(site, new)) == (401, 200)
    for said in ("key.rotated", "rotation.finished", "admin:alice", "127.0.0.1"):
        expect(admin.get_by_text(said).first).to_be_visible()


@pytest.mark.parametrize("leave", ["reload", "back", "back and forward"])
def test_no_way_back_shows_the_admins_secret(admin: Page, vault: keycask.Vault, leave: str) -> None:
    issue(admin, "nightly import")
    count = len(list(vault.keys()))
    if leave == "reload":
        # The browser sends the form again, as its user would have it do.
        admin.reload()
        expect(admin.get_by_text("This form was sent before.")).to_be_visible()
    else:
        admin.get_by_role("link", name="To the key").click()
        expect(admin.get_by_role("heading", name="nightly import")).to_be_visible()
        admin.evaluate("setTimeout(() => history.back())")
        # The browser has not kept the page, and asks whether it should send the form again.
        expect(admin.get_by_text("ERR_CACHE_MISS")).to_be_attached()
        if leave == "back and forward":
            admin.evaluate("setTimeout(() => history.forward())")
            expect(admin.get_by_role("heading", name="nightly import")).to_be_visible()
    assert not SECRET.search(admin.content())
    assert len(list(vault.keys())) == count


def test_a_page_that_the_browser_kept_was_wiped(admin: Page) -> None:
    issue(admin, "nightly import")
    admin.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    assert not SECRET.search(held(admin))


def test_the_secret_is_copied(admin: Page) -> None:
    admin.context.grant_permissions(["clipboard-read", "clipboard-write"])
    secret = issue(admin, "nightly import")
    press(admin, "Copy")
    expect(admin.get_by_text("Copied")).to_be_visible()
    assert admin.evaluate("navigator.clipboard.readText()") == secret


def test_a_revocation_and_an_emergency(admin: Page, site: int) -> None:
    old = issue(admin, "nightly import")
    admin.get_by_role("link", name="To the key").click()
    admin.get_by_role("link", name="Emergency rotation").click()
    admin.get_by_role("link", name="Back, change nothing").click()
    assert status(site, old) == 200
    admin.get_by_role("link", name="Emergency rotation").click()
    press(admin, "Emergency rotation")
    new = secret_in(admin)
    assert (status(site, old), status(site, new)) == (401, 200)
    admin.get_by_role("link", name="To the key").click()
    admin.get_by_role("link", name="Revoke", exact=True).click()
    admin.get_by_label("Reason").select_option("owner_left")
    admin.get_by_label("Note").fill("left in May")
    press(admin, "Revoke")
    expect(admin.get_by_text("owner_left, left in May")).to_be_visible()
    assert status(site, new) == 401


def test_staff_without_the_permission_is_turned_away(browser: Browser, site: int) -> None:
    with visit(browser, site, "ann", KEYS) as page:
        expect(page.get_by_role("heading", name="403 Forbidden")).to_be_visible()


def test_an_owner_rotates_a_key_and_finishes(browser: Browser, site: int, vault: keycask.Vault) -> None:
    with visit(browser, site, "ann", "/api-keys/page/") as page:
        press(page, "New key")
        page.get_by_label("Name").fill("laptop")
        press(page, "Create key")
        expect(page.get_by_role("heading", name="laptop")).to_be_visible()
        old = secret_shown(page)
        press(page, "Rotate")
        expect(page.get_by_label("The new key", exact=True)).not_to_have_value(old)
        new = secret_shown(page)
        assert (status(site, old), status(site, new)) == (200, 200)
        press(page, "Finish")
        expect(page.get_by_text("the old key works no more")).to_be_visible()
        assert (status(site, old), status(site, new)) == (401, 200)
        page.reload()
        expect(page.get_by_role("heading", name="laptop").first).to_be_visible()
        assert not SECRET.search(held(page))
        assert {key.notify_email for key in vault.keys(name="laptop")} == {"ann@example.com"}


OWN = {
    "owner": ("ann", "/api-keys/{}/revoke"),
    "admin": ("alice", KEYS + "{}/revoke/"),
}
"""Who may revoke a key, and where."""


@pytest.mark.parametrize(
    ("target", "attack"), [("owner", "form"), ("owner", "json fetch"), ("admin", "form"), ("admin", "fetch")]
)
def test_a_page_of_another_site_presses_nothing(
    browser: Browser, site: int, vault: keycask.Vault, other_site: int, target: str, attack: str
) -> None:
    issued = vault.create_key("acme_live", owner="2", scopes=["reports:read"], actor="alice")
    before = len(list(vault.changes()))
    user, path = OWN[target]
    with visit(browser, site, user, "/api-keys/page/") as page:
        expect(page.get_by_role("heading", name="API keys", exact=True)).to_be_visible()
        asked = f"http://127.0.0.1:{site}{path.format(issued.key.id)}"
        ended = list[str]()
        page.context.on("response", lambda told: ended.append(f"{told.status} {told.url}"))
        page.context.on("requestfailed", lambda told: ended.append(f"none {told.url}"))
        evil = page.context.new_page()
        evil.goto(f"http://127.0.0.1:{other_site}/")
        evil.evaluate(ATTACKS[attack], asked)
        # What needs leave first isn't sent.
        answer = f"{'none' if attack == 'json fetch' else 403} {asked}"
        for _ in range(100):
            if answer in ended:
                break
            evil.wait_for_timeout(50)
    assert answer in ended, ended
    assert len(list(vault.changes())) == before
    assert status(site, secret_of(issued)) == 200


@pytest.fixture(scope="module")
def furnished(database: Path) -> Generator[tuple[int, keycask.Key, keycask.Key]]:
    """A site with keys in several states, the one that is being rotated, and an active one."""
    with keycask.Vault(database.with_name("furnished.db"), create=True) as vault:
        rotating, active = furnish(vault)
        with server(vault, database) as port:
            yield port, rotating, active


NAMES = (
    "nightly import",
    "dashboard",
    "laptop",
    "mobile app",
    "webhook relay",
    "billing export",
    "status page",
)


def furnish(vault: keycask.Vault) -> tuple[keycask.Key, keycask.Key]:
    made: list[keycask.Issued] = []
    for number, name in enumerate(NAMES):
        issued = vault.create_key(
            "acme_test" if name == "status page" else "acme_live",
            owner=f"acct_{40 + number % 4}",
            name=name,
            scopes=["reports:read", "reports:write"][: 1 + number % 2],
            notify_email="ops@example.com",
            actor=keycask.Actor("admin:alice", client_ip="192.0.2.44", request_id=f"req-{number}"),
        )
        vault.verify(secret_of(issued), client_ip=f"198.51.100.{number}", request_id=f"req-1{number}")
        made.append(issued)
    vault.rotate(made[1].key.id, actor="admin:alice")
    vault.revoke(made[2].key.id, reason="compromised", note="posted in a chat", actor="admin:alice")
    vault.disable(made[3].key.id, actor="admin:alice")
    vault.flush()
    return made[1].key, made[0].key


LOOKS: list[tuple[str, dict[str, Any]]] = [
    ("light", {"color_scheme": "light", "viewport": {"width": 1280, "height": 760}}),
    ("dark", {"color_scheme": "dark", "viewport": {"width": 1280, "height": 760}}),
    ("narrow", {"color_scheme": "light", "viewport": {"width": 390, "height": 800}}),
]


@pytest.mark.parametrize(("look", "options"), LOOKS, ids=[look for look, _ in LOOKS])
def test_everybody_can_use_the_admin(
    browser: Browser, furnished: tuple[int, keycask.Key, keycask.Key], look: str, options: dict[str, Any]
) -> None:
    site, rotating, living = furnished
    stages = {
        "list": KEYS,
        "search": f"{KEYS}?q=nothing&state=active",
        "key": f"{KEYS}{rotating.id}/",
        "revoke": f"{KEYS}{living.id}/revoke/",
        "add": f"{KEYS}add/",
        "home": "/admin/",
    }
    with visit(browser, site, "alice", KEYS, **options) as page:
        for stage, path in stages.items():
            page.goto(path)
            look_at(page, stage, look)
        issue(page, "partner feed")
        look_at(page, "issued", look)
        page.goto(KEYS + "add/")
        page.get_by_label("Prefix:").fill("No Prefix")
        press(page, "Create the key")
        look_at(page, "error", look)


def look_at(page: Page, stage: str, look: str) -> None:
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then((found) => found.violations)")
    assert found == [], f"{stage}: {found}"
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{stage} is wider than the window"
    if PICTURES and stage in {"list", "key", "issued"}:
        page.screenshot(path=f"{PICTURES}/django-admin-{stage}-{look}.png", full_page=True)


def test_the_admin_works_without_scripts(browser: Browser, site: int) -> None:
    with visit(browser, site, "alice", KEYS, java_script_enabled=False) as page:
        secret = issue(page, "nightly import")
        assert status(site, secret) == 200
        expect(page.get_by_role("button", name=re.compile("Copy"))).to_be_hidden()

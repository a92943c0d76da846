"""Guards against clients of another package whose keys stop working when a site moves to keycask.

The keys were made by the packages themselves: see ``tests/fixtures/import``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import ROOT
from django.test import Client
from django_kit import using
from flask_site import create_app

if TYPE_CHECKING:
    import keycask

FROM = [
    ("djangorestframework-api-key", "djangorestframework-api-key", "Api-Key"),
    ("django-rest-knox", "django-rest-knox", "Token"),
    ("django-rest-knox-4", "django-rest-knox-4", "Token"),
]


@pytest.mark.parametrize(("file", "recipe", "scheme"), FROM)
def test_clients_go_on_with_the_keys_and_headers_that_they_have(
    vault: keycask.Vault, file: str, recipe: str, scheme: str
) -> None:
    lines = (ROOT / "tests" / "fixtures" / "import" / f"{file}.tsv").read_text().splitlines()
    pairs = [line.split("\t") for line in lines if not line.startswith("#")]
    rows = [{"digest": digest, "owner": "acct_42", "scopes": ["reports:read"]} for _, digest in pairs]
    report = vault.import_keys(rows, recipe=recipe, prefix="acme_live", actor="alice")
    assert (report.imported, report.refused) == (len(pairs), 0)
    flask = create_app(vault, KEYCASK_SCHEMES=["Bearer", scheme]).test_client()
    with using(vault, SCHEMES=["Bearer", scheme]):
        for presented, _ in pairs:
            for said in (f"{scheme} {presented}", f"{scheme.lower()} {presented}", f"Bearer {presented}"):
                headers = {"Authorization": said}
                assert Client().get("/drf/reports", headers=headers).status_code == 200
                assert flask.get("/plain", headers=headers).status_code == 200
    with using(vault):
        headers = {"Authorization": f"{scheme} {pairs[0][0]}"}
        assert Client().get("/drf/reports", headers=headers).status_code == 401
    old = next(vault.keys())
    rotated = vault.rotate(old.id, actor="alice")
    with using(vault, SCHEMES=["Bearer", scheme]):
        headers = {"Authorization": f"{scheme} {pairs[0][0]}"}
        assert "Sunset" in Client().get("/drf/reports", headers=headers).headers
        headers = {"Authorization": f"Bearer {rotated.secret}"}
        assert Client().get("/drf/reports", headers=headers).status_code == 200

"""Guards against a package that is slow to import, large, for one Python only, untyped, or can't be built."""

from __future__ import annotations

import doctest
import importlib.metadata
import importlib.resources
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import keycask
import keycask.aio
import keycask.redaction
import keycask.testing
import pytest
from conftest import ROOT

EXAMPLE = ROOT / "bindings" / "python" / "examples" / "quickstart.py"


def wheel() -> Path:
    """The wheel that was installed, of which ``tests/python/run`` tells."""
    found = os.environ.get("KEYCASK_WHEEL")
    if not found:
        pytest.skip("KEYCASK_WHEEL names no wheel; tests/python/run builds one")
    return Path(found)


def test_the_wheel_is_small_stripped_and_for_every_python_from_3_11() -> None:
    file = wheel()
    assert file.stat().st_size < 5_000_000
    assert "-cp311-abi3-" in file.name
    with zipfile.ZipFile(file) as content:
        names = content.namelist()
        assert "keycask/py.typed" in names
        assert "keycask/_native.pyi" in names
        for name in ("keycask.html", "keycask.css", "keycask.js"):
            assert f"keycask/_web/page/{name}" in names
        (native,) = (name for name in names if name.endswith(".so"))
        library = content.read(native)
    assert b"\0.debug_info\0" not in library
    assert b"\0.symtab\0" not in library
    assert b"\0.dynsym\0" in library
    checked = subprocess.run(
        [sys.executable, "-m", "abi3audit", "--strict", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_import_takes_less_than_40_ms() -> None:
    code = (
        "import time; began = time.perf_counter(); import keycask; "
        "print((time.perf_counter() - began) * 1000)"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(10)
    ]
    assert min(times) < 40, times


def test_import_loads_neither_pytest_nor_asyncio_nor_what_is_for_the_web() -> None:
    code = "import sys, keycask; print(sorted({'pytest', 'asyncio', 'keycask._web'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_metadata() -> None:
    told = importlib.metadata.metadata("keycask")
    assert told["Version"] == keycask.__version__
    assert told["Requires-Python"] == ">=3.11"
    assert all("extra ==" in required for required in importlib.metadata.requires("keycask") or ())
    assert (importlib.resources.files("keycask") / "py.typed").is_file()


def test_everything_public_is_named_and_documented() -> None:
    assert sorted(keycask.__all__) == sorted(set(keycask.__all__))
    for name in keycask.__all__:
        thing = getattr(keycask, name)
        if name != "__version__":
            assert thing.__doc__, name
            assert thing.__module__.startswith(("keycask", "builtins")), name
    for name, verb in vars(keycask.Vault).items():
        assert name.startswith("_") or verb.__doc__, name


@pytest.mark.parametrize(
    "module", [keycask, keycask.aio, keycask.redaction, keycask.testing], ids=lambda module: module.__name__
)
def test_examples_in_the_documentation_run(module: object) -> None:
    ran = doctest.testmod(module)  # type: ignore[arg-type]
    assert ran.attempted > 0
    assert ran.failed == 0


def test_the_example_of_the_class_runs() -> None:
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder().find(keycask.Vault, "Vault", module=False, globs={}):
        if example.examples:
            runner.run(example)
    assert runner.tries > 0
    assert runner.failures == 0


def test_the_quick_start_runs_as_printed(tmp_path: Path) -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 25
    ran = subprocess.run([sys.executable, EXAMPLE], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == "200: serve acct_42\n401: revoked\n"
    assert (tmp_path / "keys.db").exists()


@pytest.mark.slow
def test_the_sdist_builds_in_a_clean_environment(tmp_path: Path) -> None:
    maturin = [sys.executable, "-m", "maturin", "sdist", "--out", str(tmp_path)]
    subprocess.run(maturin, cwd=ROOT, check=True, capture_output=True)
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as content:
        names = content.getnames()
    assert any(name.endswith("crates/keycask-sqlite/Cargo.toml") for name in names)
    assert not any("/tests/vectors/" in name or "/target/" in name for name in names)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    kept = ("HOME", "PATH", "CARGO_HOME", "RUSTUP_HOME", "LANG", "TMPDIR")
    clean = {name: value for name, value in os.environ.items() if name in kept or name.startswith("PIP_")}
    # What other packages are built to may be there: it is the same, and takes minutes.
    clean["CARGO_TARGET_DIR"] = os.environ.get("KEYCASK_SDIST_TARGET", str(tmp_path / "target"))
    install = [python, "-m", "pip", "install", "--no-cache-dir", "--quiet", str(sdist)]
    built = subprocess.run(install, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    ran = subprocess.run(
        [python, str(EXAMPLE)], cwd=tmp_path, env=clean, capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("200: serve acct_42")
    shutil.rmtree(tmp_path / "venv")

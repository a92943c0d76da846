"""Guards against a quick start in the README that doesn't run as it is printed.

Each fenced block of a language under "Quick starts" is written to a file of its own, built as the README says, and
run in an empty folder. Its first line of output must be the one that serves the key.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVED = "200: serve acct_42"


def blocks() -> dict[str, str]:
    """The first block of each language of the chapter."""
    text = (ROOT / "README.md").read_text()
    chapter = text.split("\n## Quick starts\n", 1)[1].split("\n## ", 1)[0]
    found: dict[str, str] = {}
    for language, block in re.findall(r"^```(\w+)[^\n]*\n(.*?)^```$", chapter, re.MULTILINE | re.DOTALL):
        found.setdefault(language, block)
    return found


def run(command: list[str] | str, folder: Path, **env: str) -> str:
    done = subprocess.run(
        command, cwd=folder, shell=isinstance(command, str), env=os.environ | env, text=True,
        stdout=subprocess.PIPE, check=True, timeout=1200,
    )
    return done.stdout


def rust(block: str, folder: Path) -> str:
    (folder / "src").mkdir()
    (folder / "src/main.rs").write_text(block)
    # The profile of the workspace, so that what it has built is used again.
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "quickstart"\nedition = "2024"\n'
        f'[dependencies]\nkeycask = {{ path = "{ROOT}/crates/keycask" }}\n'
        '[profile.dev.package."*"]\nopt-level = 2\n[workspace]\n'
    )
    shutil.copy(ROOT / "Cargo.lock", folder)
    target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
    run(["cargo", "build", "--quiet"], folder, CARGO_TARGET_DIR=target)
    return run([f"{target}/debug/quickstart"], folder)


def python(block: str, folder: Path) -> str:
    (folder / "quickstart.py").write_text(block)
    return run([sys.executable, "-W", "error", "quickstart.py"], folder)


def c(block: str, folder: Path) -> str:
    (folder / "quickstart.c").write_text(block)
    run("cc -Wall -Wextra -Werror quickstart.c $(pkg-config --cflags --libs keycask) -o quickstart", folder)
    return run(["./quickstart"], folder)


def go(block: str, folder: Path) -> str:
    (folder / "main.go").write_text(block)
    (folder / "go.mod").write_text(
        "module quickstart\n\ngo 1.24\n\nrequire keycask v0.0.0\n\n"
        f"replace keycask => {ROOT}/bindings/go\n"
    )
    run(["go", "build", "-o", "quickstart", "."], folder, GOFLAGS="-mod=mod")
    return run(["./quickstart"], folder)


def main() -> None:
    work = Path(sys.argv[1])
    found = blocks()
    for name, start in {"rust": rust, "python": python, "c": c, "go": go}.items():
        folder = work / name
        folder.mkdir()
        said = start(found[name], folder)
        assert said.startswith(SERVED), f"{name} said {said!r}"
        assert (folder / "keys.db").exists(), f"{name} made no vault"
        print(f"{name}: {said.splitlines()[0]}", flush=True)


main()

"""Build the book into _build/html, or leave it alone when nothing that it is made of has changed.

Example: python tools/book.py            (python tools/book.py --force builds in any case)
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("_config.yml", "_toc.yml", "requirements.txt", "tools/book.py", "book", "mytutor")
PASSED_OVER = {"__pycache__", ".ipynb_checkpoints"}


def files_under(path: Path) -> Iterator[Path]:
    """Yield a file, or every file of a folder in a fixed order."""
    if path.is_file():
        yield path
    for file in sorted(path.rglob("*")):
        if file.is_file() and not PASSED_OVER.intersection(file.parts):
            yield file


def digest(root: Path, names: tuple[str, ...]) -> str:
    """Hash names and contents, never times: a clean clone has arbitrary times."""
    total = hashlib.sha256()
    for name in names:
        for file in files_under(root / name):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{file.relative_to(root)} {content}\n".encode())
    return total.hexdigest()


def state(root: Path) -> str:
    """Hash what goes into the book together with what came out of it."""
    return digest(root, SOURCES) + " " + digest(root, ("_build/html",))


def is_current(root: Path) -> bool:
    """Say whether the built pages are whole and belong to the present sources."""
    record = root / "_build" / "book.sha256"
    return record.exists() and record.read_text() == state(root)


def build(root: Path) -> int:
    """Build every page anew with warnings as errors; return the exit status."""
    record = root / "_build" / "book.sha256"
    record.unlink(missing_ok=True)
    for old in ("html", ".doctrees"):
        shutil.rmtree(root / "_build" / old, ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", str(root), "--all", "-W", "--keep-going", "-q"]
    done = subprocess.run(
        command, cwd=root, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        print(done.stdout + done.stderr)
    if done.returncode == 0:
        record.write_text(state(root))
    return done.returncode


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Read the command line, build when needed and say where to look."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="")
    parser.add_argument("--force", action="store_true", help="build although nothing changed")
    options = parser.parse_args(arguments)
    if not options.force and is_current(root):
        print("Nothing has changed since the book was built.")
    else:
        print("Building the book", flush=True)
        if status := build(root):
            print("The book was not built: every warning above counts as an error.")
            return status
    print(f"\nThe book: open {root}/_build/html/index.html in a browser, or run `make serve`.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

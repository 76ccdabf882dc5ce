"""Run notebooks and store their outputs so that a second run gives the same file, byte for byte.

Example: python tools/notebooks.py book/momentum         (only that folder's notebooks)
         python tools/notebooks.py --check book solutions exercises
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ipykernel.kernelspec
import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("book", "solutions", "exercises")
SECONDS_PER_CELL = 120
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
# What a cell's metadata may hold; editors add folding, scrolling and times.
CELL_METADATA = ("tags", "mystnb", "mytutor")
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMBA_NUM_THREADS",
    ),
    "1",
)


class NotebookFailed(Exception):
    """A notebook could not be run to its end."""


class ThisPython(KernelSpecManager):
    """Start kernels in the Python that runs this file, whatever else is installed for the user."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel of this environment under any name."""
        return KernelSpec(
            resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict()
        )


def kernel_environment(home: str | Path) -> dict[str, str]:
    """Give a kernel one thread and an empty home: no start-up files, no progress, no settings."""
    own = {name: str(Path(home) / name.lower()) for name in ("IPYTHONDIR", "MYTUTOR_HOME")}
    return {**ONE_THREAD, "JUPYTER_PLATFORM_DIRS": "1", "PYTHONHASHSEED": "0", **own}


def find(paths: Iterable[Path | str]) -> list[Path]:
    """List the notebooks among files and folders, each once, in a fixed order."""
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.exists():
            raise FileNotFoundError(f"no such file or folder: {path}")
        inside = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
        found.update(dict.fromkeys(p for p in inside if ".ipynb_checkpoints" not in p.parts))
    return list(found)


def identify(cells: list[NotebookNode]) -> None:
    """Name every cell after its content, so that names change only where the text does."""
    seen: dict[str, int] = {}
    for cell in cells:
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[name] = seen.get(name, 0) + 1
        cell["id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"


def tidy_output(output: NotebookNode) -> None:
    """Keep of an error its name and message: a traceback holds paths of this machine."""
    if output.output_type == "error":
        output["traceback"] = [f"{output.ename}: {output.evalue}"]


def tidy(notebook: NotebookNode) -> NotebookNode:
    """Drop everything that editors and kernels add and that differs from run to run."""
    identify(notebook.cells)
    own = {"mytutor": notebook.metadata["mytutor"]} if "mytutor" in notebook.metadata else {}
    notebook["metadata"] = nbformat.from_dict({**METADATA, **own})
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        cell["metadata"] = nbformat.from_dict(kept)
        for output in cell.get("outputs", []):
            tidy_output(output)
    return notebook


def as_bytes(notebook: NotebookNode) -> bytes:
    """Write a notebook the one way in which it is stored."""
    text = nbformat.writes(notebook, version=4)
    return (text.rstrip("\n") + "\n").encode()


def new_kernel(home: str | Path) -> AsyncKernelManager:
    """Prepare a kernel that is spoken to through files of its own home, not through ports."""
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
    if os.name == "posix":
        manager.transport = "ipc"
        manager.connection_file = str(Path(home) / "kernel.json")
    return manager


async def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run a copy of a notebook in a folder and return it tidied, with its new outputs."""
    notebook = tidy(nbformat.from_dict(notebook))
    with tempfile.TemporaryDirectory() as home:
        manager = new_kernel(home)
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=SECONDS_PER_CELL,
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
        )
        environment = {**os.environ, **kernel_environment(home)}
        try:
            # nbclient cleans up only after a kernel that it made itself, unless told to.
            await client.async_execute(env=environment, cleanup_kc=True)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise NotebookFailed(str(error)) from None
    return tidy(notebook)


def first_difference(old: NotebookNode, new: NotebookNode) -> str:
    """Say in which cell two versions of a notebook part."""
    for number, (before, after) in enumerate(zip(old.cells, new.cells, strict=False)):
        for key in ("cell_type", "source", "id", "metadata", "execution_count", "outputs"):
            if before.get(key) != after.get(key):
                return f"cell {number}: {key} differs"
    if len(old.cells) != len(new.cells):
        return f"{len(old.cells)} cells became {len(new.cells)}"
    return "the notebook's metadata or its layout as text differs"


def store(path: Path, notebook: NotebookNode, check: bool) -> str:
    """Write a notebook unless it is the same already; return what was found, '' for no change."""
    new = as_bytes(notebook)
    old = path.read_bytes() if path.exists() else b""
    if new == old:
        return ""
    if check:
        return first_difference(nbformat.reads(old.decode(), as_version=4), notebook)
    temporary = path.with_suffix(".ipynb.part")
    temporary.write_bytes(new)
    temporary.replace(path)
    return "new outputs"


async def renew(path: Path, check: bool) -> str:
    """Run one notebook file and store or compare it."""
    notebook = nbformat.read(path, as_version=4)
    return store(path, await execute(notebook, path.parent), check)


async def renew_all(paths: list[Path], check: bool, jobs: int) -> list[tuple[Path, str]]:
    """Run notebooks a few at a time, reporting each; return those that failed or differ."""
    turn, bad = asyncio.Semaphore(jobs), []

    async def one(path: Path) -> None:
        async with turn:
            started = time.monotonic()
            try:
                found = await renew(path, check)
                wrong = bool(found) and check
            except (NotebookFailed, nbformat.ValidationError, ValueError, OSError) as error:
                found, wrong = f"FAILED\n{error}", True
            if wrong:
                bad.append((path, found))
            seconds = time.monotonic() - started
            print(f"  {path}  {seconds:.1f} s  {found or 'unchanged'}", flush=True)

    await asyncio.gather(*map(one, paths))
    return bad


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run the notebooks."""
    parser: Any = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", default=FOLDERS, help="notebooks or folders of them")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 on a change")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    options = parser.parse_args(arguments)
    try:
        paths = find(options.paths)
    except FileNotFoundError as error:
        parser.error(str(error))
    bad = asyncio.run(renew_all(paths, options.check, max(1, options.jobs)))
    print(f"{len(paths)} notebooks, {len(bad)} {'differ or failed' if options.check else 'failed'}")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())

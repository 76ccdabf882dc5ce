"""The script that starts the worker: it loads only what recording needs, for every submission pays.

    python -I -S -B start.py FOLDER...

The folders are those to import from, that of the package first. `mytutor` and `mytutor.checking`
run their own code only once a notebook asks them for a name.
"""

from __future__ import annotations

import gc
import importlib
import sys
import types
from pathlib import Path
from typing import Any

__all__ = ["later", "main"]


def later(name: str, folder: Path) -> types.ModuleType:
    """A package whose modules can be imported before its own code has run."""
    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    package.__file__ = str(folder / "__init__.py")

    def find(wanted: str) -> Any:
        if wanted.startswith("__"):
            raise AttributeError(wanted)
        if (folder / f"{wanted}.py").exists() or (folder / wanted).is_dir():
            return importlib.import_module(f"{name}.{wanted}")
        del package.__getattr__
        source = (folder / "__init__.py").read_text(encoding="utf-8")
        exec(compile(source, str(package.__file__), "exec", dont_inherit=True), vars(package))
        return getattr(package, wanted)

    package.__getattr__ = find  # type: ignore[method-assign]
    sys.modules[name] = package
    return package


def main(folders: list[str]) -> None:
    """Prepare the packages and serve one request."""
    gc.disable()
    sys.path[:0] = folders
    home = Path(folders[0]) / "mytutor"
    later("mytutor", home).checking = later(  # type: ignore[attr-defined]
        "mytutor.checking", home / "checking"
    )
    worker = importlib.import_module("mytutor.grading.worker")
    gc.enable()
    gc.freeze()
    worker.main()


if __name__ == "__main__":
    main(sys.argv[1:])

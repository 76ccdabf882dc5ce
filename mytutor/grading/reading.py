"""Read a submission without trusting it: what it is, what it answers, its code cells as text."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mytutor.checking import Question

__all__ = ["Submission", "Unreadable", "asked_of", "find_notebooks", "read"]

BYTES = 8_000_000
CELLS = 2000
CODE = 1_000_000  # characters of code
MARKS = 600_000  # commas and brackets: each may become an object in memory
CHECK = re.compile(r"""\bcheck\(\s*["']([^"'\n]{1,100})["']""")
PARSING = threading.Lock()  # one large file in memory at a time


class Unreadable(ValueError):
    """A submission that is no notebook, or too large a one."""


@dataclass(frozen=True)
class Submission:
    """A notebook as it was handed in.

    ``cells`` are its code cells; ``named`` the exercises that it checks, ``unknown`` those that
    don't exist; ``trouble`` says why it couldn't be read.
    """

    path: Path
    student: str
    digest: str = ""
    cells: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    trouble: str = ""
    notes: tuple[str, ...] = field(default=())


def find_notebooks(paths: Sequence[str | Path]) -> list[tuple[Path, str]]:
    """All notebooks in files and folders, with the name of each; ValueError for a missing path.

    What is no regular file but is called `.ipynb` is listed too: it gets a status. Links to folders
    are not followed.
    """
    found: list[tuple[Path, str]] = []
    for path in map(Path, paths):
        if path.is_dir() and path.suffix != ".ipynb":
            found += sorted(_inside(path))
        elif os.path.lexists(path):
            found.append((path, path.stem))
        else:
            raise ValueError(f"there is no file or folder {str(path)!r}")
    return found


def _inside(folder: Path) -> list[tuple[Path, str]]:
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") or name[-6:] == ".ipynb"]
        taken = [name for name in folders if name.endswith(".ipynb")]
        folders[:] = [name for name in folders if name not in taken]
        for name in (*taken, *(n for n in files if n.endswith(".ipynb"))):
            path = Path(root, name)
            found.append((path, path.relative_to(folder).as_posix().removesuffix(".ipynb")))
    return found


def read(path: Path, student: str, known: Sequence[str], identity: str = "") -> Submission:
    """Read a submission; whatever is wrong with it is in ``trouble``, nothing raises.

    ``known`` are the names of all exercises; ``identity`` a field of the notebook's metadata that
    names the student.
    """
    try:
        data = _bytes(path)
    except (OSError, Unreadable, ValueError) as error:
        return Submission(path, student, trouble=_reason(error))
    digest = hashlib.sha256(data).hexdigest()
    try:
        with PARSING:
            cells, name = _parsed(data, identity)
    except (Unreadable, ValueError, RecursionError, MemoryError) as error:
        return Submission(path, student, digest, trouble=_reason(error))
    checked = dict.fromkeys(n for cell in cells for n in CHECK.findall(cell))
    notes = (f"no {identity!r} in its metadata",) if identity and not name else ()
    return Submission(
        path,
        name or student,
        digest,
        cells,
        tuple(n for n in checked if n in known),
        tuple(n for n in checked if n not in known)[:10],
        notes=notes,
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, Unreadable):
        return str(error)
    if isinstance(error, OSError):
        return f"it can't be opened: {error.strerror or type(error).__name__}"
    return f"it is no notebook ({type(error).__name__})"


def _bytes(path: Path) -> bytes:
    """The bytes of a regular file, opened without following a link or waiting for a pipe."""
    if path.is_symlink():
        raise Unreadable("it is a link, and links are not followed")
    mode = os.lstat(path).st_mode
    if not stat.S_ISREG(mode):
        raise Unreadable("it is no file" if not stat.S_ISDIR(mode) else "it is a folder")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("it is no regular file")
        data = file.read(BYTES + 1)
    if len(data) > BYTES:
        raise Unreadable(f"it has more than {BYTES // 1_000_000} MB: clear its outputs")
    return data


def _parsed(data: bytes, identity: str) -> tuple[tuple[str, ...], str]:
    """The code cells, and the student named in the metadata."""
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MARKS:
        raise Unreadable(f"it has more than {MARKS} values: clear its outputs")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    cells = notebook.get("cells") if type(notebook) is dict else None
    if type(cells) is not list:
        raise Unreadable("it is no notebook: it has no list of cells")
    if len(cells) > CELLS:
        raise Unreadable(f"it has more than {CELLS} cells")
    code = tuple(_source(cell) for cell in cells if _is_code(cell))
    if sum(map(len, code)) > CODE:
        raise Unreadable(f"it has more than {CODE} characters of code")
    return code, _student(notebook.get("metadata"), identity)


def _is_code(cell: Any) -> bool:
    return type(cell) is dict and cell.get("cell_type") == "code"


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if type(source) is list and all(type(line) is str for line in source):
        source = "".join(source)
    if type(source) is not str:
        raise Unreadable("the source of a cell is no text")
    return source.encode("utf-8", "replace").decode()  # half a character can't be sent


def _student(metadata: Any, identity: str) -> str:
    for part in identity.split(".") if identity else ():
        metadata = metadata.get(part) if type(metadata) is dict else None
    return metadata.strip()[:200] if identity and type(metadata) is str else ""


def asked_of(submission: Submission, known: dict[str, Question]) -> tuple[str, ...]:
    """The exercises that a notebook is about, in the order of the book.

    Those of the chapters whose exercises it checks; without any check, those functions that it
    defines.
    """
    chapters = {known[name].chapter for name in submission.named}
    if chapters:
        return tuple(name for name, question in known.items() if question.chapter in chapters)
    code = "\n".join(submission.cells)
    return tuple(
        n for n, q in known.items() if re.search(rf"\bdef\s+{re.escape(q.variable)}\b", code)
    )

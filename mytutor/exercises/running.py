"""Run an exercise notebook as a student would and collect what its checks say."""

from __future__ import annotations

from pathlib import Path

__all__ = ["run"]

SECONDS_PER_CELL = 120
SIGNS = "✓✗○"


def run(path: str | Path) -> tuple[list[str], str]:
    """The first line of every verdict in a notebook, and the error that ended it ('' for none).

    The notebook itself is not changed. Raises ValueError when it is no notebook.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    path = Path(path)
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises whatever a malformed file makes it stumble over
        raise ValueError(f"{path} is no notebook ({type(error).__name__})") from None
    folder = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=SECONDS_PER_CELL, resources=folder)
    trouble = ""
    try:
        client.execute()
    except CellExecutionError as error:
        trouble = f"stopped by {error.ename}: {error.evalue}"
    except (CellTimeoutError, DeadKernelError) as error:
        trouble = f"stopped: {type(error).__name__}"
    shown = [_text(output) for cell in notebook.cells for output in cell.get("outputs", [])]
    return [text.splitlines()[0] for text in shown if text[:1] in SIGNS and text], trouble


def _text(output: dict) -> str:
    return str(output.get("data", {}).get("text/plain", ""))

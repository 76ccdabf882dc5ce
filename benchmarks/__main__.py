"""Run the benchmarks and write the results: `python -m benchmarks`."""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks.measure import Row

FOLDER = Path(__file__).parent
PARTS = ("steps", "paths", "networks", "cuda", "graders")
EXAMPLES = """\b
Examples:
  python -m benchmarks                 everything, some ten minutes
  python -m benchmarks steps paths     some parts; the others' results stay
"""


@click.command(epilog=EXAMPLES)
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
def main(parts: tuple[str, ...]) -> None:
    """Measure PARTS (all, when none is given) beside their peers, and write table and plot.

    Numbers below 1 mean that we are faster. Nothing else should run on the machine meanwhile.
    """
    use_one_core()
    from benchmarks import cuda, graders, networks, paths, steps

    modules = {"steps": steps, "paths": paths, "networks": networks, "cuda": cuda}
    modules["graders"] = graders
    kept = stored()
    for part in parts or PARTS:
        kept[part] = []
        for row in modules[part].run():
            kept[part].append(row._asdict())
            click.echo(line(row))
    write(kept)
    click.echo(f"written: {FOLDER / 'results.json'} and results.md")


def use_one_core() -> None:
    """Stay on one processor: some libraries start threads whatever they are told."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def stored() -> dict[str, list[dict[str, object]]]:
    """Results of earlier runs, by part."""
    file = FOLDER / "results.json"
    return json.loads(file.read_text())["parts"] if file.exists() else {}


def line(row: Row) -> str:
    """A row as a line of text."""
    target = "" if row.target is None else f"  target {row.target:g}"
    return (
        f"{row.work:44} / {row.peer:28} {row.ratio:8.4f}  ({row.low:.4f} to {row.high:.4f}){target}"
    )


def write(parts: dict[str, list[dict[str, object]]]) -> None:
    """The results as JSON and as a table."""
    about = {
        "machine": f"{platform.machine()}, {processor()}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": platform.python_version(),
        "optax": importlib.util.find_spec("optax") is not None,
    }
    results = {**about, "parts": parts}
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    rows = [Row(**row) for part in parts.values() for row in part]  # type: ignore[arg-type]
    (FOLDER / "results.md").write_text(table(rows, about))


def processor() -> str:
    """The processor's name, where the system tells it."""
    file = Path("/proc/cpuinfo")
    names = [t for t in file.read_text().splitlines() if "model name" in t] if file.exists() else []
    return names[0].split(":")[1].strip() if names else platform.processor()


def table(rows: Sequence[Row], about: dict[str, object]) -> str:
    """The results as a Markdown table."""
    lines = [
        "# Benchmarks",
        "",
        f"Our time divided by the peer's, on one thread: the median over interleaved rounds, and "
        f"its quartiles. {about['machine']}, {about['date']}. `make bench` measures again.",
        "",
        "| Work | Against | Ratio | Quartiles | Target |",
        "|:--|:--|--:|:--|--:|",
    ]
    for row in rows:
        target = "" if row.target is None else f"{row.target:g}"
        mark = "" if row.target is None or row.ratio <= row.target else " (missed)"
        quartiles = f"{row.low:.3g} to {row.high:.3g}"
        lines.append(
            f"| {row.work} | {row.peer} | {row.ratio:.3g} | {quartiles} | {target}{mark} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

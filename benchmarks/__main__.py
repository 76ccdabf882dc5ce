"""Run the benchmarks and write the results: `python -m benchmarks`."""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.measure import Row

FOLDER = Path(__file__).parent
PARTS = ("steps", "growth", "paths", "networks", "threads", "cuda", "graders")
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
    from benchmarks import cuda, graders, growth, networks, paths, steps, threads

    modules = (steps, growth, paths, networks, threads, cuda, graders)
    run = {name: module.run for name, module in zip(PARTS, modules, strict=True)}
    rows = stored()
    for part in parts or PARTS:
        found = []
        for row in run[part]():
            found.append({"part": part, **row._asdict()})
            click.echo(line(row))
        rows = [row for row in rows if row["part"] != part] + found
    write(sorted(rows, key=lambda row: PARTS.index(row["part"])))
    click.echo(f"written: {FOLDER / 'results.json'} and results.md")


def use_one_core() -> None:
    """Stay on one processor: some libraries start threads whatever they are told."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def stored() -> list[dict[str, Any]]:
    """The rows of earlier runs."""
    file = FOLDER / "results.json"
    return json.loads(file.read_text())["rows"] if file.exists() else []


def line(row: Row) -> str:
    """A row as a line of text."""
    target = "" if row.target is None else f"  target {row.target:g}"
    return (
        f"{row.work:44} / {row.peer:28} {row.ratio:8.4f}  ({row.low:.4f} to {row.high:.4f}){target}"
    )


def write(rows: list[dict[str, Any]]) -> None:
    """The results as JSON and as a table."""
    about = {
        "machine": f"{platform.machine()}, {processor()}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": platform.python_version(),
        "optax": importlib.util.find_spec("optax") is not None,
    }
    results = {**about, "rows": rows}
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (FOLDER / "results.md").write_text(table(rows, about))


def processor() -> str:
    """The processor's name, where the system tells it."""
    file = Path("/proc/cpuinfo")
    names = [t for t in file.read_text().splitlines() if "model name" in t] if file.exists() else []
    return names[0].split(":")[1].strip() if names else platform.processor()


def table(rows: Sequence[Mapping[str, Any]], about: Mapping[str, object]) -> str:
    """The results as a Markdown table."""
    lines = [
        "# Benchmarks",
        "",
        f"Our time divided by the peer's: the median over interleaved rounds, and its quartiles. "
        f"{about['machine']}, {about['date']}. `make bench` measures again.",
        "",
        "| Work | Against | Threads | Ratio | Quartiles | Target |",
        "|:--|:--|--:|--:|:--|--:|",
    ]
    for row in rows:
        target = "" if row["target"] is None else f"{row['target']:g}"
        mark = "" if row["target"] is None or row["ratio"] <= row["target"] else " (missed)"
        lines.append(
            f"| {row['work']} | {row['peer']} | {row['threads']} | {row['ratio']:.3g} "
            f"| {row['low']:.3g} to {row['high']:.3g} | {target}{mark} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

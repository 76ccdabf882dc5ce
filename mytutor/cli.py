"""The command line: `mytutor status`, `hint`, `check`, `grade` and `doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from mytutor import exercises
from mytutor.doctor import findings

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  mytutor status                       where you stand with every exercise
  mytutor hint adam                    the next hint for one of them
  mytutor check exercises/adam.ipynb   run a notebook and list its checks
  mytutor grade handed-in/             grade a folder of notebooks that others wrote
  mytutor doctor                       what this machine has, and what it lacks
"""


@click.group(epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mytutor")
def main() -> None:
    """Exercises on the optimization of neural networks."""


@main.command(epilog="\b\nExample:\n  mytutor status")
def status() -> None:
    """List all exercises and where you stand with each."""
    click.echo(repr(exercises.status()))


@main.command(epilog="\b\nExample:\n  mytutor hint adam")
@click.argument("name")
def hint(name: str) -> None:
    """Show the next hint for the exercise NAME."""
    try:
        click.echo(repr(exercises.hint(name)))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None


@main.command(epilog="\b\nExample:\n  mytutor check exercises/adam.ipynb exercises/momentum.ipynb")
@click.argument("notebooks", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
def check(notebooks: tuple[str, ...]) -> None:
    """Run your own NOTEBOOKS and list what their checks say.

    This executes all their code, with your rights: it is for your own work, not for that of others.
    Exits with 1 when a check is not correct or a notebook can't be run.
    """
    from mytutor.exercises.running import run

    good = True
    for path in notebooks:
        click.echo(path)
        try:
            verdicts, trouble = run(path)
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        for text in verdicts:
            click.echo(f"  {text}")
        if trouble:
            click.echo(f"  {trouble}")
        good = good and not trouble and all(text.startswith("✓") for text in verdicts)
    if not good:
        raise SystemExit(1)


@main.command(epilog="\b\nExample:\n  mytutor doctor")
def doctor() -> None:
    """List what is available on this machine, and what to do about what is not.

    Exits with 0: nothing that is listed is needed by everybody, except NumPy.
    """
    for finding in findings():
        sign = "✓" if finding.there else "○"
        advice = f" - {finding.advice}" if finding.advice and not finding.there else ""
        click.echo(f"{sign} {finding.name:11} {finding.found}{advice}")


def _shard(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, int]:
    place, _, count = value.partition("/")
    if not (place.isdigit() and count.isdigit() and 1 <= int(place) <= int(count)):
        raise click.BadParameter(f"{value!r} is not i/n with i from 1 to n")
    return int(place), int(count)


def _credit(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> dict[str, float]:
    from mytutor.grading.grade import STATUSES
    from mytutor.grading.reports import CREDIT

    credit = dict(CREDIT)
    for value in values:
        status, _, amount = value.partition("=")
        try:
            credit[status] = float(amount)
        except ValueError:
            raise click.BadParameter(f"{value!r} is not STATUS=POINTS") from None
        if status not in STATUSES or not 0 <= credit[status] <= 1:
            raise click.BadParameter(f"{value!r}: a status of {list(STATUSES)}, from 0 to 1")
    return credit


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@main.command(epilog="\b\nExample:\n  mytutor grade handed-in/ --out grades.csv --exercise adam")
@click.argument("submissions", nargs=-1, required=True, type=click.Path())
@click.option("--out", default="grades.csv", show_default=True, type=click.Path(dir_okay=False))
@click.option("--exercise", "names", multiple=True, help="Ask only this exercise, or chapter.")
@click.option("--jobs", default=_cores, type=click.IntRange(1, 256), help="Sandboxes at a time.")
@click.option("--seed", help="What the inputs are drawn from; secret and new by default.")
@click.option("--force", is_flag=True, help="Grade again what the journal holds.")
@click.option("--shard", default="1/1", callback=_shard, help="i/n: every n-th submission.")
@click.option("--cluster", default="", help="Address of a dask scheduler to grade on.")
@click.option("--sandbox", default="strong", type=click.Choice(["strong", "medium", "weak"]))
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(1, 3600))
@click.option("--memory", default=1000, show_default=True, type=click.IntRange(200), help="In MB.")
@click.option("--student-field", default="", help="Field of the metadata that names the student.")
@click.option("--credit", multiple=True, callback=_credit, help="STATUS=POINTS, as named=0.5.")
@click.option("--lms", type=click.Choice(["canvas", "moodle"]), help="One more CSV, to upload.")
def grade(submissions: tuple[str, ...], out: str, **options: Any) -> None:
    """Grade SUBMISSIONS, notebooks or folders of them, that others wrote.

    Their code runs in a sandbox that is tested first. Writes a CSV (--out), and beside it JSON
    lines, a page, and a journal from which a run that was stopped goes on.

    Exits with 0 when all could be graded, 1 when some could not, 2 when nothing was done.
    """
    from mytutor.grading import command

    try:
        rows = command.grade(submissions, Path(out), tell=click.echo, bar=_bar, **options)
    except command.Impossible as error:
        raise click.UsageError(str(error)) from None
    if not command.complete(rows):
        raise SystemExit(1)


def _bar(numbers: Iterable[int], total: int) -> Iterable[int]:
    try:
        from tqdm import tqdm
    except ImportError:
        return numbers
    return tqdm(numbers, total=total, unit="notebook", disable=None)

"""The command line: `mytutor status`, `hint`, `check` and `doctor`."""

from __future__ import annotations

import click

from mytutor import exercises
from mytutor.doctor import findings

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  mytutor status                       where you stand with every exercise
  mytutor hint adam                    the next hint for one of them
  mytutor check exercises/adam.ipynb   run a notebook and list its checks
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

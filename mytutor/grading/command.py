"""What `mytutor grade` does: test the sandbox, grade, write the reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mytutor import exercises
from mytutor.grading import reports
from mytutor.grading.batch import Plan, Row, Settings, collect, plan
from mytutor.grading.grade import FAILED
from mytutor.grading.journal import Busy, Journal
from mytutor.grading.page import page
from mytutor.grading.sandbox import probing
from mytutor.grading.sandbox.levels import Level
from mytutor.grading.sandbox.running import Limits

__all__ = ["Impossible", "complete", "grade"]


class Impossible(RuntimeError):
    """Nothing can be graded as asked; the message says what to do."""


def grade(
    submissions: Sequence[str | Path],
    out: Path,
    *,
    names: Sequence[str] = (),
    jobs: int = 1,
    seed: str | None = None,
    force: bool = False,
    shard: tuple[int, int] = (1, 1),
    cluster: str = "",
    sandbox: Level = "strong",
    seconds: float = 10.0,
    memory: int = 1000,
    student_field: str = "",
    credit: Any = reports.CREDIT,
    lms: str | None = None,
    tell: Callable[[str], None] = print,
    bar: Any = None,
) -> list[Row]:
    """Grade submissions and write the reports beside ``out``; return the rows.

    Impossible when the sandbox asked for isn't reached, a path or an exercise doesn't exist,
    nothing was handed in, or another run writes the same journal.
    """
    limits = Limits(seconds=seconds, memory=memory * 1_000_000)
    settings = Settings(sandbox, limits, jobs, student_field, cluster)
    if not out.parent.is_dir():
        raise Impossible(f"there is no folder {str(out.parent)!r} to write {out.name} into")
    try:
        planned = plan(submissions, names, shard, student_field)
        _check(planned)
        reached = probing.choose(sandbox)
        tell(reached.says)
        journal = out.with_name(f"{out.name}.journal")
        with Journal(journal, seed, settings.conditions(), force) as kept:
            rows = collect(planned, settings, kept, bar)
    except (probing.Refused, Busy, ValueError, OSError) as error:
        raise Impossible(str(error)) from None
    _write(rows, planned, out, reached.says, credit, lms)
    _summarise(rows, planned, out, tell)
    return rows


def _check(planned: Plan) -> None:
    if not planned.submissions:
        raise Impossible("there is no notebook (*.ipynb) in what you named")
    if not planned.columns:
        known = ", ".join(list(exercises.questions())[:5])
        raise Impossible(f"no notebook is about an exercise; name one: --exercise {known}, ...")


def _write(
    rows: Sequence[Row], planned: Plan, out: Path, sandbox: str, credit: Any, lms: str | None
) -> None:
    reports.write(out, reports.table(rows, planned.columns, credit))
    reports.write(out.with_suffix(".jsonl"), reports.json_lines(rows, credit))
    reports.write(out.with_suffix(".html"), page(rows, planned.columns, sandbox, credit))
    if lms:
        make = {"canvas": reports.canvas, "moodle": reports.moodle}[lms]
        reports.write(out.with_suffix(f".{lms}.csv"), make(rows, out.stem, credit))


def _summarise(rows: Sequence[Row], planned: Plan, out: Path, tell: Callable[[str], None]) -> None:
    for number, name in enumerate(planned.columns):
        states, _ = reports.counts(rows, number)
        tell(f"{name}: {', '.join(f'{times} {state}' for state, times in states.most_common())}")
    failed = Counter(r.status for row in rows for r in row.results if r.status in FAILED)
    if failed:
        listed = ", ".join(f"{times} {state}" for state, times in failed.most_common())
        tell(f"not all could be graded: {listed}")
    tell(f"{len(rows)} submissions: {out}, {out.with_suffix('.jsonl')}, {out.with_suffix('.html')}")


def complete(rows: Sequence[Row]) -> bool:
    """Whether every question of every submission could be judged."""
    return not any(result.status in FAILED for row in rows for result in row.results)

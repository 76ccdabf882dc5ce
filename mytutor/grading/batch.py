"""Grade many submissions: find them, share them out, keep what is done, collect the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mytutor import exercises
from mytutor.grading.grade import Result, grade
from mytutor.grading.journal import Journal
from mytutor.grading.reading import Submission, asked_of, find_notebooks, read
from mytutor.grading.sandbox.levels import Level
from mytutor.grading.sandbox.running import Limits

__all__ = ["Plan", "Row", "Settings", "chosen", "collect", "plan"]


@dataclass(frozen=True)
class Settings:
    """How a batch is graded."""

    level: Level = "strong"
    limits: Limits = field(default_factory=Limits)
    jobs: int = 1
    identity: str = ""
    cluster: str = ""

    def conditions(self) -> str:
        """What a result depends on besides the notebook, the exercise and the seed."""
        return f"{self.limits.seconds} {self.limits.calls} {self.limits.memory} {self.level}"


@dataclass(frozen=True)
class Plan:
    """The submissions without their code, what each is asked, and the columns of the reports."""

    submissions: tuple[Submission, ...]
    asked: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One submission in the reports: its student, a result for every column, notes."""

    student: str
    file: str
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """Exercises by name, or all those of a chapter; UnknownExercise for another name."""
    known = exercises.questions()
    wanted: set[str] = set()
    for name in names:
        chapter = [n for n, q in known.items() if name.lower() in (q.chapter.lower(), q.page)]
        wanted.update([name] if name in known or not chapter else chapter)
    for name in wanted:
        exercises.question(name)
    return tuple(name for name in known if name in wanted)


def plan(
    paths: Sequence[str | Path],
    names: Sequence[str] = (),
    shard: tuple[int, int] = (1, 1),
    identity: str = "",
) -> Plan:
    """Read everything once: who handed in what, about which exercises.

    ``shard`` (i, n) keeps every n-th submission, from the i-th on. Raises ValueError for a missing
    path and UnknownExercise for an unknown name.
    """
    known = exercises.questions()
    found = [_read(path, name, identity) for path, name in find_notebooks(paths)]
    fixed = chosen(names)
    asked = [fixed or asked_of(submission, known) for submission in found]
    columns = tuple(name for name in known if any(name in a for a in asked))
    kept = _noted([replace(submission, cells=()) for submission in found])
    place, count = shard
    return Plan(
        tuple(kept[place - 1 :: count]),
        tuple([a or columns for a in asked][place - 1 :: count]),
        columns,
    )


def _read(path: Path, name: str, identity: str) -> Submission:
    return read(path, name, tuple(exercises.questions()), identity)


def _noted(submissions: Sequence[Submission]) -> list[Submission]:
    """Say of every submission what is odd: a student twice, a file twice, unknown exercises."""
    by_student: dict[str, list[Submission]] = {}
    by_digest: dict[str, list[Submission]] = {}
    for submission in submissions:
        by_student.setdefault(submission.student, []).append(submission)
        if submission.digest:
            by_digest.setdefault(submission.digest, []).append(submission)
    noted = []
    for submission in submissions:
        notes = list(submission.notes)
        notes += [f"no exercise is called {name!r}" for name in submission.unknown]
        if len(by_student[submission.student]) > 1:
            notes.append("this student handed in several notebooks")
        same = [s for s in by_digest.get(submission.digest, ()) if s is not submission]
        if same:
            more = f" and {len(same) - 1} more" if len(same) > 1 else ""
            notes.append(f"the same file as {same[0].student}{more}")
        noted.append(replace(submission, notes=tuple(notes)))
    return noted


def collect(
    planned: Plan,
    settings: Settings,
    journal: Journal,
    progress: Callable[[Iterable[int], int], Iterable[int]] | None = None,
) -> list[Row]:
    """Grade what the journal doesn't hold yet; return a row for every submission, in their order.

    ``progress`` wraps the numbers of the submissions as they end. Raises OSError when no worker can
    be started.
    """
    done = _ended(planned, settings, journal)
    for _ in progress(done, len(planned.submissions)) if progress else done:
        pass
    return [
        _row(submission, asked, planned.columns, journal)
        for submission, asked in zip(planned.submissions, planned.asked, strict=True)
    ]


def _ended(planned: Plan, settings: Settings, journal: Journal) -> Iterator[int]:
    """Grade in parallel; yield the number of every submission once it is in the journal."""
    waiting: dict[Future[list[Result]], int] = {}
    begun: set[str] = set()  # of two files that are the same, one is graded
    with _Pool(settings) as submit:
        for number, submission in enumerate(planned.submissions):
            names = [n for n in planned.asked[number] if _to_do(submission, n, journal)]
            if not names or submission.digest + str(names) in begun:
                yield number
                continue
            begun.add(submission.digest + str(names))
            future = submit(_graded, submission, names, journal.seed, settings)
            waiting[future] = number
        for future in as_completed(waiting):
            number = waiting[future]
            journal.add(planned.submissions[number].digest, future.result())
            yield number


def _to_do(submission: Submission, name: str, journal: Journal) -> bool:
    return bool(submission.digest) and not journal.find(submission.digest, name)


class _Pool:
    """Where submissions are graded: threads that each wait for a sandbox, or for a dask task."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.client: Any = None

    def __enter__(self) -> Callable[..., Future[list[Result]]]:
        jobs = self.settings.jobs
        if self.settings.cluster:
            self.client = _client(self.settings.cluster)
            jobs = 2 * max(1, sum(self.client.nthreads().values()))  # none waits for the next
        self.threads = ThreadPoolExecutor(jobs)
        return self._submit

    def _submit(self, function: Any, *arguments: Any) -> Future[list[Result]]:
        return self.threads.submit(self._remotely if self.client else function, *arguments)

    def _remotely(self, *arguments: Any) -> list[Result]:
        return self.client.submit(_graded, *arguments, retries=2, pure=False).result()

    def __exit__(self, *error: object) -> None:
        self.threads.shutdown(cancel_futures=True)
        if self.client:
            self.client.close()


def _client(address: str) -> Any:
    """A client of a dask scheduler; OSError when there is none, or no dask."""
    try:
        from distributed import Client
    except ImportError:
        raise OSError("--cluster needs dask: `pip install distributed`") from None
    return Client(address, timeout="20s", set_as_default=False)


def _graded(
    submission: Submission, names: Sequence[str], seed: str, settings: Settings
) -> list[Result]:
    again = _read(submission.path, submission.student, settings.identity)
    if again.digest != submission.digest:
        changed = "it was changed while it was graded"
        return [Result(name, "unreadable", changed) for name in names]
    return grade(again, names, seed, settings.level, settings.limits)


def _row(
    submission: Submission, asked: Sequence[str], columns: Sequence[str], journal: Journal
) -> Row:
    def result(name: str) -> Result:
        if submission.trouble:
            return Result(name, "unreadable", submission.trouble)
        if name not in asked:
            return Result(name, "not asked")
        return journal.find(submission.digest, name) or Result(name, "crashed", "not graded")

    results = tuple(result(name) for name in columns)
    notes = submission.notes
    if submission.trouble and not columns:
        notes = (*notes, submission.trouble)
    return Row(submission.student, str(submission.path), results, notes)

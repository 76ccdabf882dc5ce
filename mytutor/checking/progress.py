"""What a student has done so far: an append-only table in one small SQLite file.

Two notebooks may write at once and a kill in the middle does no harm. Deleting the file costs
nothing but the history; where it can't be written, checks work all the same.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Standing", "add", "home", "standing"]

SECONDS_TO_WAIT = 5.0
TABLE = """
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY,
    exercise TEXT NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
)
"""


@dataclass(frozen=True)
class Standing:
    """Where a student stands with one exercise."""

    correct: bool = False
    tries: int = 0
    hints: int = 0
    solution_seen: bool = False


def home() -> Path:
    """The folder of the progress file: ``MYTUTOR_HOME``, or the user's data folder."""
    chosen = os.environ.get("MYTUTOR_HOME")
    if chosen:
        return Path(chosen)
    from platformdirs import user_data_path

    return user_data_path("mytutor")


def add(exercise: str, what: str, detail: str = "") -> str:
    """Write down one event; return an empty string, or why it couldn't be written.

    ``what`` is 'correct', 'not yet', 'hint' or 'solution'.
    """
    try:
        with _open() as database:
            database.execute(
                "INSERT INTO event (exercise, what, detail) VALUES (?, ?, ?)",
                (exercise, what, detail),
            )
    except (sqlite3.Error, OSError, ImportError) as error:
        return f"your progress could not be saved ({error})."
    return ""


def standing() -> dict[str, Standing]:
    """Where the student stands with every exercise begun; empty when nothing can be read."""
    query = """
        SELECT exercise, max(what = 'correct'), sum(what IN ('correct', 'not yet')),
               sum(what = 'hint'), max(what = 'solution')
        FROM event GROUP BY exercise
    """
    try:
        with _open() as database:
            rows = database.execute(query).fetchall()
    except (sqlite3.Error, OSError, ImportError):
        return {}
    return {
        name: Standing(bool(ok), tries, hints, bool(seen)) for name, ok, tries, hints, seen in rows
    }


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "progress.sqlite", timeout=SECONDS_TO_WAIT)
    with closing(connection), connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(TABLE)
        yield connection

"""Rows as a table for a spreadsheet, as JSON lines, and as columns for learning platforms."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mytutor.grading.batch import Row
from mytutor.grading.grade import Result

__all__ = ["CREDIT", "canvas", "counts", "json_lines", "moodle", "points", "safe", "table", "write"]

CREDIT: Mapping[str, float] = {"right": 1.0}
RUNS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
)  # what a spreadsheet would run
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
CANVAS = re.compile(r"^[^_]+_(?:LATE_)?(\d+)_\d+_")
MOODLE = re.compile(r"^(.+)_(\d+)_assignsubmission_")


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = UNPRINTABLE.sub("�", text)
    return f"'{text}" if text.startswith(RUNS) or text.lstrip().startswith(RUNS[:4]) else text


def points(result: Result, credit: Mapping[str, float] = CREDIT) -> float:
    """What a result is worth: 1 when right and else nothing, unless ``credit`` says otherwise."""
    return credit.get(result.status, 0.0)


def _total(row: Row, credit: Mapping[str, float]) -> tuple[float, int]:
    asked = [result for result in row.results if result.status != "not asked"]
    return sum(points(result, credit) for result in asked), len(asked)


def table(rows: Sequence[Row], columns: Sequence[str], credit: Mapping[str, float] = CREDIT) -> str:
    """CSV: a row a submission, a column a question, then points, reasons and notes."""
    head = ["student", *columns, "points", "of", "reasons", "notes", "file"]
    lines: list[list[Any]] = []
    for row in rows:
        earned, possible = _total(row, credit)
        states = [result.status for result in row.results]
        texts = map(safe, (_reasons(row, credit), "; ".join(row.notes), row.file))
        lines.append([safe(row.student), *states, f"{earned:g}", possible, *texts])
    return _csv([head, *lines])


def _reasons(row: Row, credit: Mapping[str, float]) -> str:
    return "; ".join(
        f"{result.question}: {_why(result)} ({points(result, credit):g})"
        for result in row.results
        if result.status not in ("right", "not asked")
    )


def _why(result: Result) -> str:
    said = " and ".join(result.diagnosis) or result.reason
    return f"{result.status}: {said[:200]}" if said else result.status


def _csv(lines: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return out.getvalue()


def json_lines(rows: Sequence[Row], credit: Mapping[str, float] = CREDIT) -> str:
    """A line a submission, with all that is known."""
    return "".join(json.dumps(_plain(row, credit), sort_keys=True) + "\n" for row in rows)


def _plain(row: Row, credit: Mapping[str, float]) -> dict[str, Any]:
    earned, possible = _total(row, credit)
    results = [{**result.as_dict(), "points": points(result, credit)} for result in row.results]
    return {
        "student": row.student,
        "file": row.file,
        "points": earned,
        "of": possible,
        "notes": row.notes,
        "results": [{k: v for k, v in result.items() if k != "shown"} for result in results],
    }


def counts(rows: Sequence[Row], column: int) -> tuple[Counter[str], Counter[str]]:
    """How often each status, and each misconception, came in a question."""
    results = [row.results[column] for row in rows]
    named = (name for result in results if result.status == "named" for name in result.diagnosis)
    return Counter(result.status for result in results), Counter(named)


def canvas(rows: Sequence[Row], title: str, credit: Mapping[str, float] = CREDIT) -> str:
    """CSV for Canvas: the ID is read from the names that Canvas gives to downloaded files."""
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", title]
    lines: list[list[Any]] = [head, ["    Points Possible", "", "", "", "", _possible(rows)]]
    for row in rows:
        found = CANVAS.match(Path(row.file).name)
        name = safe(row.student.partition("_")[0] if found else row.student)
        lines.append([name, found[1] if found else "", "", "", "", f"{_total(row, credit)[0]:g}"])
    return _csv(lines)


def moodle(rows: Sequence[Row], title: str, credit: Mapping[str, float] = CREDIT) -> str:
    """CSV for Moodle's grading worksheet: the participant is read from the downloaded folders."""
    lines: list[list[Any]] = [
        ["Identifier", "Full name", "Grade", "Maximum grade", "Feedback comments"]
    ]
    for row in rows:
        parts = map(MOODLE.match, Path(row.file).parts)
        found = next((part for part in parts if part), None)
        who = [f"Participant {found[2]}" if found else "", safe(found[1] if found else row.student)]
        reasons = safe(f"{title}: {_reasons(row, credit) or 'all right'}")
        lines.append([*who, f"{_total(row, credit)[0]:g}", _possible(rows), reasons])
    return _csv(lines)


def _possible(rows: Sequence[Row]) -> int:
    return max((_total(row, {})[1] for row in rows), default=0)


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(number, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise

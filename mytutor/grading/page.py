"""The report as a page: the class at a glance, then what each student would have seen."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from mytutor.grading.batch import Row
from mytutor.grading.grade import STATUSES, Result
from mytutor.grading.reports import CREDIT, UNPRINTABLE, counts, points

__all__ = ["page"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'none'; base-uri 'none'"
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64em; margin: 2em auto; padding: 0 1em;
  color: #1d2733; background: #fff; overflow-wrap: anywhere }
table { border-collapse: collapse } th, td { border: 1px solid #8894a3; padding: .25em .6em;
  text-align: left; vertical-align: top; overflow-wrap: normal }
th { white-space: nowrap }
details div { overflow-x: auto }
details { margin: .5em 0 } summary { cursor: pointer } .scroll { overflow-x: auto }
@media (prefers-color-scheme: dark) { body { color: #e6eaf0; background: #14181e } }
"""


def page(
    rows: Sequence[Row],
    columns: Sequence[str],
    sandbox: str,
    credit: Mapping[str, float] = CREDIT,
) -> str:
    """A page that needs no other file; everything that a student wrote is escaped."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Grades</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f"<style>{STYLE}</style></head><body><main><h1>Grades</h1>",
        f"<p>{len(rows)} submissions, {len(columns)} questions. {_text(sandbox)}</p>",
        *_summary(rows, columns),
        "<h2>Submissions</h2>",
        *(_submission(row, credit) for row in rows),
        "</main></body></html>\n",
    ]
    return "\n".join(parts)


def _text(text: str) -> str:
    return html.escape(UNPRINTABLE.sub("�", text))


def _summary(rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    found = [counts(rows, number) for number in range(len(columns))]
    states = [s for s in STATUSES if any(count[s] for count, _ in found)]
    head = "".join(f'<th scope="col">{s}</th>' for s in ("question", *states))
    lines = [
        f'<tr><th scope="row">{name}</th>'
        + "".join(f"<td>{count[s] or ''}</td>" for s in states)
        + "</tr>"
        for name, (count, _) in zip(columns, found, strict=True)
    ]
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    keys = "; ".join(f"<b>{s}</b>: {STATUSES[s]}" for s in states)
    mistakes = [
        f"<li>{name}: {_text(mistake)} - {times} of {len(rows)}</li>"
        for name, (_, named) in zip(columns, found, strict=True)
        for mistake, times in named.most_common(8)
    ]
    listed = f"<h2>Mistakes of the class</h2><ul>{''.join(mistakes)}</ul>" if mistakes else ""
    scroll = f'<div class="scroll" tabindex="0" role="region" aria-label="Class">{table}</div>'
    return ["<h2>The class</h2>", scroll, f"<p>{keys}</p>", listed]


def _submission(row: Row, credit: Mapping[str, float]) -> str:
    asked = [result for result in row.results if result.status != "not asked"]
    earned = sum(points(result, credit) for result in asked)
    notes = "".join(f"<p>Note: {_text(note)}</p>" for note in row.notes)
    inside = "".join(_result(result, credit) for result in asked)
    return (
        f"<details><summary>{_text(row.student)}: {earned:g} of {len(asked)}</summary>"
        f"<p>{_text(row.file)}</p>{notes}{inside}</details>"
    )


def _result(result: Result, credit: Mapping[str, float]) -> str:
    said = result.shown or f"<p>{_text(result.reason)}</p>"
    remarks = "".join(f"<p>Note: {_text(r)}</p>" for r in result.remarks if r not in result.shown)
    return (
        f"<h3>{_text(result.question)}: {_text(result.status)}, {points(result, credit):g}</h3>"
        f"{said}{remarks}"
    )

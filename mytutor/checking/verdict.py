"""What a check says: plain text everywhere, HTML in Jupyter."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

__all__ = ["CORRECT", "NOT_ATTEMPTED", "NOT_YET", "Counterexample", "Difference", "Note", "Verdict"]

Outcome = Literal["correct", "not yet", "not attempted"]
CORRECT: Outcome = "correct"
NOT_YET: Outcome = "not yet"
NOT_ATTEMPTED: Outcome = "not attempted"

LOOKS = {  # a sign, a word and a colour that reads on white and on dark grey
    "correct": ("✓", "Correct", "#2e9d4e"),
    "not yet": ("✗", "Not yet", "#d9822b"),
    "not attempted": ("○", "Not attempted yet", "#7f8fa3"),
}


class Difference(NamedTuple):
    """One output of a counterexample: its name, what was expected, what came, if they agree."""

    name: str
    expected: str
    got: str
    agrees: bool


class Counterexample(NamedTuple):
    """The smallest call that goes wrong, as code to paste, and its outputs (none if it raised)."""

    call: str
    outputs: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The result of a check.

    ``outcome`` is 'correct', 'not yet' or 'not attempted'; ``diagnosis`` holds the names of the
    misconceptions recognised; ``remarks`` are observations that don't change the outcome.
    ``chapter``, its ``page`` under ``book/`` and ``section`` say where to read again. Text between
    backticks is code.
    """

    exercise: str
    outcome: Outcome
    message: str
    diagnosis: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    remarks: tuple[str, ...] = ()
    chapter: str = ""
    page: str = ""
    section: str = ""

    def __repr__(self) -> str:
        sign, word, _ = LOOKS[self.outcome]
        lines = [f"{sign} {word}: {self.exercise}", self.message.replace("`", "")]
        if self.counterexample is not None:
            lines += ["", "The smallest case that goes wrong:", f"    {self.counterexample.call}"]
            for output in self.counterexample.outputs:
                mark = "" if output.agrees else "   <- differs"
                lines.append(
                    f"    {output.name}: expected {output.expected}, got {output.got}{mark}"
                )
        lines += [f"Note: {remark.replace('`', '')}" for remark in self.remarks]
        if self.section:
            lines.append(f"Read again: {self.chapter}, section “{self.section}”")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        sign, word, colour = LOOKS[self.outcome]
        parts = [
            f'<p style="margin:0"><strong><span aria-hidden="true" style="color:{colour}">{sign}'
            f"</span> {word}</strong>: {html.escape(self.exercise)}</p>",
            f'<p style="margin:.4em 0">{_prose(self.message, self.diagnosis)}</p>',
        ]
        if self.counterexample is not None:
            parts.append(_table(self.counterexample))
        parts += [f'<p style="margin:.4em 0">Note: {_prose(r)}</p>' for r in self.remarks]
        if self.section:
            where = f"{html.escape(self.chapter)}, section “{html.escape(self.section)}”"
            target = f"../book/{self.page}.ipynb#{self.section.replace(' ', '-')}"
            link = f'<a href="{html.escape(target)}">{where}</a>' if self.page else where
            parts.append(f'<p style="margin:.4em 0">Read again: {link}</p>')
        return _frame(word, colour, parts)


@dataclass(frozen=True)
class Note:
    """A hint, a solution or a list, shown like a verdict: a title, paragraphs, perhaps code."""

    title: str
    paragraphs: tuple[str, ...]
    code: str = ""

    def __repr__(self) -> str:
        lines = [self.title, *(text.replace("`", "") for text in self.paragraphs)]
        return "\n".join([*lines, *(["", self.code] if self.code else [])])

    def _repr_html_(self) -> str:
        parts = [f'<p style="margin:0"><strong>{html.escape(self.title)}</strong></p>']
        parts += [f'<p style="margin:.4em 0">{_prose(text)}</p>' for text in self.paragraphs]
        if self.code:
            parts.append(
                f'<pre tabindex="0" style="margin:.4em 0;overflow-x:auto">{html.escape(self.code)}'
                "</pre>"
            )
        return _frame(self.title, "#4c78a8", parts)


def _frame(label: str, colour: str, parts: list[str]) -> str:
    return (
        f'<div role="group" aria-label="{html.escape(label)}" style="border-left:4px solid '
        f'{colour};padding:.3em .9em;margin:.3em 0;max-width:60em">{"".join(parts)}</div>'
    )


def _prose(text: str, strong: Sequence[str] = ()) -> str:
    text = html.escape(text)
    for name in map(html.escape, strong):
        text = text.replace(name, f"<strong>{name}</strong>", 1)
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


def _table(example: Counterexample) -> str:
    call = (
        '<p style="margin:.4em 0">The smallest case that goes wrong:</p>'
        '<pre tabindex="0" style="margin:.4em 0;white-space:pre-wrap;'
        'word-break:normal;overflow-wrap:anywhere">'
        f"{html.escape(example.call)}</pre>"
    )
    if not example.outputs:
        return call
    rows = "".join(_row(output) for output in example.outputs)
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("output", "expected", "got", "agrees?")
    )
    style = 'style="margin:.4em 0;text-align:left"'
    return f"{call}<table {style}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(output: Difference) -> str:
    name, wanted, got = (html.escape(text) for text in output[:3])
    code = '<td style="text-align:left"><code>{}</code></td>'
    mark = "yes" if output.agrees else "<strong>differs</strong>"
    cells = code.format(wanted) + code.format(got)
    return f'<tr><th scope="row">{name}</th>{cells}<td>{mark}</td></tr>'

"""An explorable: one description that moves in a page without Python and, live, in Jupyter."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mytutor.explore import drawing
from mytutor.explore.controls import RuleChoice
from mytutor.explore.running import Twin
from mytutor.explore.translate import BUILTINS, dependencies, javascript_function

__all__ = ["Explorable", "View", "engine", "style"]

HERE = Path(__file__).parent
NOTE = "In Jupyter, end the cell with <code>.live()</code> to make this picture move."
ENGINE_FUNCTIONS = [name for name, script in BUILTINS.items() if name == script]


@dataclass(frozen=True)
class View:
    """A picture: its name in the frame, what a screen reader calls it, height over width.

    ``point`` names the control that a click or the arrow keys set; ``wide`` spans all columns.
    """

    name: str
    label: str
    aspect: float
    point: str | None = None
    wide: bool = False

    def description(self) -> dict[str, Any]:
        """The view as the engine reads it."""
        extra: dict[str, Any] = {"point": self.point} if self.point else {}
        extra |= {"wide": True} if self.wide else {}
        return {"name": self.name, "label": self.label, "aspect": self.aspect, **extra}


class Explorable:
    """Controls, pictures and the model between them.

    ``model(values, data)`` returns ``{"views": {name: plot}, "status": text, "ends": list}`` and,
    for buttons, ``"jumps": {button: values}``; it is written in the Python that
    ``mytutor.explore.translate`` knows. ``steps`` is a number of steps or the name of the slider
    that sets it, None for a picture without time. ``layout`` puts the controls 'beside' or 'below'.
    """

    def __init__(
        self,
        title: str,
        controls: Sequence[Any],
        views: Sequence[View],
        model: Callable[..., Any],
        data: Mapping[str, Any],
        *,
        steps: int | str | None = None,
        layout: str = "below",
    ) -> None:
        self.title = title
        self.controls = tuple(controls)
        self.views = tuple(views)
        self.model = model
        self.data = dict(data)
        self.steps = steps
        self.layout = layout

    def __repr__(self) -> str:
        return f"<Explorable: {self.title}>"

    def values(self) -> dict[str, Any]:
        """What the controls start with, by the names that the model reads."""
        found: dict[str, Any] = {}
        for control in self.controls:
            found |= control.values()
        if self.steps is not None:
            found["shown"] = self.steps_of(found)
        return found

    def steps_of(self, values: Mapping[str, Any]) -> int:
        """The number of steps at these values; 0 for a picture without time."""
        return int(values[self.steps] if isinstance(self.steps, str) else self.steps or 0)

    def frame(self, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is shown at these values (default: the initial ones), computed in Python.

        Raises KeyError for a name that no control has.
        """
        start = self.values()
        for name in values or {}:
            if name not in start:
                raise KeyError(f"no control {name!r}; expected one of {', '.join(start)}")
        merged = start | dict(values or {})
        if self.steps is not None and "shown" not in (values or {}):
            merged["shown"] = self.steps_of(merged)
        with np.errstate(all="ignore"):
            found: dict[str, Any] = self.model(merged, self.data)
        return found

    def description(self) -> str:
        """The description as a JavaScript object, the model and what it needs included."""
        sliders: dict[str, list[Any]] = {}
        for control in self.controls:
            if isinstance(control, RuleChoice):
                for rule, own in control.sliders.items():
                    sliders[rule] = [slider.description() for slider in own]
        described = {
            "title": self.title,
            "layout": self.layout,
            "steps": self.steps,
            "controls": [control.description() for control in self.controls],
            "sliders": sliders,
            "views": [view.description() for view in self.views],
            "data": self.data,
        }
        functions = "\n".join(javascript_function(each) for each in dependencies(self.model))
        names = ", ".join(ENGINE_FUNCTIONS)
        head = f"(({{{names}}}) => {{\n{functions}\nreturn {{model: {self.model.__name__}, "
        return f"{head}{_javascript(described)[1:-1]}}};}})"

    def fragment(self, note: str = NOTE) -> str:
        """A part of a page: the first picture, and the description for the engine."""
        description = self.description()
        frame = self.frame()
        pictures = "".join(
            drawing.picture(frame["views"][view.name], view.aspect, view.label, view.wide)
            for view in self.views
        )
        key = hashlib.sha256((description + pictures).encode()).hexdigest()[:12]
        status = html.escape(frame["status"], quote=False).replace("\n", "<br>")
        note = f'<p class="tutor-note"><small>{note}</small></p>' if note else ""
        script = f"(window.tutorExplorables??=[]).push({{id:{key!r},load:{description}}})"
        return (
            f'<div class="tutor-explore mathjax_ignore" data-explorable="{key}" role="group" '
            f'aria-label="{html.escape(self.title)}">'
            f'<div style="display:flex;flex-wrap:wrap;gap:8px">{pictures}</div>'
            f'<p class="tutor-status">{status}</p>{note}</div>\n'
            f"<script>{script.replace('</', '<' + chr(92) + '/')}</script>"
        )

    def _repr_html_(self) -> str:
        return self.fragment()

    def page(self) -> str:
        """A whole page that works alone, from a file and without a network."""
        return PAGE.format(
            title=html.escape(self.title), style=style(), engine=engine(), body=self.fragment("")
        )

    def save(self, path: str | Path) -> Path:
        """Write the page to a file and return its path; an existing file is replaced."""
        path = Path(path)
        path.write_text(self.page(), encoding="utf-8")
        return path

    def live(self) -> Any:
        """The explorable as widgets in Jupyter, computed by the Python rules themselves.

        Raises ImportError without ipywidgets.
        """
        from mytutor.explore.live import live

        return live(self)


def _javascript(value: Any) -> str:
    """A description as JavaScript: JSON, with functions where there are twins."""
    if isinstance(value, Twin):
        return f"({value.javascript})"
    if isinstance(value, Mapping):
        items = (f"{json.dumps(str(key))}:{_javascript(item)}" for key, item in value.items())
        return f"{{{','.join(items)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_javascript, value))}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


@cache
def engine() -> str:
    """The JavaScript that every page with explorables loads once."""
    return (HERE / "engine.js").read_text(encoding="utf-8")


@cache
def style() -> str:
    """The style sheet that every page with explorables loads once."""
    return (HERE / "engine.css").read_text(encoding="utf-8")


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
body {{ max-width: 60rem; margin: 0 auto; padding: 0.5rem; font-family: system-ui, sans-serif; }}
html[data-theme="dark"] {{ background: #0d1117; color: #e8ecf2; }}
</style>
<script>
(() => {{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {{
    document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
  }};
  dark.addEventListener("change", follow);
  follow();
}})();
</script>
<script>
{engine}
</script>
</head>
<body>
<main>
<h1 style="font-size:1.25rem">{title}</h1>
{body}
</main>
</body>
</html>
"""

"""An explorable as ipywidgets: the same controls, computed by the Python rules themselves."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping
from typing import Any

from mytutor.explore import drawing
from mytutor.explore.controls import Button, Choice, Point, RuleChoice, Slider

__all__ = ["live"]


def live(explorable: Any) -> Any:
    """A box of widgets for an explorable; its ``widgets`` finds every one by the name of its value.

    Raises ImportError without ipywidgets.
    """
    import ipywidgets

    return _Live(explorable, ipywidgets).box


class _Live:
    def __init__(self, explorable: Any, kit: Any) -> None:
        self.explorable = explorable
        self.kit = kit
        self.values = explorable.values()
        self.widgets: dict[str, Any] = {}
        self.groups: list[tuple[RuleChoice, dict[str, Any]]] = []
        self.quiet = False
        self.play: Any = None
        self.pictures = kit.HTML()
        self.status = kit.HTML()
        controls = [part for control in explorable.controls for part in self.parts(control)]
        time = self.time() if explorable.steps is not None else []
        panel = kit.VBox([*controls, *time], layout=kit.Layout(min_width="300px"))
        shown = kit.VBox([self.pictures, self.status], layout=kit.Layout(flex="1 1 380px"))
        self.box = kit.HBox([shown, panel], layout=kit.Layout(flex_flow="row wrap"))
        self.box.widgets = self.widgets | {"status": self.status}
        self.refresh()

    def parts(self, control: Any) -> list[Any]:
        match control:
            case Slider():
                return [self.watch(control.name, self.slider(control, control.name))]
            case Choice():
                choose = self.kit.Dropdown(options=control.options, description=control.label)
                choose.value = control.value
                return [self.watch(control.name, choose, self.chosen(control))]
            case Point():
                return self.point(control)
            case RuleChoice():
                return self.rule(control)
            case Button():
                button = self.kit.Button(description=control.label, layout={"width": "auto"})
                button.on_click(lambda _: self.put(self.frame["jumps"][control.name]))
                self.widgets[control.name] = button
                return [button]
        raise TypeError(f"no widget for {control!r}")

    def watch(self, name: str, widget: Any, then: Callable[[Any], None] | None = None) -> Any:
        def changed(change: Mapping[str, Any]) -> None:
            if self.quiet:
                return
            self.put({name: change["new"]})
            if then:
                then(change["new"])

        widget.style.description_width = "100px"
        widget.observe(changed, names="value")
        self.widgets[name] = widget
        return widget

    def slider(self, control: Slider, name: str) -> Any:
        kit, value = self.kit, self.values[name]
        form: dict[str, Any]
        common = {"description": control.label, "value": value}
        if control.scale == "log":
            form = {"min": math.log10(control.low), "max": math.log10(control.high)}
            form |= {"step": 1 / 24, "readout_format": ".3g"}
            return kit.FloatLogSlider(**common, **form)
        if control.scale == "decay":
            grid = sorted({*control.grid(), value})
            return kit.SelectionSlider(**common, options=[(repr(each), each) for each in grid])
        whole = all(float(each).is_integer() for each in (control.low, control.high, control.step))
        form = {"min": control.low, "max": control.high, "step": control.step}
        if whole:
            return kit.IntSlider(**common, **{key: int(each) for key, each in form.items()})
        return kit.FloatSlider(**common, **form)

    def point(self, control: Point) -> list[Any]:
        boxes = []
        for index, letter in enumerate("xy"):
            box = self.kit.FloatText(value=control.value[index], description=f"start {letter}")
            box.step = 0.1
            boxes.append(self.watch(f"{control.name}.{letter}", box))
        return boxes

    def rule(self, control: RuleChoice) -> list[Any]:
        choose = self.kit.Dropdown(options=control.options, description=control.label)
        choose.value = control.value
        boxes = {}
        for rule, sliders in control.sliders.items():
            made = []
            for slider in sliders:
                name = f"{control.name}.{rule}.{slider.name}"
                made.append(self.watch(name, self.slider(slider, name)))
            boxes[rule] = self.kit.VBox(made)
        self.groups.append((control, boxes))
        return [self.watch(control.name, choose), *boxes.values()]

    def time(self) -> list[Any]:
        last = self.values["shown"]
        slider = self.kit.IntSlider(value=last, min=0, max=last, description="step shown")
        play = self.kit.Play(value=0, min=0, max=last, interval=60)
        play.observe(lambda change: setattr(slider, "value", change["new"]), names="value")
        self.play = play
        return [self.watch("shown", slider), play]

    def chosen(self, control: Choice) -> Callable[[Any], None]:
        def choose(option: str) -> None:
            found: dict[str, Any] = {}
            for key, value in control.sets.get(option, {}).items():
                names = [each.name + key[1:] for each, _ in self.groups] if key[0] == "*" else [key]
                found |= dict.fromkeys(names, value)
            if found:
                self.put(found)

        return choose

    def put(self, changes: Mapping[str, Any]) -> None:
        """Set values, whether a widget or the model asks for it, and show what follows."""
        before = self.explorable.steps_of(self.values)
        for name, value in changes.items():
            base, _, letter = name.rpartition(".")
            if letter in ("x", "y") and isinstance(self.values.get(base), list):
                self.values[base] = list(self.values[base])
                self.values[base]["xy".index(letter)] = value
            else:
                self.values[name] = value
        steps = self.explorable.steps_of(self.values)
        if self.explorable.steps is not None and steps != before:
            was_whole = self.values["shown"] == before
            self.values["shown"] = steps if was_whole else min(steps, self.values["shown"])
        self.refresh()

    def refresh(self) -> None:
        self.frame = self.explorable.frame(self.values)
        views = self.explorable.views
        drawn = "".join(
            drawing.picture(self.frame["views"][view.name], view.aspect, view.label, view.wide)
            for view in views
        )
        self.pictures.value = f'<div style="display:flex;flex-wrap:wrap">{drawn}</div>'
        status = html.escape(self.frame["status"], quote=False)
        self.status.value = f'<p aria-live="polite">{status}</p>'.replace("\n", "<br>")
        self.quiet = True
        try:
            self.show_values()
        finally:
            self.quiet = False

    def show_values(self) -> None:
        for name, widget in self.widgets.items():
            if name in self.values:
                self.show(name, widget)
        for control in self.explorable.controls:
            if isinstance(control, Point):
                for index, letter in enumerate("xy"):
                    value = self.values[control.name][index]
                    self.widgets[f"{control.name}.{letter}"].value = value
        for choice, boxes in self.groups:
            for rule, box in boxes.items():
                box.layout.display = "" if self.values[choice.name] == rule else "none"

    def show(self, name: str, widget: Any) -> None:
        value = self.values[name]
        if isinstance(widget, self.kit.SelectionSlider):
            if value not in [each for _, each in widget.options]:
                grid = sorted({*(each for _, each in widget.options), value})
                widget.options = [(repr(each), each) for each in grid]
        elif name == "shown":
            widget.max = self.play.max = self.explorable.steps_of(self.values)
        widget.value = value

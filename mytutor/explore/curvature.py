"""The Hessian at a point of the reader's choice: its directions, and the quadratic model."""

from __future__ import annotations

from collections.abc import Iterable

from mytutor import surfaces as known
from mytutor.explore.controls import Button, Choice, Point
from mytutor.explore.numbers import floor, isfinite, number, sqrt
from mytutor.explore.running import extent, linear_axis, plane_axes, surface_entry
from mytutor.explore.widget import Explorable, View
from mytutor.surfaces import Surface

__all__ = ["curvature"]

ASPECT = 0.86
# A power of two, so that x + H - x is H exactly; small enough for a polynomial's cubic terms.
H = 1 / 8192
USUAL = ("himmelblau", "six_hump_camel", "rosenbrock", "saddle", "monkey_saddle", "plateau")


def curvature(
    surfaces: Iterable[Surface] | None = None,
    *,
    surface: str | None = None,
    point: tuple[float, float] | None = None,
) -> Explorable:
    """Cuts through a surface along the two eigenvectors of its Hessian, beside their parabolas.

    A click sets the point; a button makes one step of Newton's method on the gradient, which leads
    to stationary points of every kind. By default six surfaces, the first of them shown from its
    start. Raises ValueError for no surfaces, an unknown name, or a point that isn't finite.
    """
    own = [getattr(known, name) for name in USUAL] if surfaces is None else list(surfaces)
    planes = {each.name: each for each in own}
    if not planes:
        raise ValueError("surfaces is empty; expected at least one, or None for the usual six")
    first = surface or next(iter(planes))
    if first not in planes:
        raise ValueError(f"no surface {first!r}; expected one of {', '.join(planes)}")
    x, y = planes[first].start if point is None else point
    if not (isfinite(x) and isfinite(y)):
        raise ValueError(f"point is {point!r}; expected two finite numbers")
    return Explorable(
        "Curvature at a point",
        [
            Choice(
                "surface",
                "surface",
                tuple(planes),
                first,
                {name: {"point": list(each.start)} for name, each in planes.items()},
            ),
            Point("point", "point", (float(x), float(y))),
            Button("newton", "Take one Newton step to a stationary point"),
        ],
        [
            View("plane", "Surface, point and directions of curvature", ASPECT, point="point"),
            View("steep", "Cut along the direction of larger curvature", 0.42),
            View("flat", "Cut along the direction of smaller curvature", 0.42),
        ],
        look,
        {
            "surfaces": {name: surface_entry(each) for name, each in planes.items()},
            "aspect": ASPECT,
        },
        layout="beside",
    )


# -- the model: also runs in the browser -----------------------------------------------------------


def look(values, data):
    """The surface around a point, cut along the eigenvectors of the Hessian there."""
    surface = data["surfaces"][values["surface"]]
    point = values["point"]
    axes = plane_axes(surface["box"], data["aspect"])
    slope = surface["gradient"](point[0], point[1])
    bend = second_derivatives(surface["gradient"], point[0], point[1])
    [high, low] = eigenvalues(bend)
    steep = eigenvector(bend, high)
    flat = [0 - steep[1], steep[0]]
    reach = (axes[0]["high"] - axes[0]["low"]) / 8
    size = sqrt(slope[0] * slope[0] + slope[1] * slope[1])
    step = newton_step(bend, slope)
    return {
        "views": {
            "plane": {
                "x": axes[0],
                "y": axes[1],
                "field": {
                    "key": values["surface"],
                    "value": surface["value"],
                    "spacing": "log" if len(surface["minima"]) > 0 else "linear",
                },
                "lines": [
                    across(point, steep, reach, f"λ = {number(high)}", 0),
                    across(point, flat, reach, f"λ = {number(low)}", 1),
                    {
                        "label": "",
                        "style": 6,
                        "kind": "line",
                        "start": True,
                        "x": [point[0]],
                        "y": [point[1]],
                    },
                ],
                "marks": surface["minima"],
            },
            "steep": cut(surface, point, slope, steep, high, reach, 0),
            "flat": cut(surface, point, slope, flat, low, reach, 1),
        },
        "status": "\n".join(
            [
                f"At ({number(point[0])}, {number(point[1])}): f = "
                f"{number(surface['value'](point[0], point[1]))}, length of the gradient "
                f"{number(size)}.",
                f"Eigenvalues {number(high)} and {number(low)}: {kind_of(size, high, low)}",
                f"Condition number: {ratio(high, low)}.",
            ]
        ),
        "ends": [point],
        "jumps": {"newton": {"point": moved(point, step, axes)}},
    }


def second_derivatives(gradient, x, y):
    """The elements xx, xy and yy of the Hessian, by central differences of the gradient."""
    right = gradient(x + H, y)
    left = gradient(x - H, y)
    above = gradient(x, y + H)
    below = gradient(x, y - H)
    mixed = (right[1] - left[1] + above[0] - below[0]) / (4 * H)
    return [(right[0] - left[0]) / (2 * H), mixed, (above[1] - below[1]) / (2 * H)]


def eigenvalues(bend):
    """Both eigenvalues of a symmetric two by two matrix, the larger first."""
    middle = (bend[0] + bend[2]) / 2
    half = (bend[0] - bend[2]) / 2
    root = sqrt(half * half + bend[1] * bend[1])
    return [middle + root, middle - root]


def eigenvector(bend, value):
    """The direction of length one that belongs to the larger eigenvalue."""
    first = [bend[1], value - bend[0]]
    second = [value - bend[2], bend[1]]
    one = first[0] * first[0] + first[1] * first[1]
    two = second[0] * second[0] + second[1] * second[1]
    longer = first if one > two else second
    length = sqrt(one if one > two else two)
    return [longer[0] / length, longer[1] / length] if length > 1e-12 else [1, 0]


def across(point, way, reach, label, style):
    """A line through a point."""
    return {
        "label": label,
        "style": style,
        "kind": "thin",
        "x": [point[0] - reach * way[0], point[0] + reach * way[0]],
        "y": [point[1] - reach * way[1], point[1] + reach * way[1]],
    }


def cut(surface, point, slope, way, value, reach, style):
    """The surface along a direction, and the parabola of the same height, slope and curvature."""
    along = slope[0] * way[0] + slope[1] * way[1]
    base = surface["value"](point[0], point[1])
    at = [(k - 40) / 40 * reach for k in range(81)]
    heights = [surface["value"](point[0] + s * way[0], point[1] + s * way[1]) for s in at]
    model = [base + s * along + value * (s * s) / 2 for s in at]
    span = extent([heights], -1e12, 1e12)
    room = (span[1] - span[0]) / 4 + abs(base) * 1e-6 + 1e-9
    return {
        "x": linear_axis("distance from the point", 0 - reach, reach),
        "y": linear_axis("f", span[0] - room, span[1] + room),
        "lines": [
            {"label": "surface", "style": 6, "kind": "thin", "x": at, "y": heights},
            {
                "label": f"parabola, λ = {number(value)}",
                "style": style,
                "kind": "thin",
                "x": at,
                "y": model,
            },
            {"label": "", "style": style, "kind": "line", "x": [0], "y": [base]},
        ],
    }


def kind_of(size, high, low):
    """What the second derivative test says, or why it says nothing."""
    largest = abs(high) if abs(high) > abs(low) else abs(low)
    zero = 1e-4 * largest + 1e-6
    up = high > zero
    down = low < 0 - zero
    if size > 0.01 * largest + 1e-6:
        shape = "bends both ways" if up and down else "bends one way or not at all"
        return f"not stationary here; the surface {shape}."
    if up and down:
        return "a saddle, down along one direction and up along the other."
    if abs(high) <= zero or abs(low) <= zero:
        return "degenerate, the second derivatives leave it open."
    return "a minimum, up in every direction." if up else "a maximum, down in every direction."


def ratio(high, low):
    """The larger size of an eigenvalue over the smaller."""
    a = abs(high)
    b = abs(low)
    small = b if a > b else a
    return number((a if a > b else b) / small) if small > 1e-9 else "infinite"


def newton_step(bend, slope):
    """The step to the stationary point of the quadratic model; none where it has not got one."""
    determinant = bend[0] * bend[2] - bend[1] * bend[1]
    if abs(determinant) < 1e-12:
        return [0, 0]
    return [
        (bend[1] * slope[1] - bend[2] * slope[0]) / determinant,
        (bend[1] * slope[0] - bend[0] * slope[1]) / determinant,
    ]


def moved(point, step, axes):
    """The point after the step, kept in the picture, to four decimals as a click gives three."""
    x = inside_of(point[0] + step[0], axes[0])
    y = inside_of(point[1] + step[1], axes[1])
    return [floor(x * 10000 + 0.5) / 10000, floor(y * 10000 + 0.5) / 10000]


def inside_of(value, axis):
    """The value, or the end of the axis that it lies beyond."""
    return axis["low"] if value < axis["low"] else axis["high"] if value > axis["high"] else value

"""The signal through a deep network at its start: histograms of the activations, layer by layer."""

from __future__ import annotations

import math
from statistics import NormalDist

from mytutor.explore.controls import Button, Choice, Slider
from mytutor.explore.numbers import floor, number, sqrt, tanh
from mytutor.explore.running import extent, linear_axis, log_axis
from mytutor.explore.widget import Explorable, View

__all__ = ["first_weights"]

WIDTH, INPUTS, BINS = 30, 12, 40
ACTIVATIONS = ("tanh", "ReLU", "sigmoid", "linear")
KINDS = ("normal", "uniform", "constant", "zeros")


def first_weights(
    activation: str = "tanh", std: float = 0.1, depth: int = 10, *, kind: str = "normal"
) -> Explorable:
    """Activations and gradients by depth in a fresh network of 30 units a layer, without biases.

    ``activation`` is 'tanh', 'ReLU', 'sigmoid' or 'linear'; ``kind`` is 'normal', 'uniform',
    'constant' (all weights are ``std``) or 'zeros'; ``std`` lies between 0.001 and 10, ``depth``
    between 1 and 20. Raises ValueError outside.
    """
    return Explorable(
        "First weights",
        [
            Choice("activation", "activation", ACTIVATIONS, _one_of(ACTIVATIONS, activation)),
            Choice("kind", "weights", KINDS, _one_of(KINDS, kind)),
            Slider("std", "standard deviation", 0.001, 10.0, std, "log"),
            Slider("depth", "layers", 1, 20, depth, "linear", 1),
            Slider("draw", "draw", 1, 9, 1, "linear", 1),
            Button("small", "Set 0.01"),
            Button("xavier", "Set Xavier's, √(1 / 30)"),
            Button("he", "Set He's, √(2 / 30)"),
        ],
        [
            View("histograms", "Histograms of the activations, layer by layer", 0.95),
            View("sizes", "Size of activations and gradients by layer", 0.95),
        ],
        propagate,
        {"normal": normal_table(), "width": WIDTH, "inputs": INPUTS, "bins": BINS},
    )


def normal_table(size: int = 256) -> list[float]:
    """So many equally likely numbers, standard normal: mean 0, variance 1."""
    values = [NormalDist().inv_cdf((i + 0.5) / size) for i in range(size)]
    scale = math.sqrt(sum(value**2 for value in values) / size)
    return [round(value / scale, 4) for value in values]


def _one_of(options: tuple[str, ...], name: str) -> str:
    if name not in options:
        raise ValueError(f"no option {name!r}; expected one of {', '.join(options)}")
    return name


# -- the model: also runs in the browser -----------------------------------------------------------


def random_numbers(count, seed):
    """Numbers between 0 and 1, by the generator of Park & Miller (1988): the same everywhere."""
    state = seed * 7919
    found = []
    for _ in range(count):
        state = 16807 * state
        state = state - 2147483647 * floor(state / 2147483647)
        found.append(state / 2147483647)
    return found


def standard_numbers(kind, count, seed, table):
    """Numbers of standard deviation 1, or ones or zeros, by the name of their kind."""
    chance = random_numbers(count, seed)
    if kind == "normal":
        return [table[floor(len(table) * u)] for u in chance]
    if kind == "uniform":
        return [sqrt(3) * (2 * u - 1) for u in chance]
    return [1.0 if kind == "constant" else 0.0 for u in chance]


def activate(name, z):
    """An activation function."""
    if name == "tanh":
        return tanh(z)
    if name == "sigmoid":
        return (1 + tanh(z / 2)) / 2
    return z if name == "linear" or z > 0 else 0.0


def slope_of(name, y):
    """The slope of an activation function, from its value."""
    if name == "tanh":
        return 1 - y * y
    if name == "sigmoid":
        return y * (1 - y)
    return 1.0 if name == "linear" or y > 0 else 0.0


def rows_of(numbers, width):
    """A list cut into rows of one width."""
    return [numbers[k * width : k * width + width] for k in range(floor(len(numbers) / width))]


def inner(a, b):
    """The sum of the products of two rows."""
    total = 0.0
    for k in range(len(a)):
        total += a[k] * b[k]
    return total


def forward_through(name, weights, rows):
    """The activations after one layer; its weights are rows, one for each unit."""
    return [[activate(name, inner(row, unit)) for unit in weights] for row in rows]


def backward_through(name, weights, after, gradients):
    """The gradient before one layer, from the activations and the gradient after it."""
    found = []
    units = range(len(weights))
    columns = [[weights[k][j] for k in units] for j in units]
    for i in range(len(after)):
        dz = [gradients[i][k] * slope_of(name, after[i][k]) for k in units]
        found.append([inner(dz, column) for column in columns])
    return found


def root_mean_square(rows):
    """The root of the mean square of all numbers in some rows."""
    total = 0.0
    for row in rows:
        total += inner(row, row)
    return sqrt(total / (len(rows) * len(rows[0])))


def outline(rows, low, high, bins, base):
    """A histogram as the line around it, its highest bin 0.9 high; the outer bins hold the rest."""
    counts = [0 for k in range(bins)]
    most = 0
    for row in rows:
        for value in row:
            k = floor((value - low) / (high - low) * bins) if abs(value) < 1e6 else bins
            k = 0 if k < 0 or value < -1e6 else bins - 1 if k >= bins else k
            counts[k] += 1
            most = counts[k] if counts[k] > most else most
    width = (high - low) / bins
    x = [low]
    y = [base]
    for k in range(bins):
        height = base + 0.9 * counts[k] / most
        x.append(low + k * width)
        y.append(height)
        x.append(low + (k + 1) * width)
        y.append(height)
    x.append(high)
    y.append(base)
    return {"label": "", "style": 0, "kind": "thin", "x": x, "y": y}


def different_units(rows):
    """How many units of a layer differ from all before them, on any input."""
    count = 0
    for k in range(len(rows[0])):
        unlike = True
        for j in range(k):
            same = True
            for row in rows:
                if row[j] != row[k]:
                    same = False
            if same:
                unlike = False
        if unlike:
            count += 1
    return count


def share_near_the_ends(name, rows):
    """The percentage of activations in the flat parts of their function, or at zero for ReLU."""
    found = 0
    for row in rows:
        for y in row:
            if name != "linear" and slope_of(name, y) < (0.025 if name == "sigmoid" else 0.1):
                found += 1
    return floor(100 * found / (len(rows) * len(rows[0])) + 0.5)


def described(name, share):
    """In words, how many units of a layer pass next to nothing back."""
    if name == "linear":
        return ""
    where = "at zero" if name == "ReLU" else "saturated (slope below a tenth of the largest)"
    return f", {share} % of it {where}"


def propagate(values, data):
    """Some inputs through all layers and a random gradient back: histograms and sizes."""
    name = values["activation"]
    width = data["width"]
    depth = floor(values["depth"])
    table = data["normal"]
    size = width * width
    draws = standard_numbers(values["kind"], depth * size, 1000 + values["draw"], table)
    scaled = rows_of([values["std"] * draw for draw in draws], width)
    weights = [scaled[k * width : k * width + width] for k in range(depth)]
    ends = rows_of(standard_numbers("normal", 2 * data["inputs"] * width, 11, table), width)
    layers = [ends[0 : data["inputs"]]]
    for k in range(depth):
        layers.append(forward_through(name, weights[k], layers[k]))
    backward = [root_mean_square(ends[data["inputs"] :])]
    gradients = ends[data["inputs"] :]
    for k in range(depth):
        at = depth - 1 - k
        gradients = backward_through(name, weights[at], layers[at + 1], gradients)
        backward.append(root_mean_square(gradients))
    forward = [root_mean_square(rows) for rows in layers]
    back = [backward[depth - k] for k in range(depth + 1)]
    step = floor((depth + 5) / 6)
    shown = [depth - step * k for k in range(floor((depth - 1) / step) + 1)]
    bound = 1.0 if name == "tanh" or name == "sigmoid" else 3.0
    low = 0.0 if name == "sigmoid" else -bound
    lines = [outline(layers[shown[k]], low, bound, data["bins"], k) for k in range(len(shown))]
    forward = [value if value > 1e-12 else 1e-12 for value in forward]
    back = [value if value > 1e-12 else 1e-12 for value in back]
    span = extent([forward, back], 1e-12, 1e12)
    times = list(range(depth + 1))
    last = layers[depth]
    share = share_near_the_ends(name, last)
    return {
        "views": {
            "histograms": {
                "x": linear_axis("activation; the outer bins hold what is beyond", low, bound),
                "y": {
                    "label": "layer",
                    "low": 0,
                    "high": len(shown),
                    "scale": "linear",
                    "ticks": [[k, f"{shown[k]}"] for k in range(len(shown))],
                },
                "lines": lines,
            },
            "sizes": {
                "x": linear_axis("layer", 0, depth),
                "y": log_axis("root mean square", span[0], span[1]),
                "lines": [
                    {
                        "label": "activations, going forward",
                        "style": 0,
                        "kind": "dots",
                        "x": times,
                        "y": forward,
                    },
                    {
                        "label": "gradient, coming back",
                        "style": 1,
                        "kind": "dots",
                        "x": times,
                        "y": back,
                    },
                ],
            },
        },
        "status": "\n".join(
            [
                f"Standard deviation {number(values['std'])} = "
                f"{number(values['std'] * sqrt(width))} / √{width}.",
                f"Last layer: root mean square {number(root_mean_square(last))}"
                f"{described(name, share)}; {different_units(last)} of {width} units differ.",
                f"Of the gradient, the factor {number(backward[depth] / backward[0])} is left at "
                "the input.",
            ]
        ),
        "ends": [[forward[depth], back[0]]],
        "jumps": {
            "small": {"std": 0.01},
            "xavier": {"std": 1 / sqrt(width)},
            "he": {"std": sqrt(2 / width)},
        },
    }

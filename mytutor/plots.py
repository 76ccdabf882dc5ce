"""Look at a surface, the paths over it, and the history of a training run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mytutor.surfaces import Surface
from mytutor.train import History

__all__ = ["COLOURS", "LINES", "plot_curves", "plot_history", "plot_paths", "subplots", "use_style"]

# Okabe & Ito (2008): told apart by readers with any kind of colour vision; the line styles repeat
# what the colours say.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))


def use_style() -> None:
    """Set Matplotlib to the look of the book: call it once, before the first figure."""
    plt.rcParams.update(
        {
            "figure.dpi": 110,
            "figure.figsize": (6.4, 3.6),
            "figure.constrained_layout.use": True,
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.prop_cycle": cycler(color=COLOURS, linestyle=LINES),
            "grid.alpha": 0.25,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "font.size": 10,
            "savefig.bbox": None,
        }
    )


def subplots(columns: int = 1, *, width: float = 4.2, height: float = 3.4) -> tuple[Figure, Any]:
    """A figure with that many axes side by side, width by height inches each."""
    return plt.subplots(1, columns, figsize=(columns * width, height))


def plot_paths(
    axes: Axes,
    surface: Surface,
    paths: Mapping[str, np.ndarray],
    *,
    levels: int = 22,
    box: tuple[tuple[float, float], tuple[float, float]] | None = None,
) -> Axes:
    """Contours of a surface and labelled paths of shape (steps + 1, 2) on it; a dot ends a path.

    Contours are spaced evenly in the square root of the height above the lowest point of the box.
    Raises ValueError for a path of another shape.
    """
    (left, right), (bottom, top) = box or surface.box
    grid = np.stack(np.meshgrid(np.linspace(left, right, 240), np.linspace(bottom, top, 240)))
    height = surface(grid)
    low, high = float(height.min()), float(height.max())
    heights = low + (high - low) * np.linspace(0, 1, levels) ** 3
    axes.contour(grid[0], grid[1], height, levels=heights, colors="0.6", linewidths=0.6)
    for (label, path), colour, line in zip(paths.items(), COLOURS, LINES, strict=False):
        if path.ndim != 2 or path.shape[1] != 2:
            raise ValueError(f"path {label!r} has shape {path.shape}; expected (steps + 1, 2)")
        axes.plot(path[:, 0], path[:, 1], color=colour, linestyle=line, label=label)
        axes.plot(*path[-1], "o", color=colour, markersize=5)
    for minimum in surface.minima:
        axes.plot(*minimum, "k*", markersize=9)
    axes.set(xlim=(left, right), ylim=(bottom, top), xlabel="$x$", ylabel="$y$")
    axes.grid(False)
    if paths:
        axes.legend(loc="best", fontsize=8)
    return axes


def plot_curves(
    axes: Axes,
    curves: Mapping[str, Sequence[float] | np.ndarray],
    *,
    x: Sequence[float] | np.ndarray | None = None,
    xlabel: str = "step",
    ylabel: str = "",
    log: bool = False,
) -> Axes:
    """Labelled curves over a common x, or over 0, 1, 2, ...; ``log`` scales the vertical axis."""
    for (label, values), colour, line in zip(curves.items(), COLOURS, LINES, strict=False):
        where = np.arange(len(values)) if x is None else x
        axes.plot(where, values, color=colour, linestyle=line, label=label)
    axes.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    axes.legend(fontsize=8)
    return axes


def plot_history(axes: Sequence[Axes], histories: Mapping[str, History]) -> None:
    """Training loss on the first axes and test accuracy on the second, both by epoch."""
    loss = {label: history.epoch_loss for label, history in histories.items()}
    right = {label: history.test_accuracy for label, history in histories.items()}
    epochs = np.arange(1, 1 + max((len(values) for values in loss.values()), default=0))
    plot_curves(axes[0], loss, x=epochs, xlabel="epoch", ylabel="training loss", log=True)
    plot_curves(axes[1], right, x=epochs, xlabel="epoch", ylabel="test accuracy")

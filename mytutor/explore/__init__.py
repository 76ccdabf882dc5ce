"""Explorables: one description that moves in a page without Python and, live, in Jupyter."""

from mytutor.explore.inside import inside
from mytutor.explore.playground import playground
from mytutor.explore.quadratic import damping, learning_rate_on_quadratic
from mytutor.explore.widget import Explorable, View, engine, style

__all__ = [
    "Explorable",
    "View",
    "damping",
    "engine",
    "inside",
    "learning_rate_on_quadratic",
    "playground",
    "style",
]

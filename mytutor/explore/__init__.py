"""Explorables: one description that moves in a page without Python and, live, in Jupyter."""

from mytutor.explore.averaging import moving_average
from mytutor.explore.batches import minibatch_noise
from mytutor.explore.cliff import clipping
from mytutor.explore.curvature import curvature
from mytutor.explore.directions import descent_by_direction
from mytutor.explore.inside import inside
from mytutor.explore.line import fitted_line
from mytutor.explore.normalization import batch_normalization
from mytutor.explore.playground import playground
from mytutor.explore.quadratic import damping, learning_rate_on_quadratic
from mytutor.explore.saddle import saddle_escape
from mytutor.explore.scales import feature_scales
from mytutor.explore.signal import first_weights
from mytutor.explore.units import units
from mytutor.explore.widget import Explorable, View, engine, style

__all__ = [
    "Explorable",
    "View",
    "batch_normalization",
    "clipping",
    "curvature",
    "damping",
    "descent_by_direction",
    "engine",
    "feature_scales",
    "first_weights",
    "fitted_line",
    "inside",
    "learning_rate_on_quadratic",
    "minibatch_noise",
    "moving_average",
    "playground",
    "saddle_escape",
    "style",
    "units",
]

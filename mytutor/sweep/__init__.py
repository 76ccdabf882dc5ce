"""Many runs at once: descents of a surface, small networks, or whatever a function does."""

from mytutor.sweep.descending import Paths, paths
from mytutor.sweep.studying import Study, study
from mytutor.sweep.training import Networks, networks

__all__ = ["Networks", "Paths", "Study", "networks", "paths", "study"]

"""Loss and gradient of a network as one compiled function: forward going in, backward coming out.

Every layer becomes a function that calls the next one with its output and gets the gradient of it
back. Activations are compiled from their own definitions; dense layers and the loss are loops,
which the tests hold to theirs. *one* is for one model, with the matrix products of BLAS; *many*
is for many models, which lie in the innermost loops.
"""

from mytutor.compiling.chain import can_compile, check_known, check_labels, places
from mytutor.compiling.many import many_models
from mytutor.compiling.one import one_model

__all__ = ["can_compile", "check_known", "check_labels", "many_models", "one_model", "places"]

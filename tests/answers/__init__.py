"""What students write, right and wrong: one module per chapter, collected here by question.

``RIGHT`` maps a question to right answers, each written another way; ``WRONG`` to a change of the
stub and what the check must say to it; ``EQUIVALENT``, for every reference, to those one-operator
mutants that compute what it computes, and why. Two questions on one reference need one entry.
"""

from importlib import import_module
from pkgutil import iter_modules

# Why a mutant may compute what the solution computes.
SQUARE = "a square has no sign"
ORDER = "the two lines don't depend on each other"
AGAIN = "the line gives the same when run again: it reads nothing that it writes"

_CHAPTERS = [import_module(f"answers.{found.name}") for found in iter_modules(__path__)]
RIGHT = {name: found for module in _CHAPTERS for name, found in module.RIGHT.items()}
WRONG = {name: found for module in _CHAPTERS for name, found in module.WRONG.items()}
EQUIVALENT = {name: found for module in _CHAPTERS for name, found in module.EQUIVALENT.items()}

"""mytutor: the optimization of neural networks, every algorithm written once.

The rooms, from the ground up: ``arrays``; ``rules``, ``initializers``, ``layers``, ``losses``,
``surfaces``, ``datasets``; ``optimizer``, ``trace``, ``network``; ``train``; ``plots``,
``explore``, ``exercises``. A module imports only from rooms below its own. The names here need
nothing but NumPy.
"""

from mytutor.datasets import Dataset, digits, minibatches
from mytutor.initializers import he_normal, xavier_normal, zeros
from mytutor.losses import softmax_cross_entropy, squared_error
from mytutor.network import Network, accuracy, gradient_check, initialize, mlp
from mytutor.optimizer import Optimizer
from mytutor.rules import adagrad, adam, momentum, nesterov, rmsprop, sgd
from mytutor.surfaces import beale, himmelblau, quadratic, rosenbrock, saddle
from mytutor.trace import show
from mytutor.train import History, descend

__all__ = [
    "Dataset",
    "History",
    "Network",
    "Optimizer",
    "accuracy",
    "adagrad",
    "adam",
    "beale",
    "descend",
    "digits",
    "gradient_check",
    "he_normal",
    "himmelblau",
    "initialize",
    "minibatches",
    "mlp",
    "momentum",
    "nesterov",
    "quadratic",
    "rmsprop",
    "rosenbrock",
    "saddle",
    "sgd",
    "show",
    "softmax_cross_entropy",
    "squared_error",
    "xavier_normal",
    "zeros",
]

"""Update rules, in order of difficulty: each a pure function of one array.

A rule takes the parameter ``x``, its gradient ``g`` and the step ``t``, counted from 1. Positional
arguments with a default are its **state** and the default is the initial value; keyword-only
arguments are its **hyperparameters**. The body assigns each name once, elementwise, and the rule
returns the new ``x`` and the new state in the order of the signature::

    x, *state = adam(x, gradient(x), t, *state)

Every function of this module is a rule. Writing one more is all it takes to add an optimizer.
"""

# All that a rule may call besides + - * / ** and abs(), so that a new rule needs no import.
from mytutor.arrays import clip, maximum, sign, sqrt, where  # noqa: F401


def sgd(x, g, t, *, lr=0.01):
    """Gradient descent: a step against the gradient, scaled by the learning rate.

    Robbins & Monro (1951), Equation (6), with a constant step; Cauchy (1847) for the full gradient.

    PyTorch ``SGD``, Keras ``SGD`` and optax ``sgd`` without momentum are the same rule.
    """
    x = x - lr * g
    return x


def momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    """Momentum, the heavy ball: the velocity remembers earlier gradients.

    Polyak (1964), Equation (9), with the velocity v = (previous x - x) / lr.

    PyTorch ``SGD(momentum=mu)`` and optax ``sgd(momentum=mu)`` are the same rule. Keras, CS231n and
    Sutskever et al. (2013) keep lr inside the velocity (v = mu v - lr g, then x + v): the same path
    as long as lr is constant, another one after lr changes. An averaged velocity
    (v = mu v + (1 - mu) g) needs a learning rate 1 / (1 - mu) times larger for the same path.
    """
    v = mu * v + g
    x = x - lr * v
    return x, v


def nesterov(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    """Nesterov's accelerated gradient: a step along the velocity that the next gradient will see.

    Nesterov (1983), in the form of Bengio et al. (2013), Equation (7), whose x is the point looked
    ahead to, so that the gradient is taken where the parameters are.

    PyTorch ``SGD(nesterov=True)`` and optax ``sgd(nesterov=True)`` are the same rule. Keras keeps
    lr inside the velocity. Sutskever et al. (2013) report the point before the look-ahead.
    """
    v = mu * v + g
    x = x - lr * (g + mu * v)
    return x, v


def adagrad(x, g, t, s=0.0, *, lr=0.01, eps=1e-10):
    """AdaGrad: every parameter's rate shrinks with the squared gradients it has seen.

    Duchi, Hazan & Singer (2011), Figure 1, with diagonal matrices.

    PyTorch ``Adagrad`` is the same rule. Keras and optax start s at 0.1 and put eps inside the
    root: sqrt(s + eps), with 1e-7 as its default.
    """
    s = s + g**2
    x = x - lr * g / (sqrt(s) + eps)
    return x, s


def rmsprop(x, g, t, v=0.0, *, lr=0.001, rho=0.9, eps=1e-8):
    """RMSProp: divide the gradient by a running root mean square of itself.

    Tieleman & Hinton (2012), Lecture 6e, slide 29.

    PyTorch ``RMSprop`` is the same rule with rho (``alpha``) 0.99 and lr 0.01 as defaults. Keras
    and optax put eps inside the root: sqrt(v + eps).
    """
    v = rho * v + (1 - rho) * g**2
    x = x - lr * g / (sqrt(v) + eps)
    return x, v


def adam(x, g, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam: momentum and RMSProp, both corrected for starting at zero.

    Kingma & Ba (2015), Algorithm 1.

    PyTorch ``Adam`` and optax ``adam`` are the same rule. Keras uses the form at the end of the
    paper's Section 2, lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps), whose eps weighs
    1 / sqrt(1 - beta2^t) times more, with eps 1e-7.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    mhat = m / (1 - beta1**t)
    vhat = v / (1 - beta2**t)
    x = x - lr * mhat / (sqrt(vhat) + eps)
    return x, m, v

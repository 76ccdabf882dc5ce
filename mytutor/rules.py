"""Update rules, in order of difficulty: each a pure function of one array.

A rule takes the parameter ``x``, its gradient ``g`` and the step ``t``, counted from 1. Positional
arguments with a default are its **state** and the default is the initial value; keyword-only
arguments are its **hyperparameters**. The body assigns each name once, elementwise, and the rule
returns the new ``x`` and the new state in the order of the signature::

    x, *state = adam(x, gradient(x), t, *state)

Every function of this module is a rule. Writing one more is all it takes to add an optimizer.
"""

# All that a rule may call besides + - * / ** and abs(), so that a new rule needs no import.
from mytutor.arrays import clip, maximum, sign, sqrt, where


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


def ema_momentum(x, g, t, m=0.0, *, lr=0.01, beta=0.9):
    """Momentum as a running average of the gradients, corrected for starting at zero.

    Kingma & Ba (2015), Algorithm 1, without its second moment.

    A step has the size of lr times the average gradient, where heavy-ball momentum accumulates
    1 / (1 - mu) of them. No library has the correction; without it, it is ``averaged_momentum``.
    """
    m = beta * m + (1 - beta) * g
    mhat = m / (1 - beta**t)
    x = x - lr * mhat
    return x, m


def averaged_momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    """Momentum as a running average of the gradients, which starts at zero and lags behind.

    Kingma & Ba (2015), Algorithm 1, without its second moment and its correction.

    The path of ``momentum`` at the rate lr (1 - mu). It is the form of Coursera's Deep Learning
    Specialization; PyTorch's ``dampening`` leaves the first gradient whole (``dampened_momentum``).
    """
    v = mu * v + (1 - mu) * g
    x = x - lr * v
    return x, v


def dampened_momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9, dampening=0.9):
    """Momentum whose velocity takes in only a part of each gradient after the first.

    Collobert, Kavukcuoglu & Farabet (2011), Torch7's ``optim.sgd``.

    PyTorch ``SGD(momentum=mu, dampening=d)`` is the same rule; its default is dampening 0, which is
    ``momentum``. Torch7 sets dampening = mu. Keras and optax have none.
    """
    v = where(t > 1, mu * v + (1 - dampening) * g, g)
    x = x - lr * v
    return x, v


def classical_momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    """Momentum with the learning rate inside the velocity, which is then the last step itself.

    Sutskever et al. (2013), Equations (1) and (2).

    Keras ``SGD(momentum=mu)`` is the same rule; PyTorch and optax keep lr outside (``momentum``).
    Both follow the same path while lr is constant. After lr drops, this velocity still carries the
    old rate.
    """
    v = mu * v - lr * g
    x = x + v
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


def classical_nesterov(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    """Nesterov's gradient with the learning rate inside the velocity.

    Sutskever et al. (2013), Equations (3) and (4), rewritten for the point looked ahead to by
    Bengio et al. (2013), Equations (6) and (7).

    Keras ``SGD(momentum=mu, nesterov=True)`` is the same rule; PyTorch and optax keep lr outside
    (``nesterov``), with the same path while lr is constant.
    """
    v = mu * v - lr * g
    x = x + mu * v - lr * g
    return x, v


def signsgd(x, g, t, *, lr=0.001):
    """Sign descent: every parameter moves by the learning rate, against the sign of its gradient.

    Bernstein et al. (2018), Algorithm 1.

    optax ``sign_sgd`` is the same rule; PyTorch and Keras have none.
    """
    x = x - lr * sign(g)
    return x


def rprop(x, g, t, p=0.0, d=0.0, *, lr=0.01, grow=1.2, shrink=0.5, low=1e-6, high=50.0):
    """Rprop: every parameter's step grows while its gradient keeps its sign, else it shrinks.

    Riedmiller & Braun (1993), in the form iRprop- of Igel & Hüsken (2000): after a change of sign
    the parameter rests for one step. lr is the length of the first step; p is the last gradient, d
    the step.

    PyTorch ``Rprop`` is the same rule. Keras has none. optax ``rprop`` returns the previous update,
    one step late.
    """
    before = where(t > 1, d, lr) + 0 * g  # the first step is as long in every element
    d = clip(where(g * p > 0, grow * before, where(g * p < 0, shrink * before, before)), low, high)
    p = where(g * p < 0, 0 * g, g)
    x = x - sign(p) * d
    return x, p, d


def adagrad(x, g, t, s=0.0, *, lr=0.01, eps=1e-10):
    """AdaGrad: every parameter's rate shrinks with the squared gradients it has seen.

    Duchi, Hazan & Singer (2011), Figure 1, with diagonal matrices.

    PyTorch ``Adagrad`` is the same rule. Keras and optax start s at 0.1 and put eps inside the
    root: sqrt(s + eps), with 1e-7 as its default.
    """
    s = s + g**2
    x = x - lr * g / (sqrt(s) + eps)
    return x, s


def adagrad_eps_inside(x, g, t, s=0.1, *, lr=0.001, eps=1e-7):
    """AdaGrad with eps inside the root and a sum that starts above zero.

    Duchi, Hazan & Singer (2011), Figure 1, in the form of Keras ``Adagrad`` and optax ``adagrad``.

    PyTorch has eps outside and starts at zero (``adagrad``).
    """
    s = s + g**2
    x = x - lr * g / sqrt(s + eps)
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


def rmsprop_eps_inside(x, g, t, v=0.0, *, lr=0.001, rho=0.9, eps=1e-7):
    """RMSProp with eps inside the root.

    Tieleman & Hinton (2012), Lecture 6e, slide 29, in the form of Keras ``RMSprop`` and optax
    ``rmsprop`` (eps 1e-8).

    PyTorch has eps outside (``rmsprop``). TensorFlow 1 and Torch7 start v at one:
    ``Optimizer(...).init(params, v=1.0)``.
    """
    v = rho * v + (1 - rho) * g**2
    x = x - lr * g / sqrt(v + eps)
    return x, v


def centered_rmsprop(x, g, t, v=0.0, a=0.0, *, lr=0.001, rho=0.9, eps=1e-8):
    """RMSProp divided by the running standard deviation: the mean gradient a is taken out of v.

    Graves (2013), Equations (38) to (41), without their momentum.

    PyTorch ``RMSprop(centered=True)`` is the same rule; Keras and optax put eps inside the root
    (``centered_rmsprop_eps_inside``). Graves himself uses eps = 1e-4 inside.
    """
    v = rho * v + (1 - rho) * g**2
    a = rho * a + (1 - rho) * g
    x = x - lr * g / (sqrt(maximum(v - a**2, 0.0)) + eps)
    return x, v, a


def centered_rmsprop_eps_inside(x, g, t, v=0.0, a=0.0, *, lr=0.001, rho=0.9, eps=1e-4):
    """Centered RMSProp with eps inside the root.

    Graves (2013), Equations (38) to (41), without their momentum.

    Keras ``RMSprop(centered=True)`` and optax ``rmsprop(centered=True)`` are the same rule, with
    eps 1e-7 and 1e-8; PyTorch has eps outside (``centered_rmsprop``).
    """
    v = rho * v + (1 - rho) * g**2
    a = rho * a + (1 - rho) * g
    x = x - lr * g / sqrt(v - a**2 + eps)
    return x, v, a


def rmsprop_momentum(x, g, t, v=0.0, b=0.0, *, lr=0.001, rho=0.9, mu=0.9, eps=1e-8):
    """RMSProp whose scaled gradients feed a heavy ball.

    Graves (2013), Equations (38) to (41), not centered and with lr outside the momentum.

    PyTorch ``RMSprop(momentum=mu)`` is the same rule. Keras and optax keep lr inside b, with the
    same path while lr is constant, and eps inside the root (``rmsprop_momentum_eps_inside``).
    """
    v = rho * v + (1 - rho) * g**2
    b = mu * b + g / (sqrt(v) + eps)
    x = x - lr * b
    return x, v, b


def rmsprop_momentum_eps_inside(x, g, t, v=0.0, b=0.0, *, lr=0.001, rho=0.9, mu=0.9, eps=1e-7):
    """RMSProp with eps inside the root, whose steps, lr included, feed a heavy ball.

    Graves (2013), Equations (38) to (41), not centered.

    Keras ``RMSprop(momentum=mu)`` and optax ``rmsprop(momentum=mu)`` are the same rule, optax with
    eps 1e-8; PyTorch has eps outside and lr after the momentum (``rmsprop_momentum``).
    """
    v = rho * v + (1 - rho) * g**2
    b = mu * b + lr * g / sqrt(v + eps)
    x = x - b
    return x, v, b


def adadelta(x, g, t, v=0.0, u=0.0, *, lr=1.0, rho=0.95, eps=1e-6):
    """Adadelta: steps measured in the units of the parameter, by the size of earlier steps.

    Zeiler (2012), Algorithm 1, which has no learning rate: lr = 1.

    PyTorch ``Adadelta`` is the same rule with rho 0.9, Keras with rho 0.95, lr 0.001 and eps 1e-7,
    optax with rho 0.9.
    """
    v = rho * v + (1 - rho) * g**2
    step = sqrt(u + eps) / sqrt(v + eps) * g
    u = rho * u + (1 - rho) * step**2
    x = x - lr * step
    return x, v, u


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


def adam_eps_raw(x, g, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    """Adam with the corrections moved into the learning rate, so that eps meets the raw root.

    Kingma & Ba (2015), the end of Section 2.

    Keras ``Adam`` is the same rule, and TensorFlow, scikit-learn and Lasagne. PyTorch and optax use
    Algorithm 1 (``adam``), where eps weighs sqrt(1 - beta2^t) times as much.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    rate = lr * sqrt(1 - beta2**t) / (1 - beta1**t)
    x = x - rate * m / (sqrt(v) + eps)
    return x, m, v


def adam_eps_inside(x, g, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam with eps inside the root, which keeps the derivative of the step finite at v = 0.

    Kingma & Ba (2015), Algorithm 1, with sqrt(vhat + eps).

    optax ``adam(eps=0, eps_root=eps)`` is the same rule. PyTorch and Keras have none.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    mhat = m / (1 - beta1**t)
    vhat = v / (1 - beta2**t)
    x = x - lr * mhat / sqrt(vhat + eps)
    return x, m, v


def adamw(x, g, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    """AdamW: Adam beside a decay of the parameter that the gradient's size doesn't touch.

    Loshchilov & Hutter (2019), Algorithm 2, with the decay multiplied by lr.

    PyTorch ``AdamW`` is the same rule. Keras ``AdamW`` has decay 0.004 and Keras' eps
    (``adam_eps_raw``), optax ``adamw`` decay 1e-4. The paper scales the decay by the schedule
    alone, not by lr.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    mhat = m / (1 - beta1**t)
    vhat = v / (1 - beta2**t)
    x = x - lr * weight_decay * x - lr * mhat / (sqrt(vhat) + eps)
    return x, m, v


def adamax(x, g, t, m=0.0, u=0.0, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adamax: Adam with the largest recent gradient in place of the root mean square.

    Kingma & Ba (2015), Algorithm 2, which has no eps.

    PyTorch ``Adamax`` and optax ``adamax`` are the same rule, with eps added to the gradient inside
    the maximum. Keras adds it to u where it divides (``adamax_eps_outside``).
    """
    m = beta1 * m + (1 - beta1) * g
    u = maximum(beta2 * u, abs(g) + eps)
    x = x - lr / (1 - beta1**t) * m / u
    return x, m, u


def adamax_eps_outside(x, g, t, m=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    """Adamax with eps beside the maximum, where it divides.

    Kingma & Ba (2015), Algorithm 2, with eps added for u = 0.

    Keras ``Adamax`` is the same rule, and Lasagne's; PyTorch and optax have eps inside the maximum
    (``adamax``).
    """
    m = beta1 * m + (1 - beta1) * g
    u = maximum(beta2 * u, abs(g))
    x = x - lr * m / ((1 - beta1**t) * (u + eps))
    return x, m, u


def nadam(x, g, t, m=0.0, v=0.0, p=1.0, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8, psi=0.004):
    """Nadam: Adam that looks ahead as Nesterov does, with a momentum that warms up.

    Dozat (2016), Algorithm 2, with the schedule of its experiments: mu approaches beta1 from half
    of it; p is the product of all mu so far.

    PyTorch ``NAdam`` is the same rule (``momentum_decay`` = psi). Keras ``Nadam`` has psi = 1 and
    eps 1e-7; optax ``nadam`` keeps mu constant (``nadam_constant``).
    """
    mu = beta1 * (1 - 0.5 * 0.96 ** (t * psi))
    ahead = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * psi))
    p = p * mu
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    mbar = (1 - mu) * g / (1 - p) + ahead * m / (1 - p * ahead)
    vhat = v / (1 - beta2**t)
    x = x - lr * mbar / (sqrt(vhat) + eps)
    return x, m, v, p


def nadam_constant(x, g, t, m=0.0, v=0.0, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    """Nadam with a constant momentum.

    Dozat (2016), Algorithm 2, with mu = beta1 at every step.

    optax ``nadam`` is the same rule; PyTorch and Keras warm the momentum up (``nadam``).
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    mbar = (1 - beta1) * g / (1 - beta1**t) + beta1 * m / (1 - beta1 ** (t + 1))
    vhat = v / (1 - beta2**t)
    x = x - lr * mbar / (sqrt(vhat) + eps)
    return x, m, v


def amsgrad(x, g, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """AMSGrad: Adam that divides by the largest second moment so far, so that no rate ever grows.

    Reddi, Kale & Kumar (2018), Algorithm 2, which corrects no bias; eps is added for v = 0.

    PyTorch ``Adam(amsgrad=True)`` and Keras ``Adam(amsgrad=True)`` correct m, and u after the
    maximum (``amsgrad_corrected``, in Keras ``amsgrad_eps_raw``). optax ``amsgrad`` takes
    the maximum of corrected moments (``amsgrad_max_corrected``).
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    u = maximum(u, v)
    x = x - lr * m / (sqrt(u) + eps)
    return x, m, v, u


def amsgrad_corrected(x, g, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """AMSGrad with Adam's bias corrections, after the maximum.

    Reddi, Kale & Kumar (2018), Algorithm 2, with the corrections of Kingma & Ba (2015).

    PyTorch ``Adam(amsgrad=True)`` is the same rule. optax corrects before the maximum
    (``amsgrad_max_corrected``), Keras has eps before the correction.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    u = maximum(u, v)
    mhat = m / (1 - beta1**t)
    uhat = u / (1 - beta2**t)
    x = x - lr * mhat / (sqrt(uhat) + eps)
    return x, m, v, u


def amsgrad_max_corrected(
    x, g, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8
):
    """AMSGrad with Adam's bias corrections, before the maximum.

    Reddi, Kale & Kumar (2018), Algorithm 2, with the corrections of Kingma & Ba (2015).

    optax ``amsgrad`` is the same rule. PyTorch and Keras correct after the maximum
    (``amsgrad_corrected``).
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    mhat = m / (1 - beta1**t)
    vhat = v / (1 - beta2**t)
    u = maximum(u, vhat)
    x = x - lr * mhat / (sqrt(u) + eps)
    return x, m, v, u


def amsgrad_eps_raw(x, g, t, m=0.0, v=0.0, u=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    """AMSGrad with the corrections moved into the learning rate, so that eps meets the raw root.

    Reddi, Kale & Kumar (2018), Algorithm 2, with the rate of Kingma & Ba (2015), Section 2.

    Keras ``Adam(amsgrad=True)`` is the same rule; PyTorch's is ``amsgrad_corrected``.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    u = maximum(u, v)
    rate = lr * sqrt(1 - beta2**t) / (1 - beta1**t)
    x = x - rate * m / (sqrt(u) + eps)
    return x, m, v, u


def radam(x, g, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """RAdam: momentum until the second moment can be trusted, then Adam with a warm-up.

    Liu et al. (2020), Algorithm 2, with the threshold 5 on the length rho of the average in place
    of 4, and eps added to the root.

    PyTorch ``RAdam`` is the same rule; optax ``radam`` has eps after the correction and takes 5
    itself in. Keras has none.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    mhat = m / (1 - beta1**t)
    longest = 2 / (1 - beta2) - 1
    rho = longest - 2 * t * beta2**t / (1 - beta2**t)
    above = maximum((rho - 4) * (rho - 2), 0.0) * longest
    r = sqrt(above / ((longest - 4) * (longest - 2) * maximum(rho, 1.0)))
    step = r * mhat * sqrt(1 - beta2**t) / (sqrt(v) + eps)
    x = x - lr * where(rho > 5, step, mhat)
    return x, m, v


def lion(x, g, t, m=0.0, *, lr=1e-4, beta1=0.9, beta2=0.99):
    """Lion: the sign of an interpolation between the momentum and the new gradient.

    Chen et al. (2023), Algorithm 2, without its weight decay, which composes around any rule.

    optax ``lion`` with weight_decay 0 and Keras ``Lion`` are the same rule; PyTorch has none.
    """
    c = beta1 * m + (1 - beta1) * g
    m = beta2 * m + (1 - beta2) * g
    x = x - lr * sign(c)
    return x, m


def adopt(x, g, t, m=0.0, v=0.0, *, lr=0.001, beta1=0.9, beta2=0.9999, eps=1e-6):
    """ADOPT: Adam that scales each gradient by the moment before it, so that any beta2 converges.

    Taniguchi et al. (2024), Algorithm 1. The first gradient only fills v.

    optax ``contrib.adopt`` is a relative with clipping; PyTorch and Keras have none.
    """
    scaled = g / maximum(sqrt(v), eps)
    m = where(t > 1, beta1 * m + (1 - beta1) * scaled, m)
    v = where(t > 1, beta2 * v + (1 - beta2) * g**2, g**2)
    x = x - lr * m
    return x, m, v

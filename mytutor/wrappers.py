"""What composes around an optimizer: weight decay, clipping, lookahead.

A wrapper has the methods of an ``Optimizer`` - ``init``, ``update``, ``at`` - and holds another
one, so wrappers nest: ``Clipped(Decoupled(Optimizer(adam), 0.01), 1.0)``. Nothing inherits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mytutor._checks import check_number, check_whole
from mytutor.clipping import clip_by_global_norm
from mytutor.optimizer import State, check_grads, check_params

__all__ = ["Clipped", "Decoupled", "Lookahead", "LookaheadState", "Regularized"]


class Regularized(NamedTuple):
    """Weight decay as an L2 term of the loss: rate * x is added to each gradient.

    An adaptive rule rescales the term with the gradient, so that parameters of large gradients
    decay less. Raises ValueError for a negative rate.

    Source: Krogh & Hertz (1992), Equation (3). PyTorch's ``weight_decay`` of SGD, Adam, RMSprop and
    Adagrad is this; Keras' is ``Decoupled`` for every optimizer.
    """

    optimizer: Any
    rate: float

    def init(self, params: Sequence[Any]) -> Any:
        """The state of the optimizer inside."""
        _check_optimizer(self.optimizer)
        return self.optimizer.init(params)

    def at(self, t: int) -> dict[str, float]:
        """Hyperparameters of step t of the optimizer inside."""
        return self.optimizer.at(t)

    def update(
        self, params: Sequence[Any], grads: Sequence[Any], state: Any
    ) -> tuple[list[Any], Any]:
        """Parameters and state after one step on the regularized loss."""
        _check_rate(self.rate)
        check_params(params)
        check_grads(params, grads)
        grads = [g + self.rate * x for x, g in zip(params, grads, strict=True)]
        return self.optimizer.update(params, grads, state)


class Decoupled(NamedTuple):
    """Weight decay beside the rule: each parameter shrinks by lr * rate of itself.

    ``Decoupled(Optimizer(adam), rate)`` is AdamW. Raises ValueError for a negative rate.

    Source: Loshchilov & Hutter (2019), Algorithms 1 and 2, multiplied by lr as PyTorch's ``AdamW``,
    Keras' ``weight_decay`` and optax ``adamw`` do.
    """

    optimizer: Any
    rate: float

    def init(self, params: Sequence[Any]) -> Any:
        """The state of the optimizer inside."""
        _check_optimizer(self.optimizer)
        return self.optimizer.init(params)

    def at(self, t: int) -> dict[str, float]:
        """Hyperparameters of step t of the optimizer inside."""
        return self.optimizer.at(t)

    def update(
        self, params: Sequence[Any], grads: Sequence[Any], state: Any
    ) -> tuple[list[Any], Any]:
        """Parameters and state after one step and the decay, both taken from the old parameters."""
        _check_rate(self.rate)
        decay = self.rate * self.at(state.t + 1)["lr"]
        stepped, state = self.optimizer.update(params, grads, state)
        return [new - decay * old for new, old in zip(stepped, params, strict=True)], state


class Clipped(NamedTuple):
    """All gradients scaled down together when their common norm exceeds a limit.

    Source: Pascanu, Mikolov & Bengio (2013), Algorithm 1. PyTorch ``clip_grad_norm_``, Keras
    ``global_clipnorm`` and optax ``clip_by_global_norm`` agree, PyTorch with 1e-6 added to the
    norm.
    """

    optimizer: Any
    limit: float

    def init(self, params: Sequence[Any]) -> Any:
        """The state of the optimizer inside."""
        _check_optimizer(self.optimizer)
        return self.optimizer.init(params)

    def at(self, t: int) -> dict[str, float]:
        """Hyperparameters of step t of the optimizer inside."""
        return self.optimizer.at(t)

    def update(
        self, params: Sequence[Any], grads: Sequence[Any], state: Any
    ) -> tuple[list[Any], Any]:
        """Parameters and state after one step with clipped gradients."""
        clipped, _ = clip_by_global_norm(grads, self.limit)
        return self.optimizer.update(params, clipped, state)


class LookaheadState(NamedTuple):
    """The state of the optimizer inside and the slow weights."""

    inner: State
    slow: tuple[Any, ...]

    @property
    def t(self) -> int:
        """The steps done."""
        return self.inner.t


class Lookahead(NamedTuple):
    """Every ``period`` steps the weights return part of the way to where they last were.

    Zhang et al. (2019), Algorithm 1. optax ``lookahead`` is the same; PyTorch and Keras have none.
    """

    optimizer: Any
    period: int = 5
    rate: float = 0.5

    def init(self, params: Sequence[Any]) -> LookaheadState:
        """The state of the optimizer inside, and the parameters as the slow weights."""
        _check_optimizer(self.optimizer)
        return LookaheadState(self.optimizer.init(params), tuple(params))

    def at(self, t: int) -> dict[str, float]:
        """Hyperparameters of step t of the optimizer inside."""
        return self.optimizer.at(t)

    def update(
        self, params: Sequence[Any], grads: Sequence[Any], state: LookaheadState
    ) -> tuple[list[Any], LookaheadState]:
        """Parameters and state after one step, and after every ``period``-th the return.

        Raises ValueError for a period below 1 or a rate outside [0, 1].
        """
        check_whole("period", self.period, 1)
        check_number(rate=self.rate)
        if not 0 <= self.rate <= 1:
            raise ValueError(f"rate is {self.rate!r}; expected a number between 0 and 1")
        fast, inner = self.optimizer.update(params, grads, state.inner)
        if inner.t % self.period:
            return fast, LookaheadState(inner, state.slow)
        slow = [s + self.rate * (x - s) for x, s in zip(fast, state.slow, strict=True)]
        return slow, LookaheadState(inner, tuple(slow))


def _check_optimizer(optimizer: Any) -> None:
    if not hasattr(optimizer, "init"):
        raise TypeError(
            f"optimizer is {getattr(optimizer, '__name__', optimizer)!r}; expected an Optimizer, "
            "such as Optimizer(adam, lr=0.001)"
        )


def _check_rate(rate: float) -> None:
    check_number(rate=rate)
    if not 0 <= rate < float("inf"):
        raise ValueError(f"rate is {rate!r}; expected a finite decay of at least 0")

import numpy as np
import pytest
import torch

from mytutor.optimizer import Optimizer
from mytutor.rules import adam, adamw, momentum, sgd
from mytutor.wrappers import Clipped, Decoupled, Lookahead, Regularized

RNG = np.random.default_rng(0)
PARAMS = [RNG.normal(size=(3, 2)), RNG.normal(size=4)]
GRADS = [[RNG.normal(size=x.shape) * 3 for x in PARAMS] for _ in range(50)]


def run(optimizer, params=PARAMS, grads=GRADS):
    state = optimizer.init(params)
    for g in grads:
        params, state = optimizer.update(params, g, state)
    return params, state


def run_torch(make, clip=None):
    twins = [torch.nn.Parameter(torch.tensor(x)) for x in PARAMS]
    optimizer = make(twins)
    for grads in GRADS:
        for twin, g in zip(twins, grads, strict=True):
            twin.grad = torch.tensor(g)
        if clip:
            torch.nn.utils.clip_grad_norm_(twins, clip)
        optimizer.step()
    return [twin.detach().numpy() for twin in twins]


@pytest.mark.parametrize(
    ("ours", "theirs", "clip"),
    [
        (
            Regularized(Optimizer(adam, lr=0.02), 0.3),
            lambda p: torch.optim.Adam(p, lr=0.02, weight_decay=0.3),
            None,
        ),
        (
            Regularized(Optimizer(momentum, lr=0.02), 0.3),
            lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.3),
            None,
        ),
        (
            Decoupled(Optimizer(adam, lr=0.02), 0.3),
            lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.3),
            None,
        ),
        (Clipped(Optimizer(sgd, lr=0.02), 1.5), lambda p: torch.optim.SGD(p, lr=0.02), 1.5),
        (
            Clipped(Decoupled(Optimizer(adam, lr=0.02), 0.3), 1.5),
            lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.3),
            1.5,
        ),
    ],
)
def test_compose_to_what_torch_does(ours, theirs, clip):
    # torch adds 1e-6 to the norm that it clips by.
    tolerance = 1e-5 if clip else 1e-12
    for x, y in zip(run(ours)[0], run_torch(theirs, clip), strict=True):
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def test_adam_with_decoupled_decay_is_the_rule_adamw():
    composed, _ = run(Decoupled(Optimizer(adam, lr=0.02), 0.3))
    rule, _ = run(Optimizer(adamw, lr=0.02, weight_decay=0.3))
    for x, y in zip(composed, rule, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13)


def test_decoupled_decay_follows_the_schedule_of_the_rate():
    optimizer = Decoupled(Optimizer(sgd, lr=lambda t: 1 / t), 0.5)
    params, state = [np.ones(1)], optimizer.init([np.ones(1)])
    for _ in range(2):
        params, state = optimizer.update(params, [np.zeros(1)], state)
    np.testing.assert_allclose(params[0], (1 - 0.5) * (1 - 0.25))


def test_lookahead_returns_part_of_the_way_every_period():
    optimizer = Lookahead(Optimizer(sgd, lr=1.0), period=3, rate=0.5)
    params, state = [np.zeros(1)], optimizer.init([np.zeros(1)])
    seen = []
    for _ in range(6):
        params, state = optimizer.update(params, [-np.ones(1)], state)
        seen.append(float(params[0][0]))
    assert seen == [1, 2, 1.5, 2.5, 3.5, 3]
    assert state.t == 6


def test_wrappers_write_into_nothing():
    before = [x.copy() for x in PARAMS]
    run(Lookahead(Clipped(Regularized(Decoupled(Optimizer(adam), 0.1), 0.1), 1.0)))
    for x, y in zip(PARAMS, before, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        (Regularized(Optimizer(sgd), -0.1), "rate is -0.1"),
        (Decoupled(Optimizer(sgd), float("nan")), "rate is nan"),
        (Clipped(Optimizer(sgd), 0.0), "limit is 0.0"),
        (Lookahead(Optimizer(sgd), period=0), "period is 0"),
        (Lookahead(Optimizer(sgd), rate=2.0), "rate is 2.0"),
    ],
)
def test_impossible_settings_are_refused(optimizer, words):
    with pytest.raises(ValueError, match=words):
        optimizer.update(PARAMS, GRADS[0], optimizer.init(PARAMS))

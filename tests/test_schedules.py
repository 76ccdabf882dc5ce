import inspect
import math
import re
import warnings
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler as torch_schedules

from mytutor import schedules, trace
from mytutor.optimizer import Optimizer
from mytutor.rules import sgd

FUNCTIONS = trace.functions_of(schedules)
COMBINATORS = {"warmup", "sequence", "hold"}
SCHEDULES = {name: f for name, f in FUNCTIONS.items() if name not in COMBINATORS}

# Arguments by name, so that a new schedule is examined without being listed.
ARGUMENTS = {
    "value": 0.5,
    "values": (0.5, 0.2, 0.1),
    "boundaries": (3, 20),
    "milestones": (4, 11, 30),
    "high": 0.5,
    "low": 0.05,
    "total": 40,
    "every": 7,
    "half": 6,
    "rate": 0.1,
    "first": 5,
    "width": 64,
    "warmup": 10,
    "factor": 0.9,
    "scale": 1.0,
}
SPECIAL = {
    "step_decay": {"factor": 0.3},
    "multi_step": {"factor": 0.3},
    "polynomial": {"low": 0.0, "power": 2.0},
    "warm_restarts": {"multiple": 2},
    "exp_range": {"factor": 0.97},
    "one_cycle": {"total": 41},
}


def arguments(name):
    """Arguments of a schedule: those listed by name, its own defaults for the rest."""
    parameters = inspect.signature(SCHEDULES[name]).parameters
    listed = {key: ARGUMENTS[key] for key in parameters if key in ARGUMENTS}
    return {**listed, **SPECIAL.get(name, {})}


EXAMPLES = {name: arguments(name) for name in SCHEDULES}
TORCH = {
    "constant": partial(torch_schedules.ConstantLR, factor=1.0),
    "step_decay": partial(torch_schedules.StepLR, step_size=7, gamma=0.3),
    "multi_step": partial(torch_schedules.MultiStepLR, milestones=[4, 11, 30], gamma=0.3),
    "exponential": partial(torch_schedules.ExponentialLR, gamma=0.9),
    "inverse_time": partial(torch_schedules.LambdaLR, lr_lambda=lambda k: 1 / (1 + 0.1 * k)),
    "polynomial": partial(torch_schedules.PolynomialLR, total_iters=40, power=2.0),
    "cosine": partial(torch_schedules.CosineAnnealingLR, T_max=40, eta_min=0.05),
    "warm_restarts": partial(
        torch_schedules.CosineAnnealingWarmRestarts, T_0=5, T_mult=2, eta_min=0.05
    ),
    "triangular": partial(
        torch_schedules.CyclicLR, base_lr=0.05, max_lr=0.5, step_size_up=6, cycle_momentum=False
    ),
    "triangular2": partial(
        torch_schedules.CyclicLR,
        base_lr=0.05,
        max_lr=0.5,
        step_size_up=6,
        mode="triangular2",
        cycle_momentum=False,
    ),
    "exp_range": partial(
        torch_schedules.CyclicLR,
        base_lr=0.05,
        max_lr=0.5,
        step_size_up=6,
        mode="exp_range",
        gamma=0.97,
        cycle_momentum=False,
    ),
    "one_cycle": partial(
        torch_schedules.OneCycleLR, max_lr=0.5, total_steps=41, cycle_momentum=False
    ),
}


def torch_values(scheduler, count, lr=0.5):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schedule = scheduler(optimizer)
        values = []
        for _ in range(count):
            values.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
    return values


@pytest.mark.parametrize("name", SCHEDULES)
def test_agrees_with_torch(name):
    if name not in TORCH:
        pytest.skip(f"torch has no scheduler like {name}")
    ours = [SCHEDULES[name](t, **EXAMPLES[name]) for t in range(1, 41)]
    assert ours == pytest.approx(torch_values(TORCH[name], 40), rel=1e-10, abs=1e-12)


def test_the_last_value_of_a_schedule_that_ends_is_its_floor():
    assert schedules.cosine(41, total=40, high=0.5, low=0.05) == pytest.approx(0.05)
    assert schedules.polynomial(41, total=40, high=0.5) == 0
    assert schedules.one_cycle(41, total=41, high=0.5) == pytest.approx(0.5 / 25 / 1e4)


def test_noam_peaks_at_the_end_of_its_warm_up():
    values = [schedules.noam(t, width=512, warmup=4000) for t in range(1, 20_000)]
    assert values.index(max(values)) == 3999
    assert max(values) == pytest.approx(512**-0.5 * 4000**-0.5)


def test_piecewise_changes_when_the_boundary_is_done():
    values = [schedules.piecewise(t, values=(3, 2, 1), boundaries=(2, 4)) for t in range(1, 7)]
    assert values == [3, 3, 2, 2, 1, 1]


def test_warm_up_climbs_to_the_first_value_and_then_counts_from_one():
    inner = partial(schedules.cosine, total=10, high=1.0)
    warmed = schedules.warmup(inner, steps=4)
    assert [warmed(t) for t in range(1, 6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert [warmed(t + 4) for t in range(1, 12)] == [inner(t) for t in range(1, 12)]


def test_sequence_is_torchs():
    def torch_sequence(optimizer):
        first = torch_schedules.ConstantLR(optimizer, factor=1.0)
        second = torch_schedules.ExponentialLR(optimizer, gamma=0.9)
        return torch_schedules.SequentialLR(optimizer, [first, second], milestones=[5])

    joined = schedules.sequence(
        [lambda t: 0.5, partial(schedules.exponential, high=0.5, factor=0.9)], boundaries=[5]
    )
    assert [joined(t) for t in range(1, 21)] == pytest.approx(torch_values(torch_sequence, 20))


def test_hold_keeps_the_last_value():
    held = schedules.hold(partial(schedules.polynomial, total=4, high=1.0, low=0.1), last=5)
    assert [held(t) for t in (4, 5, 6, 100)] == pytest.approx([0.325, 0.1, 0.1, 0.1])


@pytest.mark.parametrize("name", SCHEDULES)
@given(t=st.integers(1, 40))
def test_values_are_plain_finite_numbers_that_an_optimizer_takes(name, t):
    value = SCHEDULES[name](t, **EXAMPLES[name])
    assert type(value) is float
    assert 0 <= value <= 0.5 + 1e-12
    assert Optimizer(sgd, lr=partial(SCHEDULES[name], **EXAMPLES[name])).at(t)["lr"] == value


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("t", [0, -3, 1.5])
def test_steps_are_counted_from_one(name, t):
    with pytest.raises(ValueError, match=re.escape(f"t is {t}; expected the number of a step")):
        SCHEDULES[name](t, **EXAMPLES[name])


@pytest.mark.parametrize("name", ["cosine", "polynomial", "one_cycle"])
def test_steps_past_the_end_are_refused(name):
    with pytest.raises(ValueError, match=r"t is 50, past the end of the schedule at t = 41; hold"):
        SCHEDULES[name](50, **EXAMPLES[name])


@pytest.mark.parametrize("name", SCHEDULES)
def test_negative_and_non_finite_settings_are_refused(name):
    for setting, value in EXAMPLES[name].items():
        if isinstance(value, float):
            for wrong in (-1.0, math.nan, math.inf):
                with pytest.raises(ValueError, match=f"{setting} is {wrong!r}; expected"):
                    SCHEDULES[name](3, **{**EXAMPLES[name], setting: wrong})
        elif isinstance(value, int):
            with pytest.raises(ValueError, match=f"{setting} is 0; expected a whole number"):
                SCHEDULES[name](3, **{**EXAMPLES[name], setting: 0})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: schedules.triangular(1, low=0.5, high=0.1, half=3), "high is 0.1 and low 0.5"),
        (
            lambda: schedules.piecewise(1, values=(1, 2), boundaries=(3, 4)),
            "values has 2 entries and boundaries is [3, 4]",
        ),
        (lambda: schedules.sequence([lambda t: 1.0], boundaries=[3]), "got 1 schedules"),
        (lambda: schedules.one_cycle(1, total=10, high=1.0, rising=1.5), "rising is 1.5"),
        (lambda: schedules.warmup(lambda t: 1.0, steps=0), "steps is 0"),
    ],
)
def test_what_makes_no_schedule_is_refused(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_docstring_names_its_source(function):
    text = inspect.getdoc(function)
    assert re.search(r"\((19|20)\d\d\)|Keras", text)

"""An epoch as one compiled loop gives what its steps give one by one."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mytutor import rules
from mytutor.compiling import chain
from mytutor.datasets import Dataset, digits, two_moons
from mytutor.layers import (
    batch_norm,
    dense,
    dropout,
    gelu,
    leaky_relu,
    relu,
    selu,
    sigmoid,
    tanh,
)
from mytutor.losses import smoothed_cross_entropy, squared_error
from mytutor.network import Network, initialize, mlp
from mytutor.optimizer import Optimizer
from mytutor.train import Diverged, fused, train
from mytutor.wrappers import Clipped

pytest.importorskip("numba")

DATA = two_moons(rows=120)
# Of every number of slots, and with conditions; as loops all rules are held to theirs elsewhere.
RULES = (rules.sgd, rules.momentum, rules.adadelta, rules.amsgrad, rules.radam, rules.adopt)


def fresh(sizes=(2, 9, 2), dtype=np.float64, seed=0):
    return initialize(np.random.default_rng(seed), list(sizes), dtype=dtype)


def both(network, params, optimizer, data=DATA, **options):
    options = {"epochs": 3, "batch_size": 17, **options}
    return [
        train(network, params, optimizer, data, how=how, **options) for how in ("auto", "fused")
    ]


def assert_equal_runs(one, other, rtol=1e-7):
    assert len(one.history.step_loss) == len(other.history.step_loss)
    np.testing.assert_allclose(one.history.step_loss, other.history.step_loss, rtol=rtol)
    np.testing.assert_allclose(one.history.epoch_loss, other.history.epoch_loss, rtol=rtol)
    assert one.state.t == other.state.t
    for x, y in zip(one.params, other.params, strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)
    for old, new in zip(one.state.slots, other.state.slots, strict=True):
        for x, y in zip(old, new, strict=True):
            np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_elementwise_rules(rule):
    assert_equal_runs(*both(mlp(1), fresh(), Optimizer(rule)))


@pytest.mark.parametrize("activation", [gelu, sigmoid], ids=lambda layer: layer.__name__)
def test_elementwise_activations(activation):
    network = mlp(2, activation=activation)
    assert_equal_runs(*both(network, fresh((2, 5, 6, 2)), Optimizer(rules.adam)))


@pytest.mark.parametrize(
    "layers",
    [
        (dense,),
        (dense, tanh, tanh, dense, relu),
        (relu, dense, partial(leaky_relu, slope=0.3), dense, selu, dense),
    ],
    ids=lambda layers: str(len(layers)),
)
def test_every_order_of_layers(layers):
    between = (4, 3)[: sum(layer is dense for layer in layers) - 1]
    assert_equal_runs(*both(Network(layers), fresh((2, *between, 2)), Optimizer(rules.momentum)))


def test_digits_in_single_precision_beside_torch():
    torch = pytest.importorskip("torch")
    data, params = digits(dtype=np.float32), fresh((64, 32, 10), np.float32)
    optimizer = Optimizer(rules.adam, lr=0.003)
    trained = train(mlp(1), params, optimizer, data, epochs=2, batch_size=128, how="fused")
    layers = torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
    twin = torch.nn.Sequential(*layers)
    with torch.no_grad():
        for theirs, ours in zip(twin.parameters(), params, strict=True):
            theirs.copy_(torch.tensor(ours.T))
    steps, losses = torch.optim.Adam(twin.parameters(), lr=0.003), []
    for epoch in range(2):
        order = np.random.default_rng([0, epoch]).permutation(len(data.x_train))
        for low in range(0, len(order), 128):
            rows = order[low : low + 128]
            steps.zero_grad()
            x, y = torch.tensor(data.x_train[rows]), torch.tensor(data.y_train[rows])
            loss = torch.nn.functional.cross_entropy(twin(x), y)
            loss.backward()
            steps.step()
            losses.append(loss.item())
    np.testing.assert_allclose(trained.history.step_loss, losses, rtol=1e-4)


@settings(max_examples=25, deadline=None)
@given(
    batch_size=st.integers(1, 130),
    hidden=st.integers(1, 12),
    epochs=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_every_batch_size_and_width(batch_size, hidden, epochs, seed):
    params = fresh((2, hidden, 2), seed=seed)
    options = {"batch_size": batch_size, "epochs": epochs, "seed": seed}
    assert_equal_runs(*both(mlp(1), params, Optimizer(rules.adam), **options))


def test_a_schedule_is_followed_from_step_to_step():
    optimizer = Optimizer(rules.adamw, lr=lambda t: 0.01 / t)
    assert_equal_runs(*both(mlp(1), fresh(), optimizer, batch_size=1))


def test_a_resumed_run_is_the_run_in_one_piece():
    whole = train(mlp(1), fresh(), Optimizer(rules.adam), DATA, epochs=4, how="fused")
    part = train(mlp(1), fresh(), Optimizer(rules.adam), DATA, epochs=2, how="fused")
    rest = train(mlp(1), fresh(), Optimizer(rules.adam), DATA, epochs=4, resume=part, how="fused")
    assert rest.history.step_loss == whole.history.step_loss
    for x, y in zip(rest.params, whole.params, strict=True):
        np.testing.assert_array_equal(x, y)


def test_neither_parameters_nor_data_are_written_to():
    params, data = fresh(), Dataset(*(array.copy() for array in DATA))
    for array in (*params, *data):
        array.flags.writeable = False
    train(mlp(1), params, Optimizer(rules.adam), data, epochs=1, how="fused")
    before = Network((relu, dense))  # an activation in front has a gradient that nobody asks for
    train(before, fresh((2, 2)), Optimizer(rules.adam), data, epochs=1, how="fused")


def test_who_is_called_after_an_epoch_may_keep_what_it_is_given():
    kept = []
    options = {"epochs": 2, "after_epoch": [lambda so_far: kept.append(so_far.params[0])]}
    train(mlp(1), fresh(), Optimizer(rules.adam), DATA, how="fused", **options)
    assert not np.array_equal(*kept)


def test_divergence_ends_at_the_same_step_with_the_parameters_before_it():
    optimizer, found = Optimizer(rules.sgd, lr=1e200), []
    for how in ("auto", "fused"):
        with pytest.raises(
            Diverged, match=r"diverged at step .* a smaller learning rate"
        ) as caught:
            train(mlp(1), fresh(), optimizer, DATA, epochs=3, how=how)
        found.append(caught.value)
    assert len(found[0].history.step_loss) == len(found[1].history.step_loss)
    for x, y in zip(found[0].params, found[1].params, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6)


def test_large_gradients_are_no_divergence():
    data = DATA._replace(x_train=1e200 * DATA.x_train)  # their squares overflow
    assert_equal_runs(*both(mlp(0), fresh((2, 2)), Optimizer(rules.lion), data, epochs=1))


@pytest.mark.parametrize("missing", ["numba", "scipy"])
def test_without_numba_or_scipy_it_is_auto(missing, monkeypatch):
    monkeypatch.setattr(chain, "installed", lambda package: package != missing)
    one, other = both(mlp(1), fresh(), Optimizer(rules.adam))
    assert one.history.step_loss == other.history.step_loss


def test_plain_has_the_bits_of_auto():
    runs = [
        train(mlp(1), fresh(), Optimizer(rules.adam), DATA, epochs=2, how=how)
        for how in ("plain", "auto")
    ]
    assert runs[0].history.step_loss == runs[1].history.step_loss


NORM = [fresh()[0], fresh()[1], np.ones(9), np.zeros(9), *fresh()[2:]]


@pytest.mark.parametrize(
    ("network", "params", "optimizer", "options", "message"),
    [
        (mlp(1), fresh(), Optimizer(rules.adam), {"how": "compiled"}, "how is 'compiled'"),
        (mlp(1), fresh(), Clipped(Optimizer(rules.adam), 1.0), {}, "an Optimizer of"),
        (mlp(1), fresh(), Optimizer(rules.adam), {"after_step": [print]}, "after_step"),
        (mlp(1), fresh(), Optimizer(rules.adam), {"device": "cpu"}, "NumPy arrays"),
        (
            Network((dense, batch_norm, relu, dense)),
            *(NORM, Optimizer(rules.adam), {}, "found batch_norm: use how='auto'"),
        ),
        (
            Network((dense, partial(dropout, rng=np.random.default_rng(0)), dense)),
            *(fresh(), Optimizer(rules.adam), {}, "compiled"),
        ),
        (
            Network((dense, relu, dense), smoothed_cross_entropy),
            *(fresh(), Optimizer(rules.adam), {}, "found smoothed_cross_entropy"),
        ),
        (
            Network((dense, relu, dense), partial(squared_error, factor=0.5)),
            *(fresh(), Optimizer(rules.adam), {}, "found squared_error"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_fused_is_refused(network, params, optimizer, options, message):
    with pytest.raises(ValueError, match=message):
        train(network, params, optimizer, DATA, **{"epochs": 1, "how": "fused", **options})


@pytest.mark.parametrize("wrong", [-1, 2, 10**6])
def test_a_label_out_of_range_anywhere_is_refused_before_training(wrong):
    labels = DATA.y_train.copy()
    labels[-1] = wrong
    data = DATA._replace(y_train=labels)
    with pytest.raises(ValueError, match=r"labels run from .* expected 0 to 1"):
        train(mlp(1), fresh(), Optimizer(rules.adam), data, epochs=1, how="fused")


def test_data_of_another_precision_is_refused_in_the_words_of_the_layer():
    with pytest.raises(TypeError, match="float32"):
        train(mlp(1), fresh(dtype=np.float32), Optimizer(rules.adam), DATA, epochs=1, how="fused")


def test_the_loop_is_compiled_once_for_all_widths():
    for width in (3, 7):
        train(mlp(1), fresh((2, width, 2)), Optimizer(rules.nadam), DATA, epochs=1, how="fused")
    loop = fused.epoch_loop((dense, relu, dense), rules.nadam, np.dtype(float))
    assert len(loop.signatures) == 1

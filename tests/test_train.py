import functools
import tracemalloc

import numpy as np
import pytest
import torch

from mytutor import execute
from mytutor.datasets import Dataset, digits, minibatches
from mytutor.network import initialize, mlp
from mytutor.optimizer import Optimizer
from mytutor.rules import adam, momentum, sgd
from mytutor.surfaces import quadratic, rosenbrock
from mytutor.train import (
    Diverged,
    ExponentialAverage,
    History,
    ReduceOnPlateau,
    Snapshots,
    StochasticWeightAverage,
    Trained,
    checkpoint_every,
    descend,
    early_stopping,
    hold_out,
    load_checkpoint,
    range_test,
    save_checkpoint,
    train,
)
from mytutor.train.stepping import InPlace, Pure, steps
from mytutor.wrappers import Clipped

DATA = digits()


def fresh(seed=0, dtype=np.float64):
    return initialize(np.random.default_rng(seed), [64, 32, 10], dtype=dtype)


def test_learns_the_digits():
    _, _, history = train(mlp(1), fresh(), Optimizer(adam, lr=0.005), DATA, epochs=8)
    assert len(history.step_loss) == 8 * 45
    assert len(history.epoch_loss) == len(history.test_accuracy) == 8
    assert history.epoch_loss[-1] < 0.2 * history.epoch_loss[0]
    assert history.test_accuracy[-1] > 0.94
    assert repr(history).startswith("History(8 epochs, 360 steps, loss 0.")


def test_the_same_seed_gives_the_same_run_to_the_last_bit():
    runs = [train(mlp(1), fresh(), Optimizer(sgd), DATA, epochs=1, seed=s) for s in (5, 5, 6)]
    assert runs[0].history.step_loss == runs[1].history.step_loss
    assert runs[0].history.step_loss != runs[2].history.step_loss
    for x, y in zip(runs[0].params, runs[1].params, strict=True):
        np.testing.assert_array_equal(x, y)


def test_torch_tensors_train_along_the_same_path():
    data = Dataset(*map(torch.tensor, DATA))
    ours = train(mlp(1), fresh(), Optimizer(adam), DATA, epochs=1)
    theirs = train(mlp(1), [torch.tensor(p) for p in fresh()], Optimizer(adam), data, epochs=1)
    np.testing.assert_allclose(ours.history.step_loss, theirs.history.step_loss, rtol=1e-9)
    assert isinstance(theirs.params[0], torch.Tensor)


def test_float32_stays_float32():
    data = digits(dtype=np.float32)
    trained = train(mlp(1), fresh(dtype=np.float32), Optimizer(adam), data, epochs=1)
    assert {p.dtype for p in trained.params} == {np.dtype(np.float32)}


def test_divergence_ends_the_run_and_keeps_what_was_seen():
    optimizer = Optimizer(sgd, lr=1e200)
    with pytest.raises(Diverged, match=r"diverged at step .* a smaller learning rate") as caught:
        train(mlp(1), fresh(), optimizer, DATA, epochs=3)
    assert len(caught.value.history.step_loss) > 1
    assert np.isfinite(caught.value.history.step_loss[0])
    assert len(caught.value.params) == 4


def test_progress_is_shown_when_asked_for(capsys):
    train(mlp(1), fresh(), Optimizer(sgd), DATA, epochs=2, progress=True)
    assert "accuracy=" in capsys.readouterr().err
    train(mlp(1), fresh(), Optimizer(sgd), DATA, epochs=1)
    assert capsys.readouterr().err == ""


def test_no_epochs_and_no_data_are_refused():
    with pytest.raises(ValueError, match="epochs is 0"):
        train(mlp(1), fresh(), Optimizer(sgd), DATA, epochs=0)
    empty = DATA._replace(x_train=DATA.x_train[:0], y_train=DATA.y_train[:0])
    with pytest.raises(ValueError, match="the data set is empty"):
        train(mlp(1), fresh(), Optimizer(sgd), empty, epochs=1)
    with pytest.raises(ValueError, match="batch_size is 0"):
        train(mlp(1), fresh(), Optimizer(sgd), DATA, epochs=1, batch_size=0)


def test_descend_gives_the_path_of_torch_optim():
    path = descend(adam, rosenbrock.gradient, rosenbrock.start, 100, lr=0.1)
    x = torch.nn.Parameter(torch.tensor(rosenbrock.start, dtype=torch.float64))
    twin = torch.optim.Adam([x], lr=0.1)
    for point in path[1:]:
        twin.zero_grad()
        rosenbrock(x).backward()
        twin.step()
        np.testing.assert_allclose(point, x.detach().numpy(), rtol=1e-9)


def test_the_threshold_of_gradient_descent_is_two_over_the_curvature():
    bowl = quadratic(8.0)
    below = descend(sgd, bowl.gradient, (1.0, 1.0), 200, lr=1.99 / 8)
    above = descend(sgd, bowl.gradient, (1.0, 1.0), 200, lr=2.01 / 8)
    assert abs(below[-1, 1]) < 0.2
    assert abs(above[-1, 1]) > 5


def test_polyaks_parameters_reach_his_rate_on_a_quadratic():
    condition = 100.0
    root = np.sqrt(condition)
    settings = {"lr": (2 / (root + 1)) ** 2, "mu": ((root - 1) / (root + 1)) ** 2}
    bowl = quadratic(condition)
    path = descend(momentum, bowl.gradient, (1.0, 1.0), 200, **settings)
    errors = np.linalg.norm(path, axis=1)
    # At the optimum the roots coincide, so the rate is approached from above as t^(1/t).
    assert (errors[200] / errors[150]) ** (1 / 50) == pytest.approx(
        (root - 1) / (root + 1), rel=0.01
    )


def test_a_diverging_path_is_returned_whole_and_silently():
    path = descend(sgd, rosenbrock.gradient, (-1.2, 1.0), 50, lr=1.0)
    assert path.shape == (51, 2)
    assert not np.isfinite(path[-1]).all()


def test_a_schedule_drives_the_descent():
    path = descend(sgd, lambda x: np.ones_like(x), [0.0], 3, lr=lambda t: 1 / t)
    np.testing.assert_allclose(path[:, 0], [0, -1, -1.5, -1.5 - 1 / 3])


def test_impossible_descents_are_refused():
    with pytest.raises(ValueError, match="steps is -1"):
        descend(sgd, rosenbrock.gradient, (0.0, 0.0), -1)
    with pytest.raises(ValueError, match=r"start is \(nan, 0\.0\)"):
        descend(sgd, rosenbrock.gradient, (float("nan"), 0.0), 3)
    with pytest.raises(TypeError, match="has no hyperparameter 'momentum'; it has: lr"):
        descend(sgd, rosenbrock.gradient, (0.0, 0.0), 3, momentum=0.9)


def test_a_resumed_run_equals_an_uninterrupted_one_to_the_last_bit(tmp_path):
    whole = train(mlp(1), fresh(), Optimizer(adam), DATA, epochs=4)
    half = train(mlp(1), fresh(), Optimizer(adam), DATA, epochs=2)
    save_checkpoint(tmp_path / "half.npz", half)
    loaded = load_checkpoint(tmp_path / "half.npz")
    resumed = train(mlp(1), fresh(99), Optimizer(adam), DATA, epochs=4, resume=loaded)
    assert resumed.history == whole.history
    assert resumed.state.t == whole.state.t
    for x, y in zip(resumed.params, whole.params, strict=True):
        np.testing.assert_array_equal(x, y)


def test_checkpoints_keep_dtypes_and_refuse_what_they_are_not(tmp_path):
    trained = train(
        mlp(1),
        fresh(dtype=np.float32),
        Optimizer(momentum),
        digits(dtype=np.float32),
        epochs=1,
        after_epoch=[checkpoint_every(tmp_path / "c.npz")],
    )
    loaded = load_checkpoint(tmp_path / "c.npz")
    assert loaded.params[0].dtype == loaded.state.slots[0][0].dtype == np.float32
    assert loaded.history == trained.history
    with pytest.raises(FileNotFoundError, match=r"no file .* expected a checkpoint"):
        load_checkpoint(tmp_path / "missing.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(ValueError, match=r"is no whole .npz file .* expected a checkpoint"):
        load_checkpoint(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(ValueError, match="holds other arrays; expected a checkpoint"):
        load_checkpoint(tmp_path / "other.npz")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.npz", "other.npz", "text.npz"]
    with pytest.raises(ValueError, match="epochs is 0"):
        checkpoint_every(tmp_path / "c.npz", 0)


def test_early_stopping_ends_after_so_many_epochs_without_a_better_score():
    stop = early_stopping(2)
    scores = [0.5, 0.7, 0.6, 0.65, 0.9]
    ended = [stop(Trained([], None, History([], [], scores[:n]))) for n in range(1, 6)]
    assert ended == [False, False, False, True, False]
    trained = train(
        mlp(1), fresh(), Optimizer(adam, lr=0.01), DATA, epochs=60, after_epoch=[early_stopping(3)]
    )
    scores = trained.history.test_accuracy
    assert len(scores) < 60
    assert max(scores) == scores[-4]


@pytest.mark.parametrize("threshold", [1e-4, 0.1])
def test_plateau_reduces_when_torch_does(threshold):
    losses = [1.0, 0.9, 0.89, 0.889, 0.9, 0.88, 0.7, 0.71, 0.7, 0.7, 0.7, 0.2, 0.3, 0.3, 0.3]
    ours = ReduceOnPlateau(0.5, factor=0.3, patience=2, threshold=threshold, low=0.01)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.3, patience=2, threshold=threshold, min_lr=0.01
    )
    for loss in losses * 2:
        ours.observe(loss)
        theirs.step(loss)
        assert ours(1) == pytest.approx(optimizer.param_groups[0]["lr"])


def test_plateau_is_schedule_and_callback_at_once():
    plateau = ReduceOnPlateau(0.5, factor=0.5, patience=0, threshold=0.5)
    train(mlp(1), fresh(), Optimizer(sgd, lr=plateau), DATA, epochs=6, after_epoch=[plateau])
    assert plateau(1) < 0.5
    assert repr(plateau).startswith("ReduceOnPlateau(now 0.")


def test_averages_are_the_means_that_they_claim():
    steps, epochs = ExponentialAverage(0.9), StochasticWeightAverage(start=2)
    passed_steps, passed_epochs = [], []
    train(
        mlp(1),
        fresh(),
        Optimizer(sgd, lr=0.1),
        DATA,
        epochs=3,
        after_step=[steps, lambda now: passed_steps.append(now.params[0])],
        after_epoch=[epochs, lambda now: passed_epochs.append(now.params[0])],
    )
    np.testing.assert_allclose(epochs.params[0], np.mean(passed_epochs[1:], axis=0), rtol=1e-12)
    model = torch.nn.Linear(32, 64, bias=False, dtype=torch.float64)
    swa = torch.optim.swa_utils.AveragedModel(model)
    for weights in passed_epochs[1:]:
        model.weight.data = torch.tensor(weights)
        swa.update_parameters(model)
    np.testing.assert_allclose(epochs.params[0], swa.module.weight.detach().numpy(), rtol=1e-12)
    weights = 0.9 ** np.arange(len(passed_steps))[::-1]
    mean = np.tensordot(weights / weights.sum(), np.array(passed_steps), 1)
    np.testing.assert_allclose(steps.params[0], mean, rtol=1e-9)
    assert ExponentialAverage().params == []


def test_snapshots_predict_together():
    snapshots = Snapshots(every=2)
    with pytest.raises(ValueError, match="no snapshot yet"):
        snapshots.predict(mlp(1), DATA.x_test)
    train(mlp(1), fresh(), Optimizer(adam, lr=0.005), DATA, epochs=5, after_epoch=[snapshots])
    assert len(snapshots.members) == 2
    right = (snapshots.predict(mlp(1), DATA.x_test) == DATA.y_test).mean()
    assert right > 0.85


def test_range_test_rises_until_the_loss_explodes():
    found = range_test(mlp(1), fresh(), sgd, DATA, low=1e-3, high=1e3, steps=120)
    assert len(found.rates) == len(found.losses) < 120
    np.testing.assert_allclose(found.rates[1:] / found.rates[:-1], 1e6 ** (1 / 119))
    assert found.losses[-1] > 2 * found.losses.min()
    calm = range_test(mlp(1), fresh(), adam, DATA, low=1e-6, high=1e-5, steps=7, beta1=0.5)
    assert len(calm.losses) == 7


def test_hold_out_splits_the_training_rows_alone():
    split = hold_out(DATA, fraction=0.25)
    assert len(split.x_test) == round(0.25 * len(DATA.x_train))
    rows = np.concatenate([split.x_train, split.x_test])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, DATA.x_train))
    for fraction in (0, 1, 1e-9):
        with pytest.raises(ValueError, match="expected both parts non-empty"):
            hold_out(DATA, fraction=fraction)


def test_history_is_a_table():
    history = train(mlp(1), fresh(), Optimizer(sgd), DATA, epochs=2).history
    rows = history.rows()
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[1]["loss"] == history.epoch_loss[1]


def test_a_device_means_torch_tensors_there():
    ours = train(mlp(1), fresh(), Optimizer(adam), DATA, epochs=1)
    theirs = train(mlp(1), fresh(), Optimizer(adam), DATA, epochs=1, device="cpu")
    assert isinstance(theirs.params[0], torch.Tensor)
    np.testing.assert_allclose(ours.history.step_loss, theirs.history.step_loss, rtol=1e-9)
    if torch.cuda.is_available():
        cuda = train(mlp(1), fresh(), Optimizer(adam), DATA, epochs=1, device="cuda")
        np.testing.assert_allclose(ours.history.step_loss, cuda.history.step_loss, rtol=1e-6)
    else:
        with pytest.raises(ValueError, match="device is 'cuda', but torch finds no CUDA device"):
            train(mlp(1), fresh(), Optimizer(adam), DATA, epochs=1, device="cuda")


def test_a_device_that_torch_does_not_know_is_refused():
    with pytest.raises(ValueError, match="device is 'gpu'; expected 'cpu', 'cuda'"):
        train(mlp(1), fresh(), Optimizer(adam), DATA, epochs=1, device="gpu")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: early_stopping(0), "patience is 0"),
        (lambda: ReduceOnPlateau(0.1, factor=1.0), "factor is 1.0"),
        (lambda: ReduceOnPlateau(0.1, patience=-1), "patience is -1"),
        (lambda: ExponentialAverage(1.0), "decay is 1.0"),
        (lambda: StochasticWeightAverage(0), "start is 0"),
        (lambda: Snapshots(0), "every is 0"),
        (lambda: range_test(mlp(1), fresh(), sgd, DATA, low=1.0, high=0.1), "expected 0 < low"),
    ],
)
def test_impossible_settings_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# -- in place over one flat array, where that gives the bits of update --------------------------


def plainly(params, optimizer, epochs=2):
    """The training step by step, each by ``update``."""
    state, losses = optimizer.init(params), []
    for epoch in range(epochs):
        rng = np.random.default_rng([0, epoch])
        for x, y in minibatches(rng, DATA.x_train, DATA.y_train, 100):
            loss, grads = mlp(1).loss_and_gradient(params, x, y)
            params, state = optimizer.update(params, grads, state)
            losses.append(float(loss))
    return params, state, losses


@pytest.mark.parametrize("rule", [sgd, momentum, adam])
def test_training_gives_the_bits_of_update(rule):
    optimizer = Optimizer(rule, lr=lambda t: 0.01 / t)
    params, state, losses = plainly(fresh(), optimizer)
    given = fresh()
    trained = train(mlp(1), given, optimizer, DATA, epochs=2, batch_size=100)
    assert trained.history.step_loss == losses
    assert trained.state.t == state.t
    for mine, other in zip(trained.params, params, strict=True):
        np.testing.assert_array_equal(mine, other)
    for mine, other in zip(trained.state.slots, state.slots, strict=True):
        np.testing.assert_array_equal(mine, other)
    for untouched, other in zip(given, fresh(), strict=True):
        np.testing.assert_array_equal(untouched, other)


def test_a_step_is_one_call_whatever_the_number_of_arrays(monkeypatch):
    sizes = []
    run = execute.run
    monkeypatch.setattr(
        execute, "run", lambda k, flat, *rest: (sizes.append(flat[0].size), run(k, flat, *rest))
    )
    train(mlp(1), fresh(), Optimizer(adam), DATA, epochs=1)
    assert sizes == [64 * 32 + 32 + 32 * 10 + 10] * 45


def test_a_step_in_place_allocates_next_to_nothing():
    params = [np.ones((200, 300)), np.ones(300)]
    optimizer = Optimizer(adam)
    now = steps(optimizer, params, optimizer.init(params))
    grads = [np.ones_like(x) for x in params]
    now.step(grads)
    tracemalloc.start()
    try:
        now.step(grads)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # What is searched for NaN takes a byte an element; an array of the parameters takes eight.
    assert peak < 2 * sum(x.size for x in params)


def other_rules():
    constant = 0.5

    def from_outside(x, g, t, *, lr=0.01):
        x = x - lr * constant * g
        return x

    def by_method(x, g, t, *, lr=0.01):
        x = x - lr * g.clip(-1, 1)
        return x

    @functools.wraps(sgd)
    def wrapped(x, g, t, *, lr=0.01):
        return sgd(x, g, t, lr=2 * lr)

    return [from_outside, by_method, wrapped]


def test_what_cannot_run_in_place_with_the_same_bits_runs_as_update_does():
    params = fresh()
    begun = [
        (Optimizer(adam), params),
        (Clipped(Optimizer(adam), 1.0), params),
        (Optimizer(adam, lr=np.float64(0.1)), params),
        (Optimizer(adam), [np.asfortranarray(params[0]), *params[1:]]),
        (Optimizer(adam), [params[0].astype(np.float32), *params[1:]]),
        (Optimizer(adam), [torch.tensor(x) for x in params]),
        *((Optimizer(rule), params) for rule in other_rules()),
    ]
    kinds = [type(steps(optimizer, x, optimizer.init(x))) for optimizer, x in begun]
    assert kinds == [InPlace, *[Pure] * (len(begun) - 1)]


def test_a_rule_inside_another_function_trains():
    for rule in other_rules():
        trained = train(mlp(1), fresh(), Optimizer(rule), DATA, epochs=1, batch_size=100)
        assert trained.history.epoch_loss[0] > 0


def test_a_state_of_another_rule_or_of_other_parameters_is_refused():
    begun = train(mlp(1), fresh(), Optimizer(momentum), DATA, epochs=1)
    with pytest.raises(ValueError, match="it is of another rule"):
        train(mlp(1), fresh(), Optimizer(adam), DATA, epochs=2, resume=begun)
    with pytest.raises(ValueError, match="the state is of 4 arrays and params of 2"):
        train(
            mlp(0),
            fresh(),
            Optimizer(momentum),
            DATA,
            epochs=2,
            resume=begun._replace(params=fresh()[:2]),
        )


def test_what_a_callback_changes_is_trained_on():
    def reset(now):
        now.params[0][...] = 0
        now.params[1] = now.params[1] * 0

    calm = Optimizer(sgd, lr=1e-12)
    for when in ("after_step", "after_epoch"):
        params = train(mlp(1), fresh(), calm, DATA, epochs=2, **{when: [reset]}).params
        assert abs(params[0]).max() < 1e-6

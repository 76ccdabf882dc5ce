import numpy as np
import pytest
import torch

from mytutor.datasets import Dataset, digits
from mytutor.network import initialize, mlp
from mytutor.optimizer import Optimizer
from mytutor.rules import adam, momentum, sgd
from mytutor.surfaces import quadratic, rosenbrock
from mytutor.train import Diverged, descend, train

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

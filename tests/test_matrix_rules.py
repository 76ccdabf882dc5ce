import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from mytutor import arrays, matrix_rules, trace
from mytutor.optimizer import Optimizer

RULES = {
    name: f
    for name, f in trace.functions_of(matrix_rules).items()
    if list(inspect.signature(f).parameters)[:3] == ["x", "g", "t"]
}
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
PEERS = json.loads((Path(__file__).parent / "vectors" / "peers.json").read_text())
START, GRADIENTS = np.array(PEERS["matrix_start"]), np.array(PEERS["matrix_gradients"])


def run(rule, x, gradients, **hyperparameters):
    state, path = [], []
    for t, g in enumerate(gradients, start=1):
        x, *state = rule(x, g, t, *state, **hyperparameters)
        path.append(x)
    return path


@pytest.mark.parametrize("row", PEERS["matrix_rows"], ids=lambda row: row["rule"])
def test_follows_the_recorded_path_of_optax(row):
    path = run(RULES[row["rule"]], START, GRADIENTS, **row["hyperparameters"])
    np.testing.assert_allclose(path, row["path"], rtol=1e-10, atol=1e-12)


def test_muon_is_torchs_where_torch_does_not_round_to_bfloat16(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda tensor: tensor)
    parameter = torch.nn.Parameter(torch.tensor(START))
    twin = torch.optim.Muon([parameter], lr=0.02, momentum=0.8, weight_decay=0.0)
    for x, g in zip(
        run(matrix_rules.muon, START, GRADIENTS, lr=0.02, mu=0.8), GRADIENTS, strict=True
    ):
        parameter.grad = torch.tensor(g)
        twin.step()
        np.testing.assert_allclose(x, parameter.detach().numpy(), rtol=1e-7)


@every_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_on_torch_tensors_equals_numpy_and_keeps_the_dtype(rule, dtype):
    ours = run(rule, START.astype(dtype), GRADIENTS.astype(dtype))
    theirs = run(rule, torch.tensor(START.astype(dtype)), torch.tensor(GRADIENTS.astype(dtype)))
    tolerance = 1e-4 if dtype == np.float32 else 1e-11
    for x, y in zip(ours, theirs, strict=True):
        assert x.dtype == dtype
        np.testing.assert_allclose(x, arrays.to_numpy(y), rtol=tolerance, atol=tolerance)


@every_rule
def test_zero_weights_and_zero_gradients_give_finite_steps(rule):
    for x, g in [(np.zeros((3, 2)), np.ones((3, 2))), (np.ones((3, 2)), np.zeros((3, 2)))]:
        assert np.isfinite(rule(x, g, 1)[0]).all()


@every_rule
def test_runs_in_an_optimizer(rule):
    optimizer = Optimizer(rule)
    params, state = optimizer.update([START], [GRADIENTS[0]], optimizer.init([START]))
    assert state.t == 1
    np.testing.assert_allclose(params[0], rule(START, GRADIENTS[0], 1)[0])


@every_rule
def test_docstring_names_its_source(rule):
    assert re.search(r"\(20\d\d\)", rule.__doc__)


def test_newton_schulz_brings_all_singular_values_near_one():
    rng = np.random.default_rng(0)
    for shape in [(8, 8), (4, 9), (9, 4)]:
        g = rng.normal(size=shape)
        u, _, vt = np.linalg.svd(g, full_matrices=False)
        y = matrix_rules.newton_schulz(g)
        inner = u.T @ y @ vt.T
        assert (np.diag(inner) > 0.6).all()
        assert (np.diag(inner) < 1.3).all()
        np.testing.assert_allclose(inner - np.diag(np.diag(inner)), 0, atol=1e-10)


def test_lambs_step_has_the_length_of_the_layer_times_the_rate():
    x = matrix_rules.lamb(START, GRADIENTS[0], 1, lr=0.1, weight_decay=0.0)[0]
    assert np.linalg.norm(x - START) == pytest.approx(0.1 * np.linalg.norm(START))


def test_muon_takes_matrices_only():
    with pytest.raises(ValueError, match=r"x has shape \(3,\); Muon takes a matrix"):
        matrix_rules.muon(np.ones(3), np.ones(3), 1)

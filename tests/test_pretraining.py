import io
import math
import os
import pickle
import re
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mytutor.datasets import digits
from mytutor.initializers import normal, orthogonal, zeros
from mytutor.layers import dense, relu, tanh
from mytutor.network import Network, initialize, mlp
from mytutor.optimizer import Optimizer
from mytutor.pretraining import load, lsuv, save, transfer
from mytutor.rules import adam
from mytutor.train import train

X = np.random.default_rng(0).normal(size=(200, 30))


def params_of(*sizes, seed=0, weights=orthogonal):
    return initialize(np.random.default_rng(seed), list(sizes), weights=weights)


def variances(network, params, x):
    """Variance of what every dense layer gives out."""
    found = []
    for layer, group in zip(network.layers, network.groups(params), strict=True):
        x = layer(x, *group)[0]
        if layer is dense:
            found.append(float(x.var()))
    return found


# -- LSUV -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", [relu, tanh])
@pytest.mark.parametrize("weights", [orthogonal, normal])
def test_every_layer_has_unit_variance_afterwards(activation, weights):
    network = mlp(12, activation=activation)
    params = params_of(30, *[40] * 12, 5, weights=weights)
    assert abs(math.log(variances(network, params, X)[-1])) > 1
    after = lsuv(network, params, X, tolerance=1e-6)
    np.testing.assert_allclose(variances(network, after, X), 1, atol=1e-6)


def test_only_the_size_of_the_weights_changes_and_the_input_is_left_alone():
    network, params = mlp(2), params_of(30, 20, 20, 5)
    before = [p.copy() for p in params]
    after = lsuv(network, params, X)
    for old, kept, new in zip(before, params, after, strict=True):
        np.testing.assert_array_equal(old, kept)
        if old.ndim == 2:
            ratio = new / old
            np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-9)
        else:
            np.testing.assert_array_equal(new, old)


def test_another_variance_can_be_the_target():
    network = mlp(2)
    after = lsuv(network, params_of(30, 20, 20, 5), X, target=0.25, tolerance=1e-3)
    np.testing.assert_allclose(variances(network, after, X), 0.25, atol=1e-3)


def test_tensors_and_float32_stay_what_they_are():
    network, params = mlp(2), params_of(30, 20, 20, 5)
    ours = lsuv(network, params, X)
    theirs = lsuv(network, [torch.tensor(p) for p in params], torch.tensor(X))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-12)
    single = lsuv(network, [p.astype(np.float32) for p in params], X.astype(np.float32))
    assert {p.dtype for p in single} == {np.dtype(np.float32)}


def test_layers_that_no_data_can_rescale_are_refused():
    network = mlp(1)
    with pytest.raises(ValueError, match="output of layer 0 has variance 0 on this batch"):
        lsuv(network, params_of(30, 20, 5, weights=zeros), X)
    with pytest.raises(ValueError, match="output of layer 0 has variance 0 on this batch"):
        lsuv(Network((dense,)), [np.eye(30), np.zeros(30)], np.ones((4, 30)))
    w1, b1, w2, b2 = params_of(30, 20, 5)
    with pytest.raises(ValueError, match=r"layer 2 has variance .* after 10 steps; .*zero biases"):
        lsuv(network, [w1, b1, w2, b2 + np.arange(5) * 100], X)
    with pytest.raises(ValueError, match="x has a NaN or infinite element"):
        lsuv(network, params_of(30, 20, 5), np.full((3, 30), np.nan))
    with pytest.raises(ValueError, match=re.escape("target is 0.0; expected a positive finite")):
        lsuv(network, params_of(30, 20, 5), X, target=0.0)
    with pytest.raises(ValueError, match="got 4 parameters; the layers take 6"):
        lsuv(mlp(2), params_of(30, 20, 5), X)


# -- files ----------------------------------------------------------------------------------------

floats = st.floats(allow_nan=False, allow_infinity=False, width=32)
some_array = st.sampled_from([np.float32, np.float64]).flatmap(
    lambda kind: arrays(kind, array_shapes(min_dims=0, max_dims=4, max_side=4), elements=floats)
)


@given(params=st.lists(some_array, min_size=1, max_size=12))
def test_what_is_saved_is_loaded_to_the_last_bit(tmp_path_factory, params):
    path = tmp_path_factory.getbasetemp() / "any.npz"
    save(path, params)
    for old, new in zip(params, load(path), strict=True):
        np.testing.assert_array_equal(old, new, strict=True)


def test_the_same_parameters_give_the_same_file(tmp_path):
    for name in ("a.npz", "b"):
        save(tmp_path / name, params_of(4, 3, 2))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "b"]
    with np.load(tmp_path / "a.npz") as archive:
        assert archive.files == ["0", "1", "2", "3"]


def test_a_crash_while_saving_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    save(path, params_of(4, 3))

    def full_disk(file, **named):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save(path, params_of(4, 3, seed=1))
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["a.npz"]
    np.testing.assert_array_equal(load(path)[0], params_of(4, 3)[0])


def test_parameters_come_back_as_those_they_are_for(tmp_path):
    params = params_of(4, 3, 2)
    save(tmp_path / "a.npz", [torch.tensor(p) for p in params])
    like = [torch.zeros(p.shape, dtype=torch.float32) for p in params]
    for loaded, p in zip(load(tmp_path / "a.npz", like=like), params, strict=True):
        assert loaded.dtype == torch.float32
        np.testing.assert_allclose(loaded.numpy(), p, rtol=1e-6)
    for loaded, p in zip(load(tmp_path / "a.npz", like=params), params, strict=True):
        np.testing.assert_array_equal(loaded, p, strict=True)


@pytest.mark.parametrize("sizes", [(4, 3, 3), (3, 4, 2), (4, 3)])
def test_parameters_of_another_network_are_refused(tmp_path, sizes):
    save(tmp_path / "a.npz", params_of(4, 3, 2))
    words = "holds arrays of shapes (4, 3), (3,), (3, 2), (2,); expected "
    with pytest.raises(ValueError, match=re.escape(words)):
        load(tmp_path / "a.npz", like=params_of(*sizes))


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("the file was run",))


def npz(**named):
    buffer = io.BytesIO()
    np.savez(buffer, **named)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


OBJECTS = npz(**{"0": np.array([Trap()], dtype=object)})
WHOLE = npz(**{"0": np.arange(1000.0)})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no whole .npz file"),
        (b"weights", "is no whole .npz file"),
        (npy(np.ones(3)), "is no whole .npz file of numbers (it holds a single array)"),
        (pickle.dumps(Trap()), "is no whole .npz file"),
        (OBJECTS, "is no whole .npz file of numbers (Object arrays cannot be loaded"),
        (npy(np.array([Trap()], dtype=object)), "is no whole .npz file"),
        (WHOLE[:-30], "is no whole .npz file"),
        (WHOLE[:500] + b"damage" + WHOLE[506:], "is no whole .npz file"),
        (zipped(**{"0.npy": b"nothing"}), "array 0 of its arrays is bytes"),
        (zipped(), "holds arrays named nothing; expected '0', '1', ..."),
        (npz(w=np.ones(2), b=np.ones(2)), "holds arrays named 'w', 'b'; expected '0', '1'"),
        (npz(**{"0": np.ones(2), "2": np.ones(2)}), "holds arrays named '0', '2'"),
        (npz(**{"0": np.arange(3)}), "array 0 of its arrays is int64; expected floating-point"),
        (npz(**{"0": np.array([np.nan])}), "array 0 of its arrays has a NaN or infinite element"),
        (npz(**{"0": np.array(["a"])}), "array 0 of its arrays is <U1"),
    ],
)
def test_a_file_that_is_not_of_parameters_is_refused_and_never_run(tmp_path, content, words):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_absent_files_and_folders_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*gone\.npz; expected one that"):
        load(tmp_path / "gone.npz")
    with pytest.raises(FileNotFoundError, match=r"no file "):
        load(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no folder .*gone; create it first"):
        save(tmp_path / "gone" / "a.npz", params_of(4, 3))


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ([], ValueError, "params is an empty list"),
        (np.ones(3), TypeError, "params is of type ndarray; expected a list of arrays"),
        ([np.arange(3)], TypeError, "array 0 of params is int64; expected floating-point"),
        ([np.ones(2), [1.0]], TypeError, "array 1 of params is list"),
        ([np.array([np.inf])], ValueError, "array 0 of params has a NaN or infinite element"),
        ([np.array([Trap()], dtype=object)], TypeError, "array 0 of params is object"),
    ],
)
def test_what_are_no_parameters_is_not_saved(tmp_path, params, error, words):
    with pytest.raises(error, match=re.escape(words)):
        save(tmp_path / "a.npz", params)
    assert os.listdir(tmp_path) == []


# -- transfer -------------------------------------------------------------------------------------


def test_the_layers_that_agree_are_copied_and_the_rest_is_kept():
    source, target = params_of(6, 5, 4, 3), params_of(6, 5, 4, 2, seed=1)
    started = transfer(source, target)
    assert started.copied == 4
    for i, (new, a, b) in enumerate(zip(started.params, source, target, strict=True)):
        np.testing.assert_array_equal(new, a if i < 4 else b)
    assert repr(started) == (
        "Transfer(4 of 6 arrays copied: "
        "array 4 has shape (4, 3) in the source and (4, 2) in the target)"
    )
    started.params[0][:] = 0
    assert source[0].any()
    assert target[0].any()


@pytest.mark.parametrize(
    ("target", "first", "copied", "reason"),
    [
        ((6, 5, 4, 3), None, 6, "the source has 6"),
        ((6, 5, 4, 3, 9), None, 6, "the source has 6"),
        ((6, 5), None, 2, "the target has 2"),
        ((6, 5, 4, 3), 2, 2, "first is 2"),
        ((6, 5, 7, 3), 6, 2, "array 2 has shape (5, 4) in the source and (5, 7) in the target"),
        ((6, 5), 9, 2, "the target has 2"),
    ],
)
def test_the_reason_why_no_more_was_copied_is_told(target, first, copied, reason):
    started = transfer(params_of(6, 5, 4, 3), params_of(*target), first=first)
    assert (started.copied, started.reason) == (copied, reason)


def test_a_copy_is_of_the_kind_of_its_target():
    source = params_of(4, 3)
    tensors = [torch.zeros(p.shape, dtype=torch.float32) for p in source]
    started = transfer(source, tensors)
    assert {p.dtype for p in started.params} == {torch.float32}
    np.testing.assert_allclose(started.params[0].numpy(), source[0], rtol=1e-6)
    back = transfer([torch.tensor(p) for p in source], source)
    np.testing.assert_array_equal(back.params[0], source[0], strict=True)


def test_networks_with_nothing_in_common_are_refused():
    with pytest.raises(ValueError, match=r"nothing to copy: array 0 has shape \(4, 3\) in the sou"):
        transfer(params_of(4, 3), params_of(5, 3))
    with pytest.raises(ValueError, match="first is 0; expected a whole number of at least 1"):
        transfer(params_of(4, 3), params_of(4, 3), first=0)
    with pytest.raises(ValueError, match="source is an empty list"):
        transfer([], params_of(4, 3))


def test_a_pretrained_network_starts_ahead():
    data = digits()
    low = data._replace(x_train=data.x_train[:900], y_train=data.y_train[:900])
    trained = train(mlp(1), params_of(64, 32, 10), Optimizer(adam, lr=0.01), low, epochs=5)
    fresh = params_of(64, 32, 10, seed=1)
    started = transfer(trained.params, fresh, first=2).params
    losses = [
        train(mlp(1), params, Optimizer(adam, lr=0.01), data, epochs=1).history.epoch_loss[0]
        for params in (fresh, started)
    ]
    assert losses[1] < 0.9 * losses[0]
